"""The rulebook to read: every rule with its sources, and what the clinic changed about it."""

from collections.abc import Iterator

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.errors import ClinicError
from clinic.knowledge.loader import load
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission
from procedures import drafts, rulebook
from procedures.domain.changes import ChangeKind
from procedures.domain.described import Described
from procedures.forms.rules import WishForm
from procedures.models import RulebookDraft
from procedures.views import rulewords
from procedures.views.findings import BASES, OUTCOMES
from procedures.views.rulewords import CATEGORIES, KINDS, ShownRule

PER_PAGE = 40
CHANGED = "changed"


@require_GET
@requires(Permission.SEE_RULES)
def rule_list(request: StaffRequest) -> HttpResponse:
    """Every rule, found by a word, a category, or where it comes from."""
    at = timezone.now()
    version = rulebook.version_at(at=at)
    every = rulewords.shown_rules(rulebook.in_force(at=at), rulebook.lines_of(version))
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "category", "basis")}
    found = sorted(matching(every, asked), key=lambda one: one.label.lower())
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "asked": asked,
        "total": len(every),
        "categories": CATEGORIES.items(),
        "bases": [*BASES.items(), (CHANGED, _("changed by this clinic"))],
        "version": version,
        "knowledge": load().version,
        **around(request),
    }
    return render(request, "procedures/rule_list.html", context)


@require_GET
@requires(Permission.SEE_RULES)
def rule_detail(request: StaffRequest, rule: str) -> HttpResponse:
    """One rule with everything known of it, and what a clinical lead may ask for instead."""
    found = rule_of(rule)
    return rule_page(request, found, WishForm(rule=rule, choices=choices(found)))


@require_POST
@requires(Permission.MANAGE_RULES)
def rule_change(request: StaffRequest, rule: str) -> HttpResponse:
    """Put what shall hold instead into the clinic's draft."""
    found = rule_of(rule)
    form = WishForm(request.POST, rule=rule, choices=choices(found))
    if drafted(request, form):
        messages.success(request, _("In the draft. Nothing has changed for patients yet."))
        return redirect("procedures:draft-detail", draft=open_draft().uuid)
    return rule_page(request, found, form)


def rule_of(rule: str) -> Described:
    found = rulebook.known(at=timezone.now()).get(rule)
    if found is None:
        raise Http404
    return found


def rule_page(request: StaffRequest, found: Described, form: WishForm) -> HttpResponse:
    context = page_of(found, found.card.rule) | {"form": form, **around(request)}
    status = 422 if form.errors else 200
    return render(request, "procedures/rule_detail.html", context, status=status)


def page_of(found: Described, rule: str) -> dict[str, object]:
    at = timezone.now()
    book, version = rulebook.in_force(at=at), rulebook.version_at(at=at)
    lines = [one for one in rulebook.lines_of(version) if one.rule == rule]
    gaps = rulewords.gaps_of(book.rules).get(rule, ())
    entry = rulewords.entry_of(rule)
    language = rulewords.language()
    return {
        "one": rulewords.shown_rule(found, lines, gaps),
        "gaps": [(gap, gap.missing.in_(language), gap.proposal.in_(language)) for gap in gaps],
        "question": entry.question.in_(language) if entry else "",
        "answers": rulewords.answers_of(rule),
        "terms": rulewords.terms_of(rule),
        "lifts_when": found.card.lifts_when.in_(language),
        "changeable": bool(choices(found)),
    }


def drafted(request: StaffRequest, form: WishForm) -> bool:
    """Whether it went into the draft; else the form says what stands in the way."""
    if not form.is_valid():
        return False
    try:
        drafts.change(form.wanted(), at=timezone.now(), by=request.user)
    except ClinicError as error:
        form.add_error(None, str(error))
        return False
    return True


def open_draft() -> RulebookDraft:
    draft = drafts.open_draft()
    if draft is None:
        raise Http404
    return draft


def matching(every: list[ShownRule], asked: dict[str, str]) -> Iterator[ShownRule]:
    words = asked["q"].lower().split()
    for one in every:
        card, basis = one.rule.card, asked["basis"]
        from_there = not basis or (bool(one.changes) if basis == CHANGED else card.basis == basis)
        if (
            all(word in one.haystack for word in words)
            and asked["category"] in {"", card.category}
            and from_there
        ):
            yield one


def choices(rule: Described) -> list[tuple[str, str]]:
    """What this rule allows a clinic to change, in words."""
    found = [
        *((ChangeKind.STRICTER, outcome) for outcome in rule.stricter),
        *((ChangeKind.RELAXED, outcome) for outcome in rule.milder),
    ]
    named = [
        (f"{kind}:{outcome}", str(KINDS[kind]) % {"outcome": OUTCOMES[outcome][1]})
        for kind, outcome in found
    ]
    simple = {
        ChangeKind.OFF: rule.may_be_milder,
        ChangeKind.ON: rule.may_be_opened,
        ChangeKind.CONFIRMED: rule.card.basis == "inference",
    }
    more = [(kind.value, str(KINDS[kind])) for kind, allowed in simple.items() if allowed]
    every = [*named, *more]
    return [*every, (ChangeKind.SHIPPED.value, str(KINDS[ChangeKind.SHIPPED]))] if every else []


def around(request: StaffRequest) -> dict[str, object]:
    """What every page of the rulebook shows: the tabs, and whether this reader may change."""
    return {
        "draft": drafts.open_draft(),
        "may_change": request.user.may(Permission.MANAGE_RULES),
        "place": place_of(request.user),
    }
