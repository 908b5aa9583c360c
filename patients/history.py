"""What was, what is and what the patient takes: stated, corrected, ended, withdrawn.

Each public function is one transaction; a correction is a new row that supersedes the old one.
"""

from datetime import date, datetime
from typing import Literal, Required, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, constraints_as
from clinic.record import audit
from clinic.staff.models import User
from patients import meaning
from patients.models import ClinicalStatus, HistoryItem, Patient, Verification
from patients.signals import tell_history_changed


class NoText(ClinicError):
    code = "no-text"
    text = _("Write what it is, in the patient's words.")


class InTheFuture(ClinicError):
    code = "in-the-future"
    text = _("This date has not come yet. Enter the day on which it began or ended.")


class EndsBeforeItBegan(ClinicError):
    code = "ends-before-it-began"
    text = _("It ends before it began. Check the two dates.")


class StillOnRecord(ClinicError):
    code = "still-on-record"
    text = _("There are entries in this list. End or withdraw them first, if none of them holds.")


class Details(TypedDict, total=False):
    """What may be said about a statement beside its text."""

    concept: str
    status: str
    onset_date: date | None
    end_date: date | None


class Said(Details, total=False):
    asserted_by: Required[str]


class Correction(Details, total=False):
    text: str
    asserted_by: str


@transaction.atomic
def add(
    patient: Patient, kind: str, text: str, *, at: datetime, by: User, **said: Unpack[Said]
) -> HistoryItem:
    """Put a statement on record; it replaces an earlier "none known" of its list."""
    patient = _locked(patient)
    none_known = patient.history.current().filter(kind=kind, none_known=True).first()
    item = _create(HistoryItem(patient=patient, kind=kind, text=text, **said), at=at, by=by)
    if none_known is not None:
        _supersede(none_known, item)
    return _recorded("history.added", item, at=at, by=by)


@transaction.atomic
def assert_none(
    patient: Patient, kind: str, *, asserted_by: str, at: datetime, by: User
) -> HistoryItem:
    """Somebody was asked and says: none known. An assertion with a date like any other."""
    patient = _locked(patient)
    current = patient.history.current().filter(kind=kind)
    if current.filter(none_known=False).exclude(status=ClinicalStatus.RESOLVED).exists():
        raise StillOnRecord
    earlier = current.filter(none_known=True).first()
    item = HistoryItem.objects.create(
        patient=patient,
        kind=kind,
        none_known=True,
        asserted_by=asserted_by,
        recorded_by=by,
        recorded_at=at,
    )
    if earlier is not None:
        _supersede(earlier, item)
    return _recorded("history.none-asserted", item, at=at, by=by)


@transaction.atomic
def correct(
    item: HistoryItem, *, at: datetime, by: User, **changes: Unpack[Correction]
) -> HistoryItem:
    """State it again, better; the old statement stays, superseded."""
    old = _current(item)
    fields: Correction = {
        "text": old.text,
        "status": old.status,
        "onset_date": old.onset_date,
        "end_date": old.end_date,
        "asserted_by": old.asserted_by,
    }
    if changes.get("text", old.text) == old.text:
        fields["concept"] = old.concept
    draft = HistoryItem(patient=old.patient, kind=old.kind, **(fields | changes))
    draft.verification = old.verification
    new = _create(draft, at=at, by=by)
    _supersede(old, new)
    return _recorded("history.corrected", new, at=at, by=by)


@transaction.atomic
def end(item: HistoryItem, on: date, *, at: datetime, by: User) -> HistoryItem:
    """It is over since that day."""
    old = _current(item)
    draft = HistoryItem(
        patient=old.patient,
        kind=old.kind,
        text=old.text,
        concept=old.concept,
        status=ClinicalStatus.RESOLVED,
        verification=old.verification,
        onset_date=old.onset_date,
        end_date=on,
        asserted_by=old.asserted_by,
    )
    new = _create(draft, at=at, by=by)
    _supersede(old, new)
    return _recorded("history.ended", new, at=at, by=by)


@transaction.atomic
def withdraw(
    item: HistoryItem,
    verification: Literal["refuted", "entered-in-error"],
    *,
    at: datetime,
    by: User,
) -> HistoryItem:
    """It was never so (refuted), or was written in the wrong place (entered in error)."""
    item = _current(item)
    item.verification = Verification(verification)
    item.save(update_fields=["verification"])
    return _recorded("history.withdrawn", item, at=at, by=by)


def _create(draft: HistoryItem, *, at: datetime, by: User) -> HistoryItem:
    draft.text = draft.text.strip()
    if not draft.text:
        raise NoText
    today = timezone.localdate(at, draft.patient.recipient.zone)
    if any(day and day > today for day in (draft.onset_date, draft.end_date)):
        raise InTheFuture
    draft.concept = draft.concept or meaning.only_concept(draft.text, draft.kind)
    meaning.take_in(draft)
    draft.recorded_by, draft.recorded_at = by, at
    with constraints_as(historyitem_ends_after_onset=EndsBeforeItBegan):
        draft.save(force_insert=True)
    return draft


def _locked(patient: Patient) -> Patient:
    return Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)


def _current(item: HistoryItem) -> HistoryItem:
    """The statement under lock, as long as it holds."""
    patient = _locked(item.patient)
    found = patient.history.current().select_for_update(no_key=True).filter(pk=item.pk).first()
    if found is None:
        raise Stale
    found.patient = patient
    return found


def _supersede(old: HistoryItem, new: HistoryItem) -> None:
    old.superseded_by = new
    old.save(update_fields=["superseded_by"])


def _recorded(action: str, item: HistoryItem, *, at: datetime, by: User) -> HistoryItem:
    patient = item.patient
    patient.history_changed_at = max(at, patient.history_changed_at)
    patient.save(update_fields=["history_changed_at"])
    audit.record(action, item, at=at, by=by, patient=patient.uuid, kind=str(item.kind))
    tell_history_changed(HistoryItem, patient.pk)
    return item
