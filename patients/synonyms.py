"""Words that nothing matched, reviewed: for one patient, or remembered by the clinic.

Each public function is one transaction. Nothing is overwritten: a reviewed statement supersedes
the old one, a synonym that was wrong is taken back with a reason.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState, constraints_as
from clinic.knowledge.loader import load
from clinic.knowledge.resolver import resolve
from clinic.knowledge.vocabulary import carries_nothing
from clinic.knowledge.wording import normal
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients import history, intake, meaning
from patients.models import Answer, HistoryItem, Patient, Synonym
from patients.signals import tell_history_changed

ONE_AT_A_TIME = 7_270_101  # the advisory lock of whoever changes the clinic's words
BATCH = 2_000


class NoSuchConcept(ClinicError):
    code = "no-such-concept"
    text = _("Choose one of the suggestions, or leave it as written.")


class NoWords(ClinicError):
    code = "no-words"
    text = _("There are no words in this that could be remembered.")


class DoctorsOnly(ClinicError):
    code = "doctors-only"
    text = _("Only a doctor may say that words are harmless, or take a meaning back.")


class AlreadyKnown(ClinicError):
    code = "already-known"
    text = _("These words already have a meaning here. Take it back first, if it is wrong.")


class NoReason(ClinicError):
    code = "no-reason"
    text = _("Write why it is taken back.")


@transaction.atomic
def review(
    item: HistoryItem, concept: str, *, remember: bool, at: datetime, by: User
) -> HistoryItem:
    """A person says what a statement means; remembered, everybody's same words mean it too."""
    if remember:
        _queue()
    _check(concept, item.kind, remember=remember, by=by)
    reviewed = history.correct(item, concept=concept, at=at, by=by)
    if remember:
        learn(item.text, item.kind, concept, item=reviewed, at=at, by=by)
    return reviewed


@transaction.atomic
def review_note(note: Answer, concept: str, *, remember: bool, at: datetime, by: User) -> Synonym:
    """The same of the words beside an answer, which stay as they were said."""
    kind = note.note_kind
    if remember:
        return learn(note.note, kind, concept, at=at, by=by)
    _check(concept, kind, remember=False, by=by)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=note.intake.patient_id)
    row = Synonym(patient=patient, text=note.note, kind=kind, concept=concept)
    row = _keep(row, at=at, by=by)
    _touch([patient.pk], at=at)
    return row


@transaction.atomic
def learn(
    text: str,
    kind: str,
    concept: str,
    *,
    item: HistoryItem | None = None,
    at: datetime,
    by: User,
) -> Synonym:
    """From now on these words mean this in the whole clinic, wherever they were or are stated."""
    _queue()
    _check(concept, kind, remember=True, by=by)
    row = _keep(Synonym(text=text, kind=kind, concept=concept, item=item), at=at, by=by)
    said_so = _saying(row)
    _refresh(said_so)
    _touch([one.patient_id for one in said_so], at=at)
    return row


@transaction.atomic
def take_back(synonym: Synonym, reason: str, *, at: datetime, by: User) -> Synonym:
    """It was wrong: whoever was understood by it is asked about again."""
    _queue()
    if not by.may(Permission.SIGN_OFF):
        raise DoctorsOnly
    if not reason.strip():
        raise NoReason
    row = Synonym.objects.select_for_update(no_key=True).get(pk=synonym.pk)
    if row.taken_back_at is not None:
        raise WrongState(state=_("Taken back"))
    said_so = _saying(row) if row.patient_id is None else []
    row.taken_back_at, row.taken_back_by, row.taken_back_reason = at, by, reason.strip()[:300]
    row.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_reason"])
    for item in said_so:
        if item.concept == row.concept:
            history.correct(item, concept="", at=at, by=by)
    _refresh([item for item in said_so if item.concept != row.concept])
    _touch([item.patient_id for item in said_so] or [row.patient_id], at=at)
    audit.record("synonym.taken-back", row, at=at, by=by, patient=_whose(row), kind=row.kind)
    return row


