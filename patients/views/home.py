"""The patient's own pages: the questionnaire at home, or on the clinic's tablet."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.messaging import access
from clinic.messaging.access import PatientRequest, patient_page
from clinic.messaging.models import Purpose
from clinic.record import audit
from clinic.staff.models import Location
from patients import intake as questionnaire
from patients.forms.home import HomeForm
from patients.forms.intake import page_of_patient
from patients.intake import NotYet
from patients.models import Intake, IntakeSource, Moment, Patient
from patients.views.door import language
from patients.views.proving import proved

MOMENTS = {"intake": Moment.INTAKE, "intake-again": Moment.SESSION}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens: whose questionnaire, and how far it is."""

    patient: Patient
    intake: Intake
    is_done: bool


Page: TypeAlias = Callable[[PatientRequest, Opened], HttpResponse]


def of_the_link(view: Page) -> Callable[[PatientRequest], HttpResponse]:
    """The patient whom the link names, once the phone's owner has said the date of birth."""

    @proved
    @wraps(view)
    def found(request: PatientRequest) -> HttpResponse:
        return view(request, _opened(request))

    return found


@patient_page(Purpose.INTAKE)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_intake(request: PatientRequest, row: Opened) -> HttpResponse:
    """All questions on one page; kept as it goes, handed in at the end."""
    if row.is_done:
        return redirect("patients:patient-intake-done")
    form = _form(request, row)
    if request.method == "POST" and form.is_valid():
        try:
            return _kept(request, row, form)
        except NotYet as error:
            form.add_error(f"{error.facts['question']}-date", str(error))
        except ClinicError as error:
            form.add_error(None, str(error))
    elif request.method == "GET":
        _seen(request, row)
    return _page(request, row, form)


@patient_page(Purpose.INTAKE)
@require_POST
@of_the_link
def patient_intake_keep(request: PatientRequest, row: Opened) -> HttpResponse:
    """The page keeps itself: what changed since the last time, as often as there is signal."""
    form = _form(request, row)
    if row.is_done:
        return JsonResponse({"done": True}, status=409)
    if not form.is_valid():
        return JsonResponse({"problem": _first(form)}, status=422)
    try:
        _keep(request, row, form)
    except ClinicError as error:
        return JsonResponse({"problem": str(error)}, status=422)
    return JsonResponse({"kept": True})


@patient_page(Purpose.INTAKE)
@require_GET
@of_the_link
def patient_intake_done(request: PatientRequest, row: Opened) -> HttpResponse:
    """Thank you; what happens next, and whom to call."""
    if not row.is_done:
        return redirect("patients:patient-intake")
    return render(request, "patients/patient_done.html", _frame(request, row.patient))


def _opened(request: PatientRequest) -> Opened:
    kind, _colon, uuid = request.link.subject.partition(":")
    if kind not in MOMENTS:
        raise Http404
    rows = Patient.objects.select_related("recipient").filter(erased_at=None)
    patient = rows.filter(uuid=UUID(uuid), recipient=request.link.recipient).first()
    if patient is None:
        raise Http404
    moment = MOMENTS[kind]
    draft = patient.intakes.drafts().filter(moment=moment).first()
    since = request.link.created_at
    over = patient.intakes.completed().filter(moment=moment, completed_at__gte=since)
    done = draft.handed_in_at is not None if draft else over.exists()
    filled = draft or Intake(patient=patient, moment=moment, source=_source(request))
    filled.patient = patient
    return Opened(patient, filled, done)


def _source(request: PatientRequest) -> str:
    return IntakeSource.TABLET if access.is_tablet(request) else IntakeSource.LINK


def _form(request: PatientRequest, row: Opened) -> HomeForm:
    before = questionnaire.answers_now(row.patient, at=timezone.now())
    page = page_of_patient(row.intake, language=language(), before=before)
    data = request.POST if request.method == "POST" else None
    return HomeForm(data, intake=row.intake, page=page)


@transaction.atomic
def _kept(request: PatientRequest, row: Opened, form: HomeForm) -> HttpResponse:
    """All of it, or nothing where one answer cannot be kept."""
    filled = _keep(request, row, form)
    if not form.completes:
        return redirect("patients:patient-intake")
    questionnaire.hand_in(filled, at=timezone.now(), by=request.link)
    return redirect("patients:patient-intake-done")


@transaction.atomic
def _keep(request: PatientRequest, row: Opened, form: HomeForm) -> Intake:
    at, by, moment = timezone.now(), request.link, row.intake.moment
    draft = questionnaire.start(row.patient, moment=moment, source=_source(request), at=at, by=by)
    pregnant = form.can_be_pregnant()
    lists = form.lists()
    return questionnaire.save(
        draft, form.said(), can_be_pregnant=pregnant, lists=lists, at=at, by=by
    )


@transaction.atomic
def _seen(request: PatientRequest, row: Opened) -> None:
    patient = row.patient
    at = timezone.now()
    audit.record("intake.opened", patient, at=at, by=request.link, patient=patient.uuid)


def _first(form: HomeForm) -> str:
    return str(next(iter(form.errors.values()))[0])


def _page(request: PatientRequest, row: Opened, form: HomeForm) -> HttpResponse:
    lists = form.list_fields()
    groups = form.groups()
    context = {
        **_frame(request, row.patient),
        "form": form,
        "groups": groups,
        "lists": lists,
        "parts": len(groups) + bool(lists),
        "intake": row.intake,
        "draft_key": f"{request.link.uuid}",
        "since": max(
            (
                one.intake.completed_at
                for one in form.page.before.values()
                if one.intake.completed_at
            ),
            default=None,
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "patients/patient_intake.html", context, status=status)


def _frame(request: PatientRequest, patient: Patient) -> dict[str, object]:
    """The clinic's name and phones on top; never the patient's."""
    return {"location": _place(), "is_tablet": access.is_tablet(request), "patient": patient}


def _place() -> Location | None:
    return Location.objects.in_use().order_by("pk").first()
