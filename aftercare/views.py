"""The patient's page after a visit, and what staff see of it."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aftercare import check_ins, leaflet, questions, reactions, reminding, restrictions
from aftercare.forms import CheckInForm, QuestionForm, ReactionForm
from aftercare.models import AftercarePlan, CheckIn, Question, Reaction, Restriction
from clinic.errors import ClinicError
from clinic.messaging.access import PatientRequest, patient_page
from clinic.messaging.models import Message, PatientLink, Purpose
from clinic.record import audit
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures.models import Session

RELATED = ("patient", "session__appointment__room__location", "session__plan")


@patient_page(Purpose.AFTERCARE)
@require_safe
def patient_aftercare(request: PatientRequest) -> HttpResponse:
    session = _session_of(request.link)
    return _page(request, session, CheckInForm(area=_area(session)))


@patient_page(Purpose.AFTERCARE)
@require_http_methods(["GET", "POST"])
def patient_check_in(request: PatientRequest) -> HttpResponse:
    if request.method == "GET":  # reloaded, or another language chosen, beside a wrong answer
        return redirect("aftercare:patient-aftercare")
    session = _session_of(request.link)
    plan = get_object_or_404(AftercarePlan, session=session)
    form = CheckInForm(request.POST, area=_area(session))
    if form.is_valid():
        check_ins.check_in(plan, **form.told(), at=timezone.now(), by=request.link)
        return redirect(reverse("aftercare:patient-aftercare") + "#answer")
    return _page(request, session, form, status=422)


@patient_page(Purpose.AFTERCARE)
@require_http_methods(["GET", "POST"])
def patient_ask(request: PatientRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect("aftercare:patient-aftercare")
    session = _session_of(request.link)
    plan = get_object_or_404(AftercarePlan, session=session)
    question, form = QuestionForm(request.POST), CheckInForm(area=_area(session))
    if question.is_valid():
        try:
            asked = question.cleaned_data["asked"]
            questions.ask(plan, asked, at=timezone.now(), by=request.link)
        except ClinicError as error:
            question.add_error("asked", str(error))
        else:
            return redirect(reverse("aftercare:patient-aftercare") + "#ask")
    return _page(request, session, form, question, status=422)


@requires(Permission.SEE_CLINICAL)
@require_safe
def plan_detail(request: StaffRequest, plan: UUID) -> HttpResponse:
    row, at = _plan(request, plan), timezone.now()
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
        "check_ins": row.check_ins.order_by("-at", "-pk"),
        "questions": row.questions.select_related("answered_by").order_by("-asked_at", "-pk"),
        "may_reply": request.user.may(Permission.TREAT),
        "reactions": row.session.reactions.order_by("-reported_at"),
        "sent": Message.objects.visible_to(request.user).filter(subject=subject).order_by("due_at"),
    }
    return render(request, "aftercare/plan_detail.html", context)


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


@requires(Permission.TREAT)
@require_POST
def plan_release(request: StaffRequest, plan: UUID) -> HttpResponse:
    row = _plan(request, plan)
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


@requires(Permission.RECORD_CLINICAL)
@require_http_methods(["GET", "POST"])
def reaction_add(request: StaffRequest, plan: UUID) -> HttpResponse:
    row = _plan(request, plan)
    data = request.POST if request.method == "POST" else None
    form = ReactionForm(data, area=_area(row.session))
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
def chart_aftercare(request: StaffRequest, patient: UUID) -> HttpResponse:
    """A panel of the chart; alone it is a page."""
    person = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    latest = Prefetch("check_ins", CheckIn.objects.order_by("-at", "-pk"))
    plans = AftercarePlan.objects.visible_to(request.user).filter(patient=person)
    plans = plans.select_related(*RELATED).prefetch_related(latest).order_by("-session_ended_at")
    template = "aftercare/chart_aftercare.html" + ("#panel" if request.htmx else "")
    context = {"patient": person, "plans": plans[:5], "now": timezone.now()}
    return render(request, template, context)


def _plan(request: StaffRequest, plan: UUID) -> AftercarePlan:
    rows = AftercarePlan.objects.visible_to(request.user).select_related(*RELATED)
    return get_object_or_404(rows, uuid=plan)


def _session_of(link: PatientLink) -> Session:
    """The session a link names, or the newer one that has taken its place in the patient's life;
    a link of another kind opens nothing here."""
    kind, _colon, uuid = link.subject.partition(":")
    if kind != "session":
        raise Http404
    related = ("appointment__room__location", "patient", "plan", "course__plan")
    sessions = Session.objects.select_related(*related)
    named = get_object_or_404(sessions, uuid=uuid)
    if named.completed_at is None:
        return named
    newest = sessions.filter(patient=named.patient, aftercare__isnull=False)
    return newest.order_by("-completed_at").first() or named


def _area(session: Session) -> str:
    return (session.plan or session.course.plan).area


def _page(
    request: HttpRequest,
    session: Session,
    form: CheckInForm,
    question: QuestionForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    page = leaflet.read(session, at=timezone.now())
    context = {
        "page": page,
        "form": form,
        "question": question or QuestionForm(),
        "location": session.appointment.room.location,
    }
    return render(request, "aftercare/patient_aftercare.html", context, status=status)


def _refused(request: StaffRequest, plan: AftercarePlan, error: ClinicError) -> HttpResponse:
    back = reverse("aftercare:plan-detail", args=[plan.uuid])
    return render(request, "409.html", {"error": str(error), "back": back}, status=409)
