"""The questionnaire in other hands: sent to the patient, and reviewed when it comes back."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.messaging.handing import hand_over
from clinic.messaging.models import PatientLink
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Location
from clinic.staff.roles import Permission
from patients import inviting, proof, reviewing
from patients.comparing import PREGNANT, AnswerLine, ListLine, Standing
from patients.models import Intake, Kept, Moment, Patient, Reply
from patients.reviewing import Review
from patients.views.door import language, patient_of, put_on_record
from patients.views.lines import TITLES, label_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One line of the review, as its reader may see it."""

    line: AnswerLine | ListLine
    label: str
    chosen: str = ""

    @property
    def matters(self) -> bool:
        """Anything but a plain no."""
        return isinstance(self.line, ListLine) or self.line.said.reply != Reply.NO


@require_POST
@requires(Permission.RECORD_CLINICAL)
def intake_send(request: StaffRequest, patient: UUID) -> HttpResponse:
    """A link to the patient's phone; the one before opens nothing any more."""
    row = patient_of(request, patient)
    place = request.user.location or Location.objects.in_use().order_by("pk").first()
    try:
        inviting.invite(row, location=place, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, row, error)
    messages.success(request, _("The link is on its way to the patient."))
    return redirect(row)


@require_POST
@requires(Permission.RECORD_CLINICAL)
def intake_send_stop(request: StaffRequest, patient: UUID) -> HttpResponse:
    """The link opens nothing from now on."""
    row = patient_of(request, patient)
    inviting.take_back(row, at=timezone.now(), by=request.user)
    messages.success(request, _("The link opens nothing any more."))
    return redirect(row)


@require_POST
@requires(Permission.REGISTER_PATIENTS)
def link_free(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Whoever calls about a locked link has been asked who it is."""
    row = patient_of(request, patient)
    try:
        proof.free(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, row, error)
    messages.success(request, _("The link may be tried again."))
    return redirect(row)


@require_POST
@requires(Permission.RECORD_CLINICAL)
def intake_tablet(request: StaffRequest, patient: UUID) -> HttpResponse:
    """This device becomes the patient's: the questionnaire, or what may have changed since."""
    row = patient_of(request, patient)
    moment = Moment.SESSION if request.POST.get("moment") == Moment.SESSION else Moment.INTAKE
    back = row.get_absolute_url()

    def make() -> PatientLink:
        return inviting.open_here(row, moment, at=timezone.now(), by=request.user)

    try:
        return hand_over(request, make, back)
    except ClinicError as error:
        return refused(request, row, error)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def intake_review(request: StaffRequest, patient: UUID, intake: UUID) -> HttpResponse:
    """What the patient filled in alone, beside the record; it counts once this is accepted."""
    row = patient_of(request, patient)
    waiting = Intake.objects.visible_to(request.user).filter(patient=row)
    begun = {"handed_in_at": None, "completed_at": None}
    filled = get_object_or_404(waiting.exclude(**begun), uuid=intake)
    if filled.completed_at is not None:
        return redirect("patients:intake-detail", row.uuid, filled.uuid)
    filled.patient = row
    if request.method == "GET":
        put_on_record(request, "intake.viewed", row, filled, at=timezone.now())
        return _page(request, filled)
    try:
        reviewing.accept(filled, request.POST.dict(), at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _page(request, filled, error=str(error))
    messages.success(request, _("Reviewed. The answers count from now on."))
    return redirect(row)


def refused(request: StaffRequest, patient: Patient, error: ClinicError) -> HttpResponse:
    context = {"error": str(error), "back": patient.get_absolute_url()}
    return render(request, "409.html", context, status=409)


def _page(request: StaffRequest, filled: Intake, *, error: str = "") -> HttpResponse:
    review = reviewing.review_of(filled, at=timezone.now())
    lines: list[AnswerLine | ListLine] = [*review.lists, *review.answers]
    shown = [_shown(request, line) for line in lines if _for_these_eyes(request, line)]
    news = [one for one in shown if one.line.standing is Standing.NEW]
    context = {
        "patient": filled.patient,
        "intake": filled,
        "error": error,
        "conflicts": [one for one in shown if one.line.standing is Standing.CONFLICT],
        "news": [one for one in news if one.matters],
        "plain": [one for one in news if not one.matters],
        "same": [one for one in shown if one.line.standing is Standing.SAME],
        "hidden": len(lines) - len(shown) + _hidden_words(request, review),
        "needs_doctor": review.needs_doctor(request.user),
        "sees_all": request.user.may(Permission.SEE_SENSITIVE),
        "kept": Kept.choices,
    }
    return render(request, "patients/intake_review.html", context, status=422 if error else 200)


def _shown(request: StaffRequest, line: AnswerLine | ListLine) -> Shown:
    if isinstance(line, ListLine):
        label = str(TITLES[line.kind])  # type: ignore[index]
    elif line.about == PREGNANT:
        label = _("Can be pregnant")
    else:
        label = label_of(line.about, language())
    return Shown(line=line, label=label, chosen=request.POST.get(line.about, ""))


def _for_these_eyes(request: StaffRequest, line: AnswerLine | ListLine) -> bool:
    return not line.sensitive or request.user.may(Permission.SEE_SENSITIVE)


def _hidden_words(request: StaffRequest, review: Review) -> int:
    """Lines in the lists that only a doctor reads."""
    if request.user.may(Permission.SEE_SENSITIVE):
        return 0
    lists: Iterable[ListLine] = review.lists
    return sum(line.sensitive for each in lists for line in each.lines)
