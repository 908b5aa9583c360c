"""The questionnaire: started, answered, handed in, completed. Each public function is one
transaction.

Only a completed one counts; an open question is never a no. What a patient fills in alone is handed
in first, and completed by whoever reviews it: see `reviewing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import TypeAlias, TypedDict, Unpack

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState
from clinic.knowledge.entries import AskedBy, DateNeed
from clinic.knowledge.loader import load
from clinic.knowledge.questions import Question, questions_for
from clinic.messaging import links, outbox
from clinic.messaging.models import PatientLink
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients.models import (
    Answer,
    Claim,
    HistoryKind,
    Intake,
    IntakeSource,
    Moment,
    Patient,
    Reply,
)
from patients.signals import tell_history_changed

Day: TypeAlias = date  # where a field is called `date`
Author: TypeAlias = User | PatientLink  # staff, or the patient by a link
MAY_LIE_AHEAD = {DateNeed.MENSTRUATION_ENDED}  # "expected, if it goes on"


class StillOpen(ClinicError):
    code = "still-open"
    text = _("Questions still open: %(count)s. Answer them; “not sure” is an answer too.")


class HandedIn(ClinicError):
    code = "handed-in"
    text = _("This questionnaire was handed in already. If something is wrong, please tell us.")


class NotReviewed(ClinicError):
    code = "not-reviewed"
    text = _("The patient filled this in alone. Review it: only then it counts.")


class ListsOpen(ClinicError):
    code = "lists-open"
    text = _("Write something in each list, or tick that there is nothing.")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the patient wrote of one list of the history."""

    text: str = ""
    none_known: bool = False


@transaction.atomic
def start(
    patient: Patient, *, moment: str = "intake", source: str, at: datetime, by: Author
) -> Intake:
    """Begin, or go on with the one that is not finished; a patient's hand makes it the patient's.

    Staff who go on with what a patient began change nothing about that: it is reviewed.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    draft = patient.intakes.drafts().filter(moment=moment).first()
    if draft is not None:
        if source not in (IntakeSource.DESK, draft.source):
            draft.source = source
            draft.save(update_fields=["source"])
        return draft
    intake = Intake.objects.create(
        patient=patient,
        moment=Moment(moment),
        source=source,
        knowledge=load().version,
        started_at=at,
        recorded_by=by if isinstance(by, User) else None,
    )
    audit.record("intake.started", intake, at=at, by=by, patient=patient.uuid, moment=moment)
    return intake


@transaction.atomic
def answer(
    intake: Intake, question: str, reply: str, *, at: datetime, by: User, **details: Unpack[Details]
) -> Answer:
    """Keep what was said to one question; said again, the last word holds."""
    intake = lock(intake)
    put(intake, {question: Said(reply=reply, **details)}, at=at)
    audit.record("intake.answered", intake, at=at, by=by, patient=intake.patient.uuid, answers=1)
    return intake.answers.get(question=question)


@transaction.atomic
def save(
    intake: Intake,
    answers: Mapping[str, Said],
    *,
    can_be_pregnant: bool | None = None,
    lists: Mapping[str, Listed] = MappingProxyType({}),
    at: datetime,
    by: Author,
) -> Intake:
    """Keep a page of answers as it stands, complete or not."""
    intake = lock(intake)
    if isinstance(by, PatientLink) and intake.handed_in_at is not None:
        raise HandedIn
    _pregnancy(intake, possible=can_be_pregnant, at=at)
    put(intake, answers, at=at)
    _claim(intake, lists, at=at)
    patient = intake.patient
    audit.record("intake.saved", intake, at=at, by=by, patient=patient.uuid, answers=len(answers))
    return intake


@transaction.atomic
def hand_in(intake: Intake, *, at: datetime, by: Author) -> Intake:
    """The patient has finished: from now on it waits for review. Twice is once."""
    intake = lock(intake)
    if intake.handed_in_at is not None:
        return intake
    if still_open := open_questions(intake):
        raise StillOpen(count=len(still_open))
    lists = intake.claims.exclude(none_known=False, text="").count()
    if intake.moment == Moment.INTAKE and isinstance(by, PatientLink) and lists < len(HistoryKind):
        raise ListsOpen
    intake.handed_in_at = at
    intake.save(update_fields=["handed_in_at"])
    patient = intake.patient.uuid
    audit.record("intake.handed-in", intake, at=at, by=by, patient=patient)
    worklist.ask(
        TaskKind.REVIEW,
        cause_of(intake),
        intake,
        role=Role.COSMETOLOGIST,
        patient=patient,
        due_at=at,
        at=at,
        code="intake",
    )
    return intake


@transaction.atomic
def complete(intake: Intake, *, at: datetime, by: User) -> Intake:
    """From now on this is what the patient says; refused while a question is open."""
    intake = lock(intake)
    if intake.by_patient:
        raise NotReviewed
    return finish(intake, "intake.completed", at=at, by=by)


def finish(intake: Intake, action: str, *, at: datetime, by: User) -> Intake:
    """The last step of completing and of reviewing, in their transaction."""
    if still_open := open_questions(intake):
        raise StillOpen(count=len(still_open))
    intake.completed_at, intake.knowledge, intake.recorded_by = at, load().version, by
    intake.save(update_fields=["completed_at", "knowledge", "recorded_by"])
    _change(intake.patient, [], at=at)
    subject = subject_of(intake.patient, intake.moment)
    outbox.settle(subject, at=at, reason="intake-completed")
    links.revoke(subject, at=at)
    audit.record(action, intake, at=at, by=by, patient=intake.patient.uuid)
    return intake


def subject_of(patient: Patient, moment: str) -> str:
    """What a link to this questionnaire names."""
    return f"{'intake' if moment == Moment.INTAKE else 'intake-again'}:{patient.uuid}"


def cause_of(intake: Intake) -> str:
    """Of the task to review it."""
    return f"review:intake:{intake.uuid}"


def asked_in(intake: Intake) -> tuple[Question, ...]:
    """The patient's questions in this one, which may itself say whether they can be pregnant."""
    return tuple(
        one
        for one in asked_of_patients(intake.moment)
        if not (one.ask_if_can_be_pregnant and intake.pregnancy_possible is False)
    )


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
    return tuple(one for one in asked_in(intake) if one.answers and one.code not in answered)


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


