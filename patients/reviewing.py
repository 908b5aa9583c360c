"""What a patient filled in alone is reviewed: only from here on it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.record import audit, worklist
from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients import comparing, history
from patients import intake as questionnaire
from patients.comparing import PREGNANT, AnswerLine, ListLine, Standing
from patients.intake import Said
from patients.models import Asserter, Decision, HistoryItem, Intake, Kept, Reply


class NotHandedIn(ClinicError):
    code = "not-handed-in"
    text = _("The patient has not handed it in yet.")


class Undecided(ClinicError):
    code = "undecided"
    text = _("Decide each conflict first. Still open: %(count)s.")


class NeedsDoctor(ClinicError):
    code = "needs-doctor"
    text = _("Something confidential differs from the record: a doctor has to review this.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything the patient said, beside the record."""

    answers: list[AnswerLine]
    lists: list[ListLine]

    @property
    def conflicts(self) -> list[AnswerLine | ListLine]:
        lines: list[AnswerLine | ListLine] = [*self.answers, *self.lists]
        return [line for line in lines if line.standing is Standing.CONFLICT]

    def needs_doctor(self, user: User) -> bool:
        """Whether something confidential has to be decided, and not by this person."""
        confidential = any(line.sensitive for line in self.conflicts)
        return confidential and not user.may(Permission.SEE_SENSITIVE)


def review_of(filled: Intake, *, at: datetime) -> Review:
    return Review(answers=comparing.answers_of(filled, at=at), lists=comparing.lists_of(filled))


@transaction.atomic
def accept(filled: Intake, decided: Mapping[str, str], *, at: datetime, by: User) -> Intake:
    """The same and the new count as said; of each conflict, what was decided."""
    filled = questionnaire.lock(filled)
    if filled.handed_in_at is None:
        raise NotHandedIn
    review = review_of(filled, at=at)
    if review.needs_doctor(by):
        raise NeedsDoctor
    missing = [line for line in review.conflicts if decided.get(line.about) not in Kept.values]
    if missing:
        raise Undecided(count=len(missing))
    kept = {line.about: Kept(decided[line.about]) for line in review.conflicts}
    _write_down(filled, review, kept, at=at, by=by)
    _apply_answers(filled, review.answers, kept, at=at)
    for line in review.lists:
        _apply_list(filled, line, kept, at=at, by=by)
    filled.patient.refresh_from_db()
    worklist.settle(questionnaire.cause_of(filled), at=at)
    return questionnaire.finish(filled, "intake.reviewed", at=at, by=by)


def _write_down(
    filled: Intake, review: Review, kept: Mapping[str, Kept], *, at: datetime, by: User
) -> None:
    Decision.objects.bulk_create(
        Decision(
            intake=filled,
            about=line.about,
            said=line.said_words,
            record=line.record_words,
            kept=kept[line.about],
            sensitive=line.sensitive,
            decided_at=at,
            decided_by=by,
        )
        for line in review.conflicts
    )
    patient = filled.patient.uuid
    audit.record("intake.compared", filled, at=at, by=by, patient=patient, conflicts=len(kept))


def _apply_answers(
    filled: Intake, lines: list[AnswerLine], kept: Mapping[str, Kept], *, at: datetime
) -> None:
    """Where the record holds, its answer stands in the questionnaire from now on."""
    record = [line for line in lines if kept.get(line.about) is Kept.RECORD]
    if any(line.about == PREGNANT for line in record):
        filled.can_be_pregnant = filled.patient.can_be_pregnant
        filled.save(update_fields=["can_be_pregnant"])
    questionnaire.learn_pregnancy(filled.patient, possible=filled.can_be_pregnant, at=at)
    held = {line.about: _held(line) for line in record if line.about != PREGNANT}
    questionnaire.put(filled, held, at=at)


def _held(line: AnswerLine) -> Said:
    """The earlier answer; where only the history speaks, that is a yes."""
    told = line.record
    if told is None or (line.mentions and told.reply == Reply.NO):
        return Said(reply=Reply.YES, note=line.mentions[0].text)
    return Said(reply=told.reply, date=told.date, note=told.note)


def _apply_list(
    filled: Intake, line: ListLine, kept: Mapping[str, Kept], *, at: datetime, by: User
) -> None:
    patient, who = filled.patient, Asserter.PATIENT
    for mentioned in line.lines:
        if mentioned.standing is Standing.NEW:
            history.add(patient, line.kind, mentioned.text, asserted_by=who, at=at, by=by)
    if not line.none_known or kept.get(line.about) is Kept.RECORD:
        return
    today = timezone.localdate(at, patient.recipient.zone)
    for item in HistoryItem.objects.filter(pk__in=[item.pk for item in line.others]):
        history.end(item, today, at=at, by=by)
    history.assert_none(patient, line.kind, asserted_by=who, at=at, by=by)
