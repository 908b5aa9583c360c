"""Cases to try the rules on: pasted or uploaded, answered, and kept if the clinic wants them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from procedures import drafts, rulebook, suite
from procedures.domain.outcomes import Decision
from procedures.forms.rules import CasesForm
from procedures.models import ClinicCase
from procedures.suite import Ran
from procedures.views.findings import DECISIONS
from procedures.views.rules import around

UNREAD = ("danger", "x", gettext_lazy("cannot be read"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase:
    """One case that was run, with its decisions as badges: tone, icon, words."""

    ran: Ran
    now: tuple[str, str, object]
    then: tuple[str, str, object]


def shown_cases(ran: Iterable[Ran]) -> list[ShownCase]:
    return [
        ShownCase(ran=one, now=badge(one.now.data), then=badge((one.then or one.now).data))
        for one in ran
    ]


def badge(answer: Mapping[str, object]) -> tuple[str, str, object]:
    decision = answer.get("decision")
    return DECISIONS[Decision(str(decision))] if decision else UNREAD


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_RULES)
def case_list(request: StaffRequest) -> HttpResponse:
    """Answer pasted cases: what differs from what is expected, and between rules and draft."""
    form = CasesForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    ran = answered(request, form) if form.is_valid() else []
    if ran is None:
        return redirect("procedures:case-list")
    context = {
        "form": form,
        "ran": shown_cases(ran),
        "faults": sum(bool(one.faults or one.broken) for one in ran),
        "different": sum(one.differs for one in ran),
        "kept": suite.kept(),
        "shipped": len(suite.shipped()),
        **around(request),
    }
    return render(request, "procedures/case_list.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.MANAGE_RULES)
def case_drop(request: StaffRequest, case: UUID) -> HttpResponse:
    """It no longer counts."""
    row = get_object_or_404(ClinicCase, uuid=case)
    suite.drop(row, at=timezone.now(), by=request.user)
    messages.success(request, _("This case no longer counts."))
    return redirect("procedures:case-list")


def answered(request: StaffRequest, form: CasesForm) -> list[Ran] | None:
    """The answers; None: kept, and there is nothing to show beside the list."""
    at, lines, draft = timezone.now(), form.lines(), drafts.open_draft()
    try:
        if "keep" in request.POST:
            suite.keep(lines, at=at, by=request.user)
            messages.success(request, _("Remembered for every draft."))
            return None
        then = rulebook.after(draft, at=at) if draft else None
        return suite.run_lines(lines, then, at=at)
    except ClinicError as error:
        form.add_error(None, str(error))
        return []
