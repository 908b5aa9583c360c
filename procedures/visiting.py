"""What a patient does about coming visits by themselves. Each public act is one transaction.

The same use cases as at the desk, so that no rule of a course and no constraint can be gone
around; whatever the patient did is on the desk's task list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.models import PatientLink
from clinic.record import audit, worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.roles import Role
from patients.models import Patient
from procedures import booking, courses, rescheduling, telling
from procedures.booking import Place
from procedures.colliding import retried
from procedures.models import (
    Appointment,
    AppointmentStatus,
    ChangeKind,
    VisitChange,
)
from procedures.models.self_made import WISHES

OFFERED, A_DAY_SHOWS = 6, 2
AROUND = timedelta(days=7)
LOOKED_AT = 40  # free times that are asked about before we say that there are none
MOVES_ALONE = 3  # after so many moves by themselves the desk is asked


class VisitGone(ClinicError):
    code = "visit-gone"
    text = _("This visit has changed meanwhile. Look at your visits again.")


class AskTheDesk(ClinicError):
    code = "ask-the-desk"
    text = _("Only our desk can change this visit now. Leave your wish here, or call us.")


class NotOffered(ClinicError):
    code = "not-offered"
    text = _("This time has just been taken. Please choose another one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """When another time would suit."""

    part: str
    not_before: date | None = None


def coming(patient: Patient, *, at: datetime) -> list[Appointment]:
    """What is still to come, the next first."""
    rows = patient.appointments.filter(
        status=AppointmentStatus.BOOKED, slot__startswith__gt=at
    ).select_related("room__location", "practitioner", "patient")
    return list(rows.order_by("slot", "pk"))


def may_change(appointment: Appointment, *, at: datetime) -> bool:
    """Whether the clinic leaves it to the patient: early enough, and not again and again."""
    hours = appointment.room.location.notice_hours
    if hours is None:
        return False
    alone = appointment.self_made.filter(kind=ChangeKind.MOVED).count()
    return alone < MOVES_ALONE and at <= appointment.slot.lower - timedelta(hours=hours)


def offered(appointment: Appointment, *, at: datetime) -> list[datetime]:
    """Free times with the same person in the same room that keep every rule of the course."""
    return list(islice(_fitting(appointment, at=at), OFFERED))


def wish_of(appointment: Appointment) -> VisitChange | None:
    """What the patient has asked for and nobody has dealt with yet."""
    asked = Task.objects.open().filter(cause__startswith=_wish_cause(appointment))
    if not asked.exists():
        return None
    return appointment.self_made.filter(kind__in=WISHES).order_by("-made_at", "-pk").first()


@transaction.atomic
def confirm(appointment: Appointment, *, at: datetime, by: PatientLink) -> Appointment:
    """The patient says: I will come."""
    appointment = _still_coming(appointment, at=at)
    if appointment.confirmed_at is None:
        appointment.confirmed_at = at
        appointment.save(update_fields=["confirmed_at"])
        _noted(appointment, ChangeKind.CONFIRMED, at=at, by=by)
        audit.record(
            "appointment.confirmed", appointment, at=at, by=by, patient=appointment.patient.uuid
        )
    return appointment


@retried
@transaction.atomic
def move(
    appointment: Appointment, start: datetime, *, at: datetime, by: PatientLink
) -> Appointment:
    """Another time of those that are offered; the desk hears of it, nobody has to agree."""
    if not may_change(appointment, at=at):
        raise AskTheDesk
    if start not in offered(appointment, at=at):
        raise NotOffered
    before = appointment.slot.lower
    place = Place(
        start=start,
        room=appointment.room,
        practitioner=appointment.practitioner,
        version=appointment.version,
    )
    session = getattr(appointment, "session", None)
    moved = (
        courses.move(session, **place, at=at, by=by)
        if session
        else booking.move(appointment, **place, at=at, by=by)
    )
    moved.confirmed_at = at
    moved.save(update_fields=["confirmed_at"])
    _noted(moved, ChangeKind.MOVED, before=before, at=at, by=by)
    telling.settle(moved, at=at)
    telling.moved(moved, at=at)
    _tell_the_desk(moved, at=at)
    return moved


@transaction.atomic
def cancel(appointment: Appointment, *, at: datetime, by: PatientLink) -> Appointment:
    """Free the slot early enough; later it is a wish, and the desk calls."""
    appointment = _still_coming(appointment, at=at)
    if not may_change(appointment, at=at):
        raise AskTheDesk
    with translation.override(appointment.room.location.language):
        reason = gettext("Cancelled by the patient")
    cancelled = booking.cancel(appointment, reason, at=at, by=by)
    _noted(cancelled, ChangeKind.CANCELLED, at=at, by=by)
    _tell_the_desk(cancelled, at=at)
    return cancelled


@transaction.atomic
def ask(
    appointment: Appointment,
    kind: ChangeKind,
    wanted: Wanted | None = None,
    *,
    at: datetime,
    by: PatientLink,
) -> Task:
    """What the patient may not change alone is a call for the desk; a later wish replaces it."""
    appointment = _still_coming(appointment, at=at)
    last = wish_of(appointment)
    if last is None or _words(last) != (kind, wanted):
        _noted(appointment, kind, wanted, at=at, by=by)
        audit.record(
            f"appointment.{kind.value}", appointment, at=at, by=by, patient=appointment.patient.uuid
        )
    cause = _wish_cause(appointment)
    done = Task.objects.filter(cause__startswith=cause).exclude(done_at=None).count()
    return worklist.ask(
        TaskKind.CALL_PATIENT,
        f"{cause}{done + 1}",
        appointment,
        role=Role.RECEPTION,
        patient=appointment.patient.uuid,
        due_at=at,
        at=at,
    )


def _still_coming(appointment: Appointment, *, at: datetime) -> Appointment:
    """The row under lock, as long as it is booked and lies ahead."""
    rows = Appointment.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("patient", "room__location")
    appointment = rows.get(pk=appointment.pk)
    if appointment.status != AppointmentStatus.BOOKED or appointment.slot.lower <= at:
        raise VisitGone
    return appointment


def _fitting(appointment: Appointment, *, at: datetime) -> Iterator[datetime]:
    """Around its day and early enough, at most two a day; what the course forbids is left out."""
    notice = timedelta(hours=appointment.room.location.notice_hours or 0)
    first = max(at + notice, appointment.slot.lower - AROUND)
    zone = appointment.room.location.zone
    session = getattr(appointment, "session", None)
    shown: dict[date, int] = {}
    fits: dict[date, bool] = {}
    for start in rescheduling.free_times(appointment, first, most=LOOKED_AT, at=at):
        on = timezone.localdate(start, zone)
        if start == appointment.slot.lower or shown.get(on, 0) == A_DAY_SHOWS:
            continue
        if on not in fits:
            fits[on] = session is None or courses.fits(session, start, at=at)
        if fits[on]:
            shown[on] = shown.get(on, 0) + 1
            yield start


def _noted(
    appointment: Appointment,
    kind: ChangeKind,
    wanted: Wanted | None = None,
    *,
    before: datetime | None = None,
    at: datetime,
    by: PatientLink,
) -> VisitChange:
    return VisitChange.objects.create(
        appointment=appointment,
        kind=kind,
        before=before or appointment.slot.lower,
        part=wanted.part if wanted else "",
        not_before=wanted.not_before if wanted else None,
        made_at=at,
        link_uuid=by.uuid,
    )


def _words(change: VisitChange) -> tuple[str, Wanted | None]:
    wanted = Wanted(part=change.part, not_before=change.not_before) if change.part else None
    return change.kind, wanted


def _tell_the_desk(appointment: Appointment, *, at: datetime) -> None:
    worklist.settle(_wish_cause(appointment), at=at)
    worklist.ask(
        TaskKind.PATIENT_CHANGED,
        f"self-made:{appointment.uuid}:{appointment.version}",
        appointment,
        role=Role.RECEPTION,
        patient=appointment.patient.uuid,
        due_at=at,
        at=at,
    )


def _wish_cause(appointment: Appointment) -> str:
    return f"visit-wish:{appointment.uuid}:"
