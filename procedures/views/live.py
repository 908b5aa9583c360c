"""What speaks against a treatment, while the patient is still being asked. Nothing is kept."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission
from patients import intake, meaning
from patients.forms.history import HistoryForm
from patients.forms.intake import IntakeForm, page_of
from patients.models import Answer, HistoryItem, Intake, Moment, Patient
from patients.views.door import language
from procedures import screening
from procedures.anamnesis import Unkept
from procedures.models import Plan
from procedures.views.findings import so_far


@require_POST
@vary_on_headers("HX-Request")
@requires(Permission.RECORD_CLINICAL)
def intake_findings(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Findings of the questionnaire as it is filled in, before the first treatment."""
    return _answered(request, patient, Moment.INTAKE)


@require_POST
@vary_on_headers("HX-Request")
@requires(Permission.RECORD_CLINICAL)
def session_findings(request: StaffRequest, patient: UUID) -> HttpResponse:
    """The same of what is asked again on the day of a session."""
    return _answered(request, patient, Moment.SESSION)


@require_POST
@vary_on_headers("HX-Request")
@requires(Permission.RECORD_CLINICAL)
def history_findings(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Findings of the history with the statement that is being written."""
    row, at = _patient(request, patient), timezone.now()
    form = HistoryForm(request.POST, user=request.user)
    form.is_valid()
    said = form.cleaned_data
    item = HistoryItem(patient=row, recorded_at=at, recorded_by=request.user)
    item.kind, item.text = said.get("kind", ""), said.get("text", "")
    item.concept, item.status = said.get("concept", ""), said.get("status") or item.status
    item.onset_date, item.end_date = said.get("onset_date"), said.get("end_date")
    known = item.text and item.kind in meaning.KINDS
    unkept = Unkept(items=(item,) if known else ())
    return _panel(request, row, unkept, at=at)


def _answered(request: StaffRequest, patient: UUID, moment: Moment) -> HttpResponse:
    row, at = _patient(request, patient), timezone.now()
    draft = row.intakes.drafts().filter(moment=moment).first()
    filled = draft or Intake(patient=row, moment=moment)
    page = page_of(filled, user=request.user, language=language(), before={})
    form = IntakeForm(request.POST, intake=filled, page=page)
    form.is_valid()  # what is wrong so far is told when it is kept
    answers = _before(row, draft, moment, at=at) | _said(form, filled, at=at)
    row.can_be_pregnant = form.can_be_pregnant()
    return _panel(request, row, Unkept(answers=answers), at=at)


def _before(
    patient: Patient, draft: Intake | None, moment: Moment, *, at: datetime
) -> dict[str, Answer]:
    """What counts beside the page: at a session the questionnaire, and the draft that was kept."""
    rows = intake.answers_now(patient, at=at) if moment == Moment.SESSION else {}
    kept = draft.answers.select_related("intake") if draft else ()
    return rows | {row.question: row for row in kept}


def _said(form: IntakeForm, filled: Intake, *, at: datetime) -> dict[str, Answer]:
    """The answers on the page as rows that nobody keeps."""
    filled.completed_at = at
    return {
        code: Answer(
            intake=filled,
            question=code,
            reply=said.reply,
            date=said.date,
            note=said.note,
            answered_at=at,
        )
        for code, said in form.said().items()
    }


def _panel(
    request: StaffRequest, patient: Patient, unkept: Unkept, *, at: datetime
) -> HttpResponse:
    place = place_of(request.user)
    on = timezone.localdate(at, place.zone)
    plans = Plan.objects.visible_to(request.user).current().filter(patient=patient)
    plan = plans.select_related("location").order_by("created_at", "pk").last()
    result = screening.preview(patient, plan, on=on, at=at, unkept=unkept)
    context = {
        "patient": patient,
        "plan": plan,
        "verdict": so_far(result, request.user),
        "earliest": result.earliest_date,
    }
    template = "procedures/live_findings.html" + ("#panel" if request.htmx else "")
    return render(request, template, context)


def _patient(request: StaffRequest, uuid: UUID) -> Patient:
    patients = Patient.objects.visible_to(request.user).select_related("recipient")
    return get_object_or_404(patients, uuid=uuid)
