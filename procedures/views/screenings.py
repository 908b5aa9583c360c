"""Screenings made and read, findings decided against, and the alerts on the chart."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission
from patients.models import Patient
from patients.views.door import put_on_record
from procedures import screening
from procedures.forms.plans import DecideForm
from procedures.models import CourseHold, Plan, Screening
from procedures.views.findings import ShownFinding, verdict
from procedures.views.plans import done, found


@require_POST
@requires(Permission.TREAT)
def screening_make(request: StaffRequest, plan: UUID) -> HttpResponse:
    """Screen for today and keep what was found."""
    row, at = found(request, plan), timezone.now()
    on = timezone.localdate(at, row.location.zone)
    screening.screen_patient(row.patient, plan=row, on=on, at=at, by=request.user)
    messages.success(request, _("Screened for today."))
    return redirect("procedures:plan-detail", plan=row.uuid)


@require_GET
@requires(Permission.SEE_CLINICAL)
def screening_detail(request: StaffRequest, made: UUID) -> HttpResponse:
    """One screening as it was kept."""
    patients = Patient.objects.visible_to(request.user)
    rows = Screening.objects.filter(patient__in=patients)
    rows = rows.select_related("patient", "plan__location", "made_by")
    row = get_object_or_404(rows, uuid=made)
    put_on_record(request, "screening.viewed", row.patient, row, at=timezone.now())
    context = {
        "screening": row,
        "patient": row.patient,
        "plan": row.plan,
        "verdict": verdict(row, row.plan, request.user),
        "place": row.plan.location if row.plan else place_of(request.user),
    }
    return render(request, "procedures/screening_detail.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.TREAT)
def override_add(request: StaffRequest, plan: UUID) -> HttpResponse:
    """Decide against one finding, with a reason that the patient reads."""
    row = found(request, plan)
    asked = {"code": request.GET.get("code", "")}
    form = DecideForm(request.POST if request.method == "POST" else None, initial=asked)

    def decide() -> object:
        said = form.cleaned_data
        return screening.override(
            row, said["code"], said["reason"], at=timezone.now(), by=request.user
        )

    if done(request, form, decide, _("Decided. The reason is printed in the consent.")):
        return redirect("procedures:plan-detail", plan=row.uuid)
    finding = finding_of(request, row, str(form["code"].value()))
    context = {"plan": row, "patient": row.patient, "form": form, "finding": finding}
    status = 422 if form.errors else 200
    return render(request, "procedures/override_add.html", context, status=status)


def finding_of(request: StaffRequest, plan: Plan, code: str) -> ShownFinding | None:
    """The finding of the last screening that the page is about."""
    made = plan.screenings.order_by("made_at", "pk").last()
    shown = verdict(made, plan, request.user).findings if made else ()
    return next((one for one in shown if code and one.code == code), None)


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_PATIENTS)
def chart_findings(request: StaffRequest, patient: UUID) -> HttpResponse:
    """What must not be missed: findings that stop, and holds; to the desk only that they stand."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    at = timezone.now()
    holds = CourseHold.objects.in_force(at=at).filter(course__patient=row)
    made = latest_of(row)
    shown = verdict(made, made.plan, request.user) if made else None
    context = {
        "patient": row,
        "screening": made,
        "stopping": shown.stopping if shown else (),
        "unasked": len(shown.unasked) if shown else 0,
        "holds": holds.select_related("course__plan").order_by("placed_at", "pk"),
        "clinical": request.user.may(Permission.SEE_CLINICAL),
        "may_release": request.user.may(Permission.SIGN_OFF),
        "place": place_of(request.user),
    }
    template = "procedures/chart_findings.html" + ("#panel" if request.htmx else "")
    return render(request, template, context)


def latest_of(patient: Patient) -> Screening | None:
    """The last screening of a plan that still counts, or the one before there was a plan."""
    made = patient.screenings.filter(plan__superseded_at=None, plan__closed_at=None)
    return made.select_related("plan__location").order_by("made_at", "pk").last()