def lock(intake: Intake) -> Intake:
    """Under lock, patient first, as everywhere; what counts already is closed."""
    rows = Patient.objects.select_for_update(no_key=True, of=("self",))
    patient = rows.select_related("recipient").get(pk=intake.patient_id)
    intake = Intake.objects.select_for_update(no_key=True).get(pk=intake.pk)
    if intake.completed_at is not None:
        raise WrongState(state=_("completed"))
    intake.patient = patient
    return intake


def learn_pregnancy(patient: Patient, *, possible: bool | None, at: datetime) -> None:
    """The chart knows whether the patient can be pregnant; for whoever holds the lock."""
    if possible is not None and possible != patient.can_be_pregnant:
        patient.can_be_pregnant = possible
        _change(patient, ["can_be_pregnant", "version"], at=at)


def _pregnancy(intake: Intake, *, possible: bool | None, at: datetime) -> None:
    """At the desk the chart knows at once; from a patient alone it waits for the review."""
    if not intake.by_patient:
        learn_pregnancy(intake.patient, possible=possible, at=at)
    elif possible is not None:
        intake.can_be_pregnant = possible
        intake.save(update_fields=["can_be_pregnant"])


def put(intake: Intake, answers: Mapping[str, Said], *, at: datetime) -> None:
    """All of a page in one statement, for whoever holds the lock; the last word holds."""
    asked_here = {one.code: one for one in (*asked_in(intake), *asked_of_staff(intake.moment))}
    today = timezone.localdate(at, intake.patient.recipient.zone)
    rows = []
    for code, said in answers.items():
        if code not in asked_here:
            raise NoSuchQuestion
        question = asked_here[code]
        reply = _reply(question, said)
        dated = said.date if reply in question.date_after else None
        if dated and dated > today and question.needs_date not in MAY_LIE_AHEAD:
            raise NotYet(question=code)
        row = Answer(intake=intake, question=code, reply=reply, date=dated)
        row.note, row.sensitive, row.answered_at = said.note.strip()[:300], question.sensitive, at
        rows.append(row)
    Answer.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["intake", "question"],
        update_fields=["reply", "date", "note", "sensitive", "answered_at"],
    )


def _claim(intake: Intake, lists: Mapping[str, Listed], *, at: datetime) -> None:
    rows = [
        Claim(
            intake=intake,
            kind=HistoryKind(kind),
            none_known=said.none_known,
            text="" if said.none_known else said.text.strip()[:2000],
            claimed_at=at,
        )
        for kind, said in lists.items()
    ]
    Claim.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["intake", "kind"],
        update_fields=["none_known", "text", "claimed_at"],
    )


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
