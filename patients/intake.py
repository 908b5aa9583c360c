"""The questionnaire: started, answered, completed. Each public function is one transaction.

Only a completed one counts; an open question is never a no.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, TypedDict, Unpack

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState
from clinic.knowledge.entries import AskedBy, DateNeed
from clinic.knowledge.loader import load
from clinic.knowledge.questions import Question, questions_for
from clinic.record import audit
from clinic.staff.models import User
from patients.models import Answer, Intake, Moment, Patient, Reply
from patients.signals import tell_history_changed

Day: TypeAlias = date  # where a field is called `date`
MAY_LIE_AHEAD = {DateNeed.MENSTRUATION_ENDED}  # "expected, if it goes on"


class StillOpen(ClinicError):
    code = "still-open"
    text = _("Questions still open: %(count)s. Answer them; “not sure” is an answer too.")


class NoSuchQuestion(ClinicError):
    code = "no-such-question"
    text = _("This question is not asked here. Reload the page and answer the questions it shows.")


class NoSuchAnswer(ClinicError):
    code = "no-such-answer"
    text = _("Choose one of the answers that are offered.")


class NotYet(ClinicError):
    code = "not-yet"
    text = _("This date has not come yet. Enter the day on which it happened.")


class Details(TypedDict, total=False):
    date: Day | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said to one question."""

    reply: str
    date: Day | None = None
    note: str = ""


@transaction.atomic
def start(
    patient: Patient, *, moment: str = "intake", source: str, at: datetime, by: User
) -> Intake:
    """Begin, or go on with the one that is not finished."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    draft = patient.intakes.drafts().filter(moment=moment).first()
    if draft is not None:
        return draft
    intake = Intake.objects.create(
        patient=patient,
        moment=Moment(moment),
        source=source,
        knowledge=load().version,
        started_at=at,
        recorded_by=by,
    )
    audit.record("intake.started", intake, at=at, by=by, patient=patient.uuid, moment=moment)
    return intake


@transaction.atomic
def answer(
    intake: Intake, question: str, reply: str, *, at: datetime, by: User, **details: Unpack[Details]
) -> Answer:
    """Keep what was said to one question; said again, the last word holds."""
    intake = _open(intake)
    row = _put(intake, question, Said(reply=reply, **details), at=at)
    audit.record("intake.answered", intake, at=at, by=by, patient=intake.patient.uuid, answers=1)
    return row


@transaction.atomic
def save(
    intake: Intake,
    answers: Mapping[str, Said],
    *,
    can_be_pregnant: bool | None = None,
    at: datetime,
    by: User,
) -> Intake:
    """Keep a page of answers as it stands, complete or not."""
    intake = _open(intake)
    patient = intake.patient
    if can_be_pregnant is not None and can_be_pregnant != patient.can_be_pregnant:
        patient.can_be_pregnant = can_be_pregnant
        _change(patient, ["can_be_pregnant", "version"], at=at)
    for question, said in answers.items():
        _put(intake, question, said, at=at)
    audit.record("intake.saved", intake, at=at, by=by, patient=patient.uuid, answers=len(answers))
    return intake


@transaction.atomic
def complete(intake: Intake, *, at: datetime, by: User) -> Intake:
    """From now on this is what the patient says; refused while a question is open."""
    intake = _open(intake)
    if still_open := open_questions(intake):
        raise StillOpen(count=len(still_open))
    intake.completed_at, intake.knowledge, intake.recorded_by = at, load().version, by
    intake.save(update_fields=["completed_at", "knowledge", "recorded_by"])
    _change(intake.patient, [], at=at)
    audit.record("intake.completed", intake, at=at, by=by, patient=intake.patient.uuid)
    return intake


def asked(patient: Patient, moment: str) -> tuple[Question, ...]:
    """The patient's questions at this moment; unknown whether they can be pregnant, all of them."""
    return tuple(
        one
        for one in asked_of_patients(moment)
        if not (one.ask_if_can_be_pregnant and patient.can_be_pregnant is False)
    )


def asked_of_patients(moment: str) -> tuple[Question, ...]:
    """What patients are asked, whoever they are."""
    return questions_for("intake" if moment == Moment.INTAKE else "session")


def asked_of_staff(moment: str) -> tuple[Question, ...]:
    """What the staff answers beside; the plan asks it again, so that it may stay open here."""
    return questions_for("intake" if moment == Moment.INTAKE else "session", asked_by=AskedBy.STAFF)


def open_questions(intake: Intake) -> tuple[Question, ...]:
    """What must still be answered; a question for free words may stay without any."""
    answered = set(intake.answers.values_list("question", flat=True))
    return tuple(
        one
        for one in asked(intake.patient, intake.moment)
        if one.answers and one.code not in answered
    )


def answers_now(patient: Patient, *, at: datetime) -> dict[str, Answer]:
    """What the patient says now: the last questionnaire, and what was asked again after it."""
    completed = Intake.objects.completed().filter(patient=patient, completed_at__lte=at)
    last = completed.filter(moment=Moment.INTAKE).order_by("-completed_at", "-pk").first()
    if last is None:
        return {}
    later = completed.filter(moment=Moment.SESSION, completed_at__gte=last.completed_at)
    rows = (
        Answer.objects.filter(intake__in=[last.pk, *later.values_list("pk", flat=True)])
        .select_related("intake")
        .order_by(F("intake__moment"), "intake__completed_at", "pk")  # intake < session
    )
    return {row.question: row for row in rows}


def _open(intake: Intake) -> Intake:
    """Under lock, patient first, as everywhere."""
    rows = Patient.objects.select_for_update(no_key=True, of=("self",))
    patient = rows.select_related("recipient").get(pk=intake.patient_id)
    intake = Intake.objects.select_for_update(no_key=True).get(pk=intake.pk)
    if intake.completed_at is not None:
        raise WrongState(state=_("completed"))
    intake.patient = patient
    return intake


def _put(intake: Intake, code: str, said: Said, *, at: datetime) -> Answer:
    question = _question(intake, code)
    reply = _reply(question, said)
    dated = said.date if reply in question.date_after else None
    today = timezone.localdate(at, intake.patient.recipient.zone)
    if dated and dated > today and question.needs_date not in MAY_LIE_AHEAD:
        raise NotYet(question=code)
    row, _created = Answer.objects.update_or_create(
        intake=intake,
        question=code,
        defaults={
            "reply": reply,
            "date": dated,
            "note": said.note.strip()[:300],
            "sensitive": question.sensitive,
            "answered_at": at,
        },
    )
    return row


def _question(intake: Intake, code: str) -> Question:
    for one in (*asked(intake.patient, intake.moment), *asked_of_staff(intake.moment)):
        if one.code == code:
            return one
    raise NoSuchQuestion


def _reply(question: Question, said: Said) -> str:
    if not question.answers and said.reply == Reply.SAID and said.note.strip():
        return said.reply
    if said.reply not in question.answers:
        raise NoSuchAnswer
    return said.reply


def _change(patient: Patient, columns: list[str], *, at: datetime) -> None:
    patient.history_changed_at = max(at, patient.history_changed_at)
    if "version" in columns:
        patient.version += 1
    patient.save(update_fields=[*columns, "history_changed_at"])
    tell_history_changed(Patient, patient.pk)
