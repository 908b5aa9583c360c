"""What staff see of an aftercare, and what they do about it."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aftercare import check_ins, questions, reminding, restrictions, sheet
from aftercare.models import AftercarePlan, CheckIn, Question, Restriction
from clinic.errors import ClinicError
from clinic.messaging.models import Message
from clinic.record import audit
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures.models import Session

RELATED = ("patient", "session__appointment__room__location", "session__plan")


@requires(Permission.SEE_CLINICAL)
@require_safe
def plan_detail(request: StaffRequest, plan: UUID) -> HttpResponse:
    row, at = plan_of(request, plan), timezone.now()
    with transaction.atomic():
        audit.record("aftercare.seen", row, at=at, by=request.user, patient=row.patient.uuid)
    held = list(row.restrictions.select_related("released_by").order_by("until", "rule"))
    subject = reminding.subject_of(row.session)
    rows = [(one, one.may_be_released(at=at), one.until <= at) for one in held]
    context = {
        "plan": row,
        "location": row.session.appointment.room.location,
        "rows": rows,
        "may_release": any(releasable for _one, releasable, _over in rows),
        "check_ins": row.check_ins.select_related("photo").order_by("-at", "-pk"),
        "questions": row.questions.select_related("answered_by").order_by("-asked_at", "-pk"),
        "may_reply": request.user.may(Permission.TREAT),
        "reactions": row.session.reactions.order_by("-reported_at"),
        "sent": Message.objects.visible_to(request.user).filter(subject=subject).order_by("due_at"),
    }
    return render(request, "aftercare/plan_detail.html", context)


@requires(Permission.SEE_CLINICAL)
@require_safe
def plan_sheet(request: StaffRequest, plan: UUID) -> HttpResponse:
    """The sheet that is handed over, in the patient's language."""
    row = plan_of(request, plan)
    file = sheet.hand_over(row, at=timezone.now(), by=request.user)
    answer = HttpResponse(file, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="aftercare.pdf"'
    return answer


@requires(Permission.SEE_CLINICAL)
@require_safe
def check_in_detail(request: StaffRequest, check_in: UUID) -> HttpResponse:
    """A task leads here: to the report, among everything else of that aftercare."""
    rows = CheckIn.objects.visible_to(request.user).select_related("plan")
    row = get_object_or_404(rows, uuid=check_in)
    plan = reverse("aftercare:plan-detail", args=[row.plan.uuid])
    return redirect(f"{plan}#check-in-{row.uuid}")


@requires(Permission.SEE_CLINICAL)
@require_safe
def check_in_photo(request: StaffRequest, check_in: UUID) -> HttpResponse:
    """What the patient sent; that it was looked at is on the record."""
    rows = CheckIn.objects.visible_to(request.user).exclude(photo=None)
    row = get_object_or_404(rows.select_related("plan__patient", "photo"), uuid=check_in)
    patient = row.plan.patient.uuid
    with transaction.atomic():
        now = timezone.now()
        audit.record("check-in.photo-viewed", row, at=now, by=request.user, patient=patient)
    answer = HttpResponse(check_ins.photo(row.photo), content_type="image/jpeg")
    answer["Cache-Control"] = "private, no-store"
    return answer


@requires(Permission.SEE_CLINICAL)
@require_safe
def question_detail(request: StaffRequest, asked: UUID) -> HttpResponse:
    """A task leads here: to the question, among everything else of that aftercare."""
    rows = Question.objects.visible_to(request.user).select_related("plan")
    row = get_object_or_404(rows, uuid=asked)
    plan = reverse("aftercare:plan-detail", args=[row.plan.uuid])
    return redirect(f"{plan}#question-{row.uuid}")


@requires(Permission.TREAT)
@require_POST
def question_reply(request: StaffRequest, asked: UUID) -> HttpResponse:
    rows = Question.objects.visible_to(request.user).select_related("plan")
    row = get_object_or_404(rows, uuid=asked)
    try:
        answer = request.POST.get("answer", "")
        questions.reply(row, answer, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row.plan, error)
    messages.success(request, _("Answered. The patient reads it on the page."))
    return redirect("aftercare:plan-detail", row.plan.uuid)


@requires(Permission.TREAT)
@require_POST
def plan_release(request: StaffRequest, plan: UUID) -> HttpResponse:
    row = plan_of(request, plan)
    try:
        restrictions.release_all(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row, error)
    messages.success(request, _("Released. The patient's page says so now."))
    return redirect("aftercare:plan-detail", row.uuid)


@requires(Permission.TREAT)
@require_POST
def restriction_release(request: StaffRequest, restriction: UUID) -> HttpResponse:
    rows = Restriction.objects.visible_to(request.user).select_related("plan")
    row = get_object_or_404(rows, uuid=restriction)
    try:
        restrictions.release(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row.plan, error)
    messages.success(request, _("Released. The patient's page says so now."))
    return redirect("aftercare:plan-detail", row.plan.uuid)


@requires(Permission.SEE_CLINICAL)
@require_safe
def chart_aftercare(request: StaffRequest, patient: UUID) -> HttpResponse:
    """A panel of the chart; alone it is a page."""
    person = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    latest = Prefetch("check_ins", CheckIn.objects.order_by("-at", "-pk"))
    plans = AftercarePlan.objects.visible_to(request.user).filter(patient=person)
    plans = plans.select_related(*RELATED).prefetch_related(latest).order_by("-session_ended_at")
    template = "aftercare/chart_aftercare.html" + ("#panel" if request.htmx else "")
    context = {"patient": person, "plans": plans[:5], "now": timezone.now()}
    return render(request, template, context)


def plan_of(request: StaffRequest, plan: UUID) -> AftercarePlan:
    rows = AftercarePlan.objects.visible_to(request.user).select_related(*RELATED)
    return get_object_or_404(rows, uuid=plan)


def area_of(session: Session) -> str:
    return (session.plan or session.course.plan).area


def _refused(request: StaffRequest, plan: AftercarePlan, error: ClinicError) -> HttpResponse:
    back = reverse("aftercare:plan-detail", args=[plan.uuid])
    return render(request, "409.html", {"error": str(error), "back": back}, status=409)
