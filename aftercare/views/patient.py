"""The patient's page around a visit: no account, a signed link, the patient's own language."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dates import WEEKDAYS_ABBR
from django.views.decorators.http import require_http_methods, require_safe

from aftercare import calls, check_ins, dates, leaflet, questions, sheet
from aftercare.forms import CheckInForm, QuestionForm
from aftercare.models import AftercarePlan
from aftercare.views.plans import area_of
from clinic.errors import ClinicError
from clinic.messaging.access import PatientRequest, admit, patient_page
from clinic.messaging.models import PatientLink, Purpose
from patients.views.proving import proved, remembered
from procedures import telling
from procedures.models import Session

RELATED = ("patient", "session__appointment__room__location", "session__plan")


@patient_page(Purpose.AFTERCARE)
@proved
@require_safe
def patient_aftercare(request: PatientRequest) -> HttpResponse:
    session = _session_of(request.link)
    return _page(request, session, CheckInForm(area=area_of(session)))


@patient_page(Purpose.AFTERCARE)
@proved
@require_http_methods(["GET", "POST"])
def patient_check_in(request: PatientRequest) -> HttpResponse:
    if request.method == "GET":  # reloaded, or another language chosen, beside a wrong answer
        return redirect("aftercare:patient-aftercare")
    session = _session_of(request.link)
    plan = get_object_or_404(AftercarePlan, session=session)
    form = CheckInForm(request.POST, request.FILES, area=area_of(session))
    if form.is_valid():
        try:
            check_ins.check_in(plan, **form.told(), at=timezone.now(), by=request.link)
        except ClinicError as error:
            form.add_error("photo", str(error))
        else:
            return redirect(reverse("aftercare:patient-aftercare") + "#answer")
    return _page(request, session, form, status=422)


@patient_page(Purpose.AFTERCARE)
@proved
@require_http_methods(["GET", "POST"])
def patient_ask(request: PatientRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect("aftercare:patient-aftercare")
    session = _session_of(request.link)
    plan = get_object_or_404(AftercarePlan, session=session)
    question, form = QuestionForm(request.POST), CheckInForm(area=area_of(session))
    if question.is_valid():
        try:
            asked = question.cleaned_data["asked"]
            questions.ask(plan, asked, at=timezone.now(), by=request.link)
        except ClinicError as error:
            question.add_error("asked", str(error))
        else:
            return redirect(reverse("aftercare:patient-aftercare") + "#ask")
    return _page(request, session, form, question, status=422)


@patient_page(Purpose.AFTERCARE)
@proved
@require_http_methods(["GET", "POST"])
def patient_call(request: PatientRequest) -> HttpResponse:
    if request.method == "POST":
        calls.ask_for_a_call(_begun(request), at=timezone.now(), by=request.link)
    return redirect(reverse("aftercare:patient-aftercare") + "#call")


@patient_page(Purpose.AFTERCARE)
@proved
@require_http_methods(["GET", "POST"])
def patient_visits_enter(request: PatientRequest) -> HttpResponse:
    """On to the page of all coming visits, by a key of its own."""
    if request.method == "GET":
        return redirect("aftercare:patient-aftercare")
    patient = request.link.recipient.patient
    link = telling.visits_link(patient, at=timezone.now())
    return remembered(admit(link), link)


@patient_page(Purpose.AFTERCARE)
@proved
@require_safe
def patient_dates(request: PatientRequest) -> HttpResponse:
    """The dates for the calendar of the telephone."""
    file = dates.calendar_file(_begun(request), translation.get_language() or "en")
    return _file(file, "text/calendar; charset=utf-8", "dates.ics")


@patient_page(Purpose.AFTERCARE)
@proved
@require_safe
def patient_sheet(request: PatientRequest) -> HttpResponse:
    """The printed sheet once more, in the language of the page."""
    file = sheet.print_sheet(_begun(request), translation.get_language() or "en")
    return _file(file, "application/pdf", "aftercare.pdf")


def _begun(request: PatientRequest) -> AftercarePlan:
    plans = AftercarePlan.objects.select_related(*RELATED)
    return get_object_or_404(plans, session=_session_of(request.link))


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


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
        "weekdays": [str(WEEKDAYS_ABBR[day]) for day in range(7)],
        "call": calls.asked(page.plan) if page.plan else None,
    }
    return render(request, "aftercare/patient_aftercare.html", context, status=status)
