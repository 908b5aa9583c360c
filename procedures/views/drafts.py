"""The draft of the rules: its lines, whom it concerns, what the cases say, and who publishes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.errors import ClinicError
from clinic.staff import team
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import User
from clinic.staff.roles import Permission
from procedures import affected, drafts, rulebook, suite
from procedures.affected import Affected, Books
from procedures.domain.findings import Finding
from procedures.forms.rules import ProposeForm
from procedures.models import RulebookDraft, Session
from procedures.views.cases import shown_cases
from procedures.views.findings import DECISIONS, NEEDS_DOCTOR
from procedures.views.rules import around
from procedures.views.rulewords import differences, language, shown_changes

SESSIONS = 200  # booked treatments that one page looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAffected:
    """One booked treatment, before and after, as this reader may see it."""

    session: Session
    before: tuple[str, str, str | Promise]
    after: tuple[str, str, str | Promise]
    appeared: tuple[str, ...]
    gone: tuple[str, ...]


@require_GET
@requires(Permission.SEE_RULES)
def draft_detail(request: StaffRequest, draft: UUID) -> HttpResponse:
    """What would change, and the way to publish it."""
    row = found(draft)
    seen = rulebook.digest(rulebook.after(row, at=timezone.now()))
    return draft_page(request, row, ProposeForm(initial={"seen": seen, "reason": row.reason}))


@require_POST
@requires(Permission.MANAGE_RULES)
def draft_propose(request: StaffRequest, draft: UUID) -> HttpResponse:
    """Ask the second doctor; a sole clinical lead publishes with it."""
    row, form = found(draft), ProposeForm(request.POST)

    def propose() -> object:
        said = form.cleaned_data
        return drafts.propose(
            row, said["reason"], seen=said["seen"], at=timezone.now(), by=request.user
        )

    if not (form.is_valid() and done(request, form, propose)):
        return draft_page(request, row, form)
    version = found(draft).version
    published = _("Published. Everybody is screened again.")
    messages.success(request, published if version else _("Proposed. Another doctor publishes it."))
    return onward(found(draft))


@require_POST
@requires(Permission.MANAGE_RULES)
def draft_publish(request: StaffRequest, draft: UUID) -> HttpResponse:
    """The second doctor agrees to exactly what was on the screen."""
    row, form = found(draft), ProposeForm(request.POST)
    seen = request.POST.get("seen", "")
    if not done(
        request,
        form,
        lambda: drafts.publish(row, seen=seen, at=timezone.now(), by=request.user),
    ):
        return draft_page(request, found(draft), form)
    messages.success(request, _("Published. Everybody is screened again."))
    return onward(found(draft))


@require_POST
@requires(Permission.MANAGE_RULES)
def draft_give_up(request: StaffRequest, draft: UUID) -> HttpResponse:
    """Close it without publishing; it stays to be read."""
    row, form = found(draft), ProposeForm(request.POST)
    if done(request, form, lambda: drafts.give_up(row, at=timezone.now(), by=request.user)):
        messages.success(request, _("Given up. The rules stay as they are."))
        return redirect("procedures:rule-list")
    return draft_page(request, found(draft), form)


@require_POST
@requires(Permission.MANAGE_RULES)
def draft_line_remove(request: StaffRequest, draft: UUID, line: UUID) -> HttpResponse:
    """Take one line out of the draft; the last one closes it."""
    row, form = found(draft), ProposeForm(request.POST)
    get_object_or_404(row.changes, uuid=line)
    if not done(request, form, lambda: drafts.take_back(line, at=timezone.now(), by=request.user)):
        return draft_page(request, found(draft), form)
    messages.success(request, _("Taken out of the draft."))
    if found(draft).closed_at is not None:
        return redirect("procedures:rule-list")
    return redirect("procedures:draft-detail", draft=row.uuid)


@require_GET
@requires(Permission.MANAGE_RULES)
def draft_affected(request: StaffRequest, draft: UUID) -> HttpResponse:
    """Booked patients whose decision would change, before and after, the next visit first."""
    row, at = found(draft), timezone.now()
    page = Paginator(affected.ahead(request.user, at=at), SESSIONS).get_page(
        request.GET.get("page")
    )
    books = Books(now=rulebook.in_force(at=at), then=rulebook.with_draft(row, at=at))
    changed = affected.among(page.object_list, books, at=at)
    context = {
        "row": row,
        "page": page,
        "affected": [shown(one, request.user) for one in changed],
        **around(request),
    }
    return render(request, "procedures/draft_affected.html", context)


@require_GET
@requires(Permission.MANAGE_RULES)
def draft_cases(request: StaffRequest, draft: UUID) -> HttpResponse:
    """All cases by the rules in force and by the draft."""
    row, at = found(draft), timezone.now()
    lines = rulebook.after(row, at=at)
    own = suite.run([case.case for case in suite.kept()], lines, at=at)
    shipped = suite.run(suite.shipped(), lines, at=at)
    every = [*own, *shipped]
    context = {
        "row": row,
        "own": len(own),
        "shipped": len(shipped),
        "faults": shown_cases(one for one in every if one.faults or one.broken),
        "different": shown_cases(one for one in every if one.differs and not one.faults),
        **around(request),
    }
    return render(request, "procedures/draft_cases.html", context)


def found(draft: UUID) -> RulebookDraft:
    rows = RulebookDraft.objects.select_related("started_by", "proposed_by", "version")
    return get_object_or_404(rows, uuid=draft)


def onward(row: RulebookDraft) -> HttpResponse:
    """Published: to the version; proposed: back to the draft."""
    if row.version is not None:
        return redirect("procedures:version-detail", number=row.version.number)
    return redirect("procedures:draft-detail", draft=row.uuid)


def done(request: StaffRequest, form: ProposeForm, act: Callable[[], object]) -> bool:
    """Whether it went through; else the form says what stands in the way."""
    try:
        act()
    except ClinicError as error:
        form.is_valid()
        form.add_error(None, str(error))
        return False
    return True


def draft_page(request: StaffRequest, row: RulebookDraft, form: ProposeForm) -> HttpResponse:
    at = timezone.now()
    lines = rulebook.after(row, at=at)
    rows = list(row.changes.select_related("made_by").order_by("made_at", "pk"))
    now = rulebook.lines_of(rulebook.version_at(at=at))
    leads = team.leads()
    context = {
        "row": row,
        "lines": list(zip(rows, shown_changes(rulebook.drafted(row)), strict=True)),
        "differences": differences(now, lines) if row.closed_at is None else (),
        "form": form,
        "seen": rulebook.digest(lines),
        "others": [one for one in leads if one.pk != request.user.pk],
        "mine": row.proposed_by_id == request.user.pk,
        **around(request),
    }
    status = 422 if form.errors else 200
    return render(request, "procedures/draft_detail.html", context, status=status)


def shown(one: Affected, user: User) -> ShownAffected:
    appeared = labels(one.appeared, user)
    gone = tuple(label for label in labels(one.gone, user) if label not in appeared)
    return ShownAffected(
        session=one.session,
        before=DECISIONS[one.before],
        after=DECISIONS[one.after],
        appeared=appeared,
        gone=gone,
    )


def labels(findings: Iterable[Finding], user: User) -> tuple[str, ...]:
    """What is for doctors only stays with them."""
    may = user.may(Permission.SEE_SENSITIVE)
    every = (
        str(NEEDS_DOCTOR) if one.sensitive and not may else one.label.in_(language())
        for one in findings
    )
    return tuple(dict.fromkeys(every))