@transaction.atomic
def read_again(*, limit: int = BATCH) -> int:
    """Look again at what was read by other words: the knowledge is newer than the statement."""
    old = HistoryItem.objects.current().filter(none_known=False)
    rows = list(old.exclude(read_with=load().version).order_by("pk")[:limit])
    _refresh(rows)
    return len(rows)


def notes_to_review(patient: Patient, *, at: datetime) -> list[Answer]:
    """Words beside the answers of today that nothing and nobody has understood."""
    return unread_notes(patient, intake.answers_now(patient, at=at).values())


def unread_notes(patient: Patient, answers: Iterable[Answer]) -> list[Answer]:
    """Those of these answers whose words must be understood, and are not."""
    counting = [row for row in answers if row.note_counts]
    if not counting:
        return []
    chosen, words = readings_of(patient.pk), meaning.vocabularies()
    return [
        row
        for row in counting
        if (row.note_kind, normal(row.note)) not in chosen
        and not resolve(row.note, among=words[row.note_kind]).resolved
    ]


def readings_of(patient_id: int) -> dict[tuple[str, str], str]:
    """What words mean for this patient only: by list and words, the concept."""
    rows = (
        Synonym.objects.filter(patient=patient_id).in_use().values_list("kind", "folded", "concept")
    )
    return {(kind, folded): concept for kind, folded, concept in rows}


def _check(concept: str, kind: str, *, remember: bool, by: User) -> None:
    """A doctor alone lets words pass that no rule names, or lets them pass for everybody."""
    found = meaning.vocabulary_of(kind).by_id.get(concept)
    if found is None:
        raise NoSuchConcept
    passes = found == meaning.HARMLESS.get(kind) or (remember and found.harmless)
    if passes and not by.may(Permission.SIGN_OFF):
        raise DoctorsOnly


def _keep(row: Synonym, *, at: datetime, by: User) -> Synonym:
    row.text, row.folded = row.text.strip()[:300], normal(row.text)[:300]
    if all(carries_nothing(word) for word in row.folded.split()):
        raise NoWords
    row.reviewed_at, row.reviewed_by = at, by
    with constraints_as(
        synonym_once_in_the_clinic=AlreadyKnown, synonym_once_per_patient=AlreadyKnown
    ):
        row.save(force_insert=True)
    audit.record("synonym.learnt", row, at=at, by=by, patient=_whose(row), kind=str(row.kind))
    return row


def _saying(row: Synonym) -> list[HistoryItem]:
    """The statements that mean this by these words, in the order of their patients."""
    near = HistoryItem.objects.current().filter(kind=row.kind, folded__contains=row.folded)
    words = meaning.vocabulary_of(row.kind)
    return [
        item
        for item in near.order_by("patient", "pk")
        if any(one.id == row.concept for one in resolve(item.text, among=words).concepts)
    ]


def _refresh(items: Iterable[HistoryItem]) -> None:
    """What follows from the words of statements, written again; the statements stay."""
    rows = [meaning.take_in(item) for item in items]
    HistoryItem.objects.bulk_update(rows, ["folded", "unresolved", "sensitive", "read_with"])


def _touch(patients: Iterable[int | None], *, at: datetime) -> None:
    """What is known of them means something else now: screenings made before are too old."""
    keys = {key for key in patients if key is not None}
    for patient in (
        Patient.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    ):
        patient.history_changed_at = max(at, patient.history_changed_at)
        patient.save(update_fields=["history_changed_at"])
        tell_history_changed(Synonym, patient.pk)


def _queue() -> None:
    """One change of the clinic's words after the other: each locks many patients."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _whose(row: Synonym) -> UUID | None:
    patient = row.patient or (row.item.patient if row.item else None)
    return patient.uuid if patient else None
