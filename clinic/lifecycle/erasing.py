"""A patient is forgotten as far as the law lets it: asked by one person, approved by another.

What must stay is locked under a number without a name, until its day. Each public function is one
transaction.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

import pgtrigger
from django.apps import apps
from django.db import connection, transaction
from django.db.models import F, Model, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, WrongState, constraints_as
from clinic.lifecycle import extents
from clinic.lifecycle.fates import PARTS, WORDS_OF_OLD, Part, guards, history_of
from clinic.lifecycle.models import Basis, Erasure, Merge, Retention
from clinic.messaging.models import Message, MessageState, PatientLink
from clinic.record import audit, worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Permission, Role
from clinic.staff.storage import EncryptedStorage
from patients.models import Patient, Photo, PhotoUse, PhotoUseDecision
from patients.registration import EARLIEST
from procedures.models import OPEN, Appointment

NOBODY = "—"  # instead of a name; the chart number stays


class NotYet(ClinicError):
    code = "not-yet"
    text = _("The day on which the clinic was asked lies in the future. Check the date.")


class VisitsAhead(ClinicError):
    code = "visits-ahead"
    text = _("Visits are still booked for this patient. Cancel them first.")


class BeingSent(ClinicError):
    code = "being-sent"
    text = _("A message to this patient is being sent right now. Try again in a minute.")


class AlreadyAsked(ClinicError):
    code = "already-asked"
    text = _("The erasure of this patient was asked for already. Open it in the list.")


class TheSamePerson(ClinicError):
    code = "the-same-person"
    text = _("You asked for it yourself. Somebody else has to look and approve.")


class RetentionUnset(ClinicError):
    code = "retention-unset"
    text = _(
        "This patient was treated, and the clinic has not set how long treatment records are "
        "kept. A clinical lead sets it first."
    )


class StillLocked(ClinicError):
    code = "still-locked"
    text = _("The law keeps this record until %(until)s. Nothing more can be erased before.")


class LeadsOnly(ClinicError):
    code = "leads-only"
    text = _("Only a clinical lead sets how long records are kept.")


class NoReason(ClinicError):
    code = "no-reason"
    text = _("Write which law or rule says so.")


@transaction.atomic
def ask(patient: Patient, basis: str, asked_on: date, *, at: datetime, by: User) -> Erasure:
    """One person asks; nothing is erased yet."""
    patient = _locked(patient)
    if asked_on > timezone.localdate(at):
        raise NotYet
    _check(patient, at=at)
    with constraints_as(erasure_once=AlreadyAsked):
        erasure = Erasure.objects.create(
            patient=patient,
            basis=Basis(basis),
            asked_on=asked_on,
            requested_at=at,
            requested_by=by,
        )
    worklist.ask(
        TaskKind.REVIEW,
        erasure.cause,
        erasure,
        role=Role.CLINICAL_LEAD if Role.ADMINISTRATOR in by.roles else Role.ADMINISTRATOR,
        patient=patient.uuid,
        due_at=at,
        at=at,
    )
    audit.record("patient.erasure-asked", erasure, at=at, by=by, patient=patient.uuid)
    return erasure


@transaction.atomic
def cancel(erasure: Erasure, *, at: datetime, by: User) -> Erasure:
    """Not this one, or not now."""
    erasure = _waiting(erasure)
    erasure.cancelled_at = at
    erasure.save(update_fields=["cancelled_at"])
    worklist.settle(erasure.cause, at=at)
    patient = erasure.patient.uuid
    audit.record("patient.erasure-cancelled", erasure, at=at, by=by, patient=patient)
    return erasure


@transaction.atomic
def approve(erasure: Erasure, *, version: int, at: datetime, by: User) -> Erasure:
    """Another person has looked: what may go goes, the rest is locked."""
    erasure = _waiting(erasure)
    if erasure.requested_by_id == by.pk:
        raise TheSamePerson
    patient = _locked(erasure.patient)
    if patient.version != version:
        raise Stale
    _check(patient, at=at)
    charts = extents.charts_of(patient)
    reach = extents.of(patient, on=timezone.localdate(at))
    worklist.settle(erasure.cause, at=at)
    erasure.gone = _drop(charts, whole=reach.until is None)
    _lock(charts, at=at, by=by)
    for chart in charts:
        _take_the_name(chart, at=at)
    erasure.approved_at, erasure.approved_by, erasure.locked_until = at, by, reach.until
    if reach.until is None:
        _finish(erasure, charts, at=at)
    erasure.save()
    rows = sum(erasure.gone.values())
    audit.record("patient.erased", erasure, at=at, by=by, patient=patient.uuid, rows=rows)
    return erasure


@transaction.atomic
def finish(erasure: Erasure, *, at: datetime, by: User) -> Erasure:
    """The day has come: what had to stay goes as well."""
    rows = Erasure.objects.select_for_update(no_key=True, of=("self",)).select_related("patient")
    erasure = rows.get(pk=erasure.pk)
    if erasure.approved_at is None or erasure.finished_at is not None:
        raise WrongState(state=_("erased") if erasure.finished_at else _("waiting"))
    if erasure.locked_until is None or erasure.locked_until > timezone.localdate(at):
        raise StillLocked(until=erasure.locked_until)
    charts = extents.charts_of(erasure.patient)
    erasure.gone = dict(Counter(erasure.gone) + Counter(_drop(charts, whole=True)))
    _finish(erasure, charts, at=at)
    erasure.save()
    patient = erasure.patient.uuid
    audit.record("patient.erasure-finished", erasure, at=at, by=by, patient=patient)
    return erasure


@transaction.atomic
def set_retention(years: int | None, reason: str, *, at: datetime, by: User) -> Retention:
    """What holds from now on; None unsets it again."""
    if not by.may(Permission.MANAGE_RULES):
        raise LeadsOnly
    if not reason.strip():
        raise NoReason
    row = Retention.objects.create(years=years, reason=reason.strip(), set_at=at, set_by=by)
    audit.record("retention.set", row, at=at, by=by, years=years)
    return row


def _locked(patient: Patient) -> Patient:
    rows = Patient.objects.standing().select_for_update(no_key=True, of=("self",))
    found = rows.select_related("recipient").filter(pk=patient.pk).first()
    if found is None:
        raise WrongState(state=_("erased or merged"))
    return found


def _waiting(erasure: Erasure) -> Erasure:
    rows = Erasure.objects.select_for_update(no_key=True, of=("self",)).select_related("patient")
    erasure = rows.get(pk=erasure.pk)
    if erasure.approved_at is not None:
        raise WrongState(state=_("approved"))
    if erasure.cancelled_at is not None:
        raise WrongState(state=_("taken back"))
    return erasure


def _check(patient: Patient, *, at: datetime) -> None:
    """What has to be settled by people first."""
    if extents.of(patient, on=timezone.localdate(at)).unset:
        raise RetentionUnset
    if Appointment.objects.filter(patient=patient, status__in=OPEN).exists():
        raise VisitsAhead
    messages = Message.objects.filter(recipient=patient.recipient)
    states = messages.select_for_update(no_key=True).values_list("state", flat=True)
    if MessageState.LEASED in list(states):
        raise BeingSent


def _drop(charts: Sequence[Patient], *, whole: bool) -> dict[str, int]:
    """Rows and files, with how they were before; how many rows of which model."""
    gone: Counter[str] = Counter()
    for part in PARTS:
        rows = part.leaving(charts, whole=whole)
        keys = list(rows.values_list("pk", flat=True))
        _drop_files(part, keys)
        gone[part.model._meta.label] += len(keys)
        _delete(part.model, keys)
    with connection.cursor() as cursor:  # references are checked now, not when it is too late
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return {label: count for label, count in gone.items() if count}


def _delete(model: type[Model], keys: list[int]) -> None:
    """Past the guards, which keep everybody else from it; references are checked afterwards."""
    history = history_of(model)
    if history is not None:
        _raw(history._default_manager.filter(pgh_obj_id__in=keys))
    rows = model._default_manager.filter(pk__in=keys)
    names = guards(model)
    if not names:
        _raw(rows)
        return
    with pgtrigger.ignore(*names):
        _raw(rows)


def _raw(rows: "QuerySet[Model]") -> None:
    """One DELETE: rows that refer to each other go together."""
    rows._raw_delete(rows.db)


def _drop_files(part: Part, keys: list[int]) -> None:
    """They go once the transaction is committed."""
    storage = EncryptedStorage()
    for row in part.model._default_manager.filter(pk__in=keys) if part.files else ():
        for column in part.files:
            if name := getattr(row, column):
                transaction.on_commit(partial(storage.delete, name))


def _lock(charts: Sequence[Patient], *, at: datetime, by: User) -> None:
    """What stays serves only its day: no link opens, no task asks, no photo is shown elsewhere."""
    PatientLink.objects.filter(recipient__patient__in=charts, revoked_at=None).update(revoked_at=at)
    photos = Photo.objects.filter(patient__in=charts)
    for use in (PhotoUse.TEACHING, PhotoUse.MARKETING):
        allowed = photos.filter(**{f"{use.column}__isnull": False})
        PhotoUseDecision.objects.bulk_create(
            PhotoUseDecision(photo=one, use=use, allowed=False, at=at, by=by) for one in allowed
        )
        allowed.update(**{use.column: None})
    tasks = Task.objects.filter(patient_uuid__in=[one.uuid for one in charts])
    tasks.filter(done_at=None).update(done_at=Greatest("created_at", at), done_by_uuid=by.uuid)
    tasks.update(outcome="")
    Appointment.objects.filter(patient__in=charts).exclude(note="", reason="").update(
        note="", reason="", version=F("version") + 1
    )
    Merge.objects.filter(kept__in=charts).update(filled={})


def _take_the_name(patient: Patient, *, at: datetime) -> None:
    """No name, no address, of the birth date only the year; nor in what the rows once said."""
    recipient = patient.recipient
    recipient.email = recipient.phone = recipient.telegram_chat = ""
    recipient.email_allowed_at = recipient.sms_allowed_at = None
    recipient.telegram_allowed_at = recipient.details_allowed_at = None
    recipient.save()
    patient.family_name, patient.given_name, patient.folded = NOBODY, str(patient.number), ""
    patient.birth_date = patient.birth_date.replace(month=1, day=1)
    patient.phone, patient.email, patient.erased_at = "", "", at
    patient.version += 1
    patient.save()
    visits = Appointment.objects.filter(patient=patient).values("pk")
    for label, keys in zip(WORDS_OF_OLD, ([patient.pk], visits), strict=True):
        _raw(apps.get_model(label)._default_manager.filter(pgh_obj_id__in=keys))


def _finish(erasure: Erasure, charts: Sequence[Patient], *, at: datetime) -> None:
    """Nothing is left but a number."""
    Patient.objects.filter(pk__in=[one.pk for one in charts]).update(
        birth_date=EARLIEST, sex="", can_be_pregnant=None
    )
    events = apps.get_model(WORDS_OF_OLD[0])._default_manager
    _raw(events.filter(pgh_obj_id__in=[one.pk for one in charts]))
    erasure.finished_at = at
