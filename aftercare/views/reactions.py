"""Adverse reactions: recorded, looked up, reported on."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aftercare import reactions, reporting
from aftercare.forms import ReactionForm
from aftercare.models import AftercarePlan, Reaction
from aftercare.views.plans import area_of, plan_of
from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission


@requires(Permission.SEE_CLINICAL)
@require_safe
def reaction_detail(request: StaffRequest, reaction: UUID) -> HttpResponse:
    """The same for a reaction; a session without aftercare shows itself."""
    rows = Reaction.objects.visible_to(request.user).select_related("session")
    row = get_object_or_404(rows, uuid=reaction)
    plan = AftercarePlan.objects.filter(session=row.session).first()
    if plan is None:
        return redirect("procedures:session-detail", row.session.uuid)
    return redirect("aftercare:plan-detail", plan.uuid)


@requires(Permission.RECORD_CLINICAL)
@require_http_methods(["GET", "POST"])
def reaction_add(request: StaffRequest, plan: UUID) -> HttpResponse:
    row = plan_of(request, plan)
    data = request.POST if request.method == "POST" else None
    form = ReactionForm(data, area=area_of(row.session))
    if form.is_valid():
        try:
            reactions.report(row.session, form.report(), at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("Reaction recorded. The course is held until a doctor looks.")
            )
            return redirect("aftercare:plan-detail", row.uuid)
    status = 422 if form.is_bound else 200
    context = {"form": form, "plan": row}
    return render(request, "aftercare/reaction_form.html", context, status=status)


@requires(Permission.SEE_CLINICAL)
@require_safe
def reaction_report(request: StaffRequest) -> HttpResponse:
    """How often which lot is followed by a reaction."""
    return render(request, "aftercare/reaction_report.html", {"rates": reporting.by_lot()})


@requires(Permission.SIGN_OFF)
@require_POST
def reaction_export(request: StaffRequest) -> HttpResponse:
    """For a manufacturer or an authority; nobody can be recognised in it."""
    file = reporting.export(at=timezone.now(), by=request.user)
    answer = HttpResponse(file, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="reactions.csv"'
    return answer
