"""Every version of the rules that held, what changed between two, and the round after each."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import F, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from clinic.knowledge.loader import load
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures import rulebook
from procedures.domain.outcomes import Decision
from procedures.models import Rescreened, Rescreening, RulebookVersion
from procedures.views.findings import DECISIONS
from procedures.views.rules import around
from procedures.views.rulewords import differences, shown_changes

RESULTS = 50


@require_GET
@requires(Permission.SEE_RULES)
def version_list(request: StaffRequest) -> HttpResponse:
    """Who changed what and when, the newest first."""
    context = {
        "versions": versions().order_by("-number"),
        "rounds": Rescreening.objects.order_by("-started_at", "-pk")[:5],
        "knowledge": load().version,
        **around(request),
    }
    return render(request, "procedures/version_list.html", context)


@require_GET
@requires(Permission.SEE_RULES)
def version_detail(request: StaffRequest, number: int) -> HttpResponse:
    """Everything that one version changed about what is shipped."""
    row = get_object_or_404(versions(), number=number)
    before = versions().filter(number__lt=number).order_by("-number").first()
    lines = rulebook.lines_of(row)
    context = {
        "version": row,
        "changes": shown_changes(lines),
        "differences": differences(rulebook.lines_of(before), lines),
        "before": before,
        "newest": not versions().filter(number__gt=number).exists(),
        "rounds": row.rescreenings.order_by("-started_at", "-pk"),
        **around(request),
    }
    return render(request, "procedures/version_detail.html", context)


@require_GET
@requires(Permission.SEE_RULES)
def version_compare(request: StaffRequest) -> HttpResponse:
    """Two versions side by side, by rule; number 0 is what was shipped."""
    every = list(versions().order_by("number"))
    last = every[-1].number if every else 0
    asked = [numbered(request, "from", max(last - 1, 0)), numbered(request, "to", last)]
    one, other = (next((row for row in every if row.number == n), None) for n in asked)
    context = {
        "versions": every,
        "asked": asked,
        "differences": differences(rulebook.lines_of(one), rulebook.lines_of(other)),
        "one": one,
        "other": other,
        **around(request),
    }
    return render(request, "procedures/version_compare.html", context)


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_RULES)
def rescreening_detail(request: StaffRequest, round: UUID) -> HttpResponse:  # noqa: A002  the address
    """How far it is, asked again every two seconds until it is done; then whom it concerns."""
    row = get_object_or_404(Rescreening.objects.select_related("version"), uuid=round)
    clinical = request.user.may(Permission.SEE_CLINICAL)
    rows = results(request, row) if clinical else Rescreened.objects.none()
    page = Paginator(rows, RESULTS).get_page(request.GET.get("page"))
    context = {
        "row": row,
        **sums_of(row),
        "page": page,
        "results": [(one, decided(one.before), decided(one.after)) for one in page],
        "clinical": clinical,
        **around(request),
    }
    template = "procedures/rescreening_detail.html" + ("#progress" if request.htmx else "")
    return render(request, template, context)


def sums_of(row: Rescreening) -> dict[str, int]:
    """What all shares came to so far."""
    sums = row.shares.aggregate(
        looked_at=Sum("looked_at"),
        changed=Sum("changed"),
        unreadable=Sum("unreadable"),
        unsafe=Sum("unsafe_sessions"),
    )
    return {name: value or 0 for name, value in sums.items()}


def versions() -> QuerySet[RulebookVersion]:
    return RulebookVersion.objects.select_related("proposed_by", "published_by")


def numbered(request: StaffRequest, name: str, otherwise: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() else otherwise


def results(request: StaffRequest, row: Rescreening) -> QuerySet[Rescreened]:
    """Whose decision differs; other reasons for the same decision are only counted."""
    patients = Patient.objects.visible_to(request.user)
    found = row.results.filter(screening__patient__in=patients).exclude(before=F("after"))
    return found.select_related("screening__patient", "screening__plan").order_by("pk")


def decided(value: str) -> tuple[str, str, object]:
    return DECISIONS[Decision(value)]
