"""The questionnaire: filled in with the patient, asked again at a session, read afterwards."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import intake as questionnaire
from patients.forms.intake import IntakeForm, page_of
from patients.intake import NotYet
from patients.models import Answer, Intake, IntakeSource, Moment, Patient
from patients.views.door import language, patient_of, put_on_record
from patients.views.lines import answer_lines


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def intake_fill(request: StaffRequest, patient: UUID) -> HttpResponse:
    """All questions, before the first treatment."""
    return _fill(request, patient_of(request, patient), Moment.INTAKE)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def intake_again(request: StaffRequest, patient: UUID) -> HttpResponse:
    """What may have changed, on the day of a session."""
    return _fill(request, patient_of(request, patient), Moment.SESSION)


@require_GET
@requires(Permission.SEE_CLINICAL)
def intake_detail(request: StaffRequest, patient: UUID, intake: UUID) -> HttpResponse:
    row = patient_of(request, patient)
    intakes = Intake.objects.visible_to(request.user).completed().select_related("recorded_by")
    filled = get_object_or_404(intakes, uuid=intake, patient=row)
    put_on_record(request, "intake.viewed", row, filled, at=timezone.now())
    visible = Answer.objects.visible_to(request.user).filter(intake=filled)
    context = {
        "patient": row,
        "intake": filled,
        "lines": answer_lines(visible.order_by("pk"), language()),
        "hidden": filled.answers.count() - visible.count(),
    }
    return render(request, "patients/intake_detail.html", context)


def _fill(request: StaffRequest, patient: Patient, moment: Moment) -> HttpResponse:
    intake = _draft(patient, moment)
    before = questionnaire.answers_now(patient, at=timezone.now())
    page = page_of(intake, user=request.user, language=language(), before=before)
    data = request.POST if request.method == "POST" else None
    form = IntakeForm(data, intake=intake, page=page)
    if form.is_valid():
        try:
            kept = _keep(request, patient, moment, form)
        except NotYet as error:
            form.add_error(f"{error.facts['question']}-date", str(error))
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            return kept
    if data is None:
        put_on_record(request, "intake.opened", patient, at=timezone.now())
    context = {"form": form, "patient": patient, "intake": intake, "groups": form.groups()}
    status = 422 if form.errors else 200
    return render(request, "patients/intake_fill.html", context, status=status)


def _draft(patient: Patient, moment: Moment) -> Intake:
    """The one that is not finished; looking at the page alone begins none."""
    draft = patient.intakes.drafts().filter(moment=moment).first()
    return draft or Intake(patient=patient, moment=moment)


@transaction.atomic
def _keep(
    request: StaffRequest, patient: Patient, moment: Moment, form: IntakeForm
) -> HttpResponse:
    """All of it, or nothing where one answer cannot be kept."""
    at, by = timezone.now(), request.user
    intake = questionnaire.start(patient, moment=moment, source=IntakeSource.DESK, at=at, by=by)
    pregnant = form.can_be_pregnant()
    questionnaire.save(intake, form.said(), can_be_pregnant=pregnant, at=at, by=by)
    if form.completes and intake.by_patient:
        questionnaire.hand_in(intake, at=at, by=by)
        messages.info(request, _("The patient began this alone: compare it with the record."))
        return redirect("patients:intake-review", patient.uuid, intake.uuid)
    if form.completes:
        questionnaire.complete(intake, at=at, by=by)
        messages.success(request, _("Questionnaire completed."))
        return redirect(patient)
    messages.success(request, _("Saved as a draft. It counts once it is completed."))
    return redirect(request.path)
