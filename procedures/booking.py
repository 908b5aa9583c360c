"""One visit at a time: booked, moved, cancelled, arrived. A public function is a transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NotRequired, TypedDict, Unpack

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from clinic.errors import ClinicError, Stale, WrongState, constraints_as
from clinic.record import audit
from clinic.record.audit import Named
from clinic.staff.models import Location, Room, User
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures import screening, signals, telling
from procedures.models import (
    Appointment,
    AppointmentKind,
    AppointmentStatus,
    FreedSlot,
    Session,
    SlotReservation,
)

GRID = timedelta(minutes=5)
LONGEST = 8 * 60  # minutes


class PractitionerBusy(ClinicError):
    code = "practitioner-busy"
    text = _("The practitioner already has a visit at this time. Choose another time or person.")


class RoomTaken(ClinicError):
    code = "room-taken"
    text = _("The room is already taken at this time. Choose another room or time.")


class PatientBusy(ClinicError):
    code = "patient-busy"
    text = _("The patient already has a visit at this time. Move that one, or choose another time.")


class Reserved(ClinicError):
    code = "reserved"
    text = _(
        "A colleague is offering this time to somebody at this moment. Choose another time, or "
        "try again in a few minutes."
    )


class NotATime(ClinicError):
    code = "not-a-time"
    text = _("A visit starts on a five-minute mark and lasts between 5 minutes and 8 hours.")


class CannotTreat(ClinicError):
    code = "cannot-treat"
    text = _("This person does not treat patients here any more. Choose another practitioner.")


class RoomClosed(ClinicError):
    code = "room-closed"
    text = _("This room is closed. Choose another room.")


class OutsideHours(ClinicError):
    code = "outside-hours"
    text = _("The practitioner does not work here at this time. Choose a time inside the hours.")


class DayOver(ClinicError):
    code = "day-over"
    text = _("This day is over. Choose today or a later day.")


class NotHere(ClinicError):
    code = "not-here"
    text = _("A session is completed in the treatment room, where what was given is recorded.")


class NoSuchTime(ClinicError):
    code = "no-such-time"
    text = _("This hour does not exist on that day: the clocks are changed. Choose another hour.")


class TooLate(ClinicError):
    code = "too-late-to-take-back"
    text = _("Only who booked it can take it back, within five minutes. Cancel the visit instead.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """With whom, where, from when, for how long."""

    practitioner: User
    room: Room
    start: datetime
    minutes: int

    def __post_init__(self) -> None:
        on_grid = self.start.second == self.start.microsecond == 0 and self.start.minute % 5 == 0
        if not on_grid or not 0 < self.minutes <= LONGEST or self.minutes % 5:
            raise NotATime

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    @property
    def slot(self) -> TimestamptzRange:
        return TimestamptzRange(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Stretch):
    """What is to be booked, and for whom."""

    kind: AppointmentKind
    patient: Patient
    note: str = ""


class Place(TypedDict):
    """Where a visit is moved to; `version` is the one that was on the screen."""

    start: datetime
    room: Room
    practitioner: User
    version: int
    minutes: NotRequired[int]


FREE = {
    "appointment_practitioner_free": PractitionerBusy,
    "appointment_room_free": RoomTaken,
    "appointment_patient_free": PatientBusy,
    "takentime_practitioner_free": Reserved,
    "takentime_room_free": Reserved,
    "takentime_patient_free": Reserved,
}


@transaction.atomic
def book(visit: Visit, *, at: datetime, by: User) -> Appointment:
    """Book a visit of any kind but a session, which belongs to a course."""
    queue_for(visit.practitioner, visit.room, visit.patient)
    appointment = place(visit, at=at, by=by)
    telling.booked(appointment, at=at)
    audit.record(
        "appointment.booked", appointment, at=at, by=by, patient=visit.patient.uuid, kind=visit.kind
    )
    return appointment


@transaction.atomic
def move(
    appointment: Appointment, *, at: datetime, by: Named, **wish: Unpack[Place]
) -> Appointment:
    """Give a visit another time, length, room or person; who was reminded is reminded again."""
    queue_for(wish["practitioner"], wish["room"], appointment.patient)
    appointment = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if appointment.version != wish["version"]:
        raise Stale
    if appointment.status != AppointmentStatus.BOOKED:
        raise WrongState(state=appointment.get_status_display())
    visit = Visit(
        kind=AppointmentKind(appointment.kind),
        patient=appointment.patient,
        practitioner=wish["practitioner"],
        room=wish["room"],
        start=wish["start"],
        minutes=wish.get("minutes", appointment.minutes),
    )
    _check(visit, at=at, by=by)
    _free(appointment, at=at)
    appointment.slot = visit.slot
    appointment.room, appointment.practitioner = visit.room, visit.practitioner
    appointment.confirmed_at = None  # it was another time that suited
    appointment.moves += 1
    appointment.version += 1
    with constraints_as(**FREE):
        appointment.save()
    _record("moved", appointment, at=at, by=by)
    telling.retime(appointment, at=at)
    _tell(signals.session_moved, appointment, at=at)
    return appointment


@transaction.atomic
def cancel(appointment: Appointment, reason: str, *, at: datetime, by: Named) -> Appointment:
    """Free the slot; whoever owes something because of it settles in the same transaction."""
    return _end(appointment, AppointmentStatus.CANCELLED, reason, at=at, by=by)


@transaction.atomic
def take_back(appointment: Appointment, *, at: datetime, by: User) -> Appointment:
    """A slip of the hand: who booked it minutes ago frees the time again, unheard."""
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if not row.can_be_taken_back(at=at, by=by):
        raise TooLate
    return _end(row, AppointmentStatus.CANCELLED, str(_("Taken back at once.")), at=at, by=by)


@transaction.atomic
def no_show(appointment: Appointment, *, at: datetime, by: User) -> Appointment:
    """The patient did not come; the slot is free, the messages about it are settled."""
    return _end(appointment, AppointmentStatus.NO_SHOW, "", at=at, by=by)


@transaction.atomic
def arrive(appointment: Appointment, *, at: datetime, by: User) -> Appointment:
    """The patient is here and waits; before a session, what is known is screened for today."""
    Patient.objects.select_for_update(no_key=True).get(pk=appointment.patient_id)
    appointment = Appointment.objects.select_for_update().get(pk=appointment.pk)
    appointment.move_to(AppointmentStatus.ARRIVED)
    appointment.arrived_at = at
    appointment.version += 1
    appointment.save(update_fields=["status", "arrived_at", "version"])
    _record("arrived", appointment, at=at, by=by)
    if appointment.kind == AppointmentKind.SESSION:
        plan = appointment.session.course.plan
        today = timezone.localdate(at, plan.location.zone)
        screening.screen_patient(appointment.patient, plan=plan, on=today, at=at, by=by)
    return appointment


@transaction.atomic
def finish(appointment: Appointment, *, at: datetime, by: User) -> Appointment:
    """A consultation, an allergy test or a review is over; a session is completed in treatment."""
    appointment = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if appointment.kind == AppointmentKind.SESSION:
        raise NotHere
    if appointment.status == AppointmentStatus.ARRIVED:
        appointment.move_to(AppointmentStatus.STARTED)
    appointment.move_to(AppointmentStatus.COMPLETED)
    appointment.ended_at = at
    appointment.version += 1
    appointment.save(update_fields=["status", "ended_at", "version"])
    _record("finished", appointment, at=at, by=by)
    return appointment


def moment(on: date, hour: time, location: Location) -> datetime:
    """An hour on the wall clock of a place as an instant; an hour that is skipped is refused."""
    start = datetime.combine(on, hour, location.zone)
    if start.astimezone(UTC).astimezone(location.zone).replace(fold=0) != start.replace(fold=0):
        raise NoSuchTime
    return start


def queue_for(practitioner: User, room: Room, *patients: Patient) -> None:
    """Lock the owners of a slot in one order everywhere: practitioner, room, patient."""
    queue_for_all({practitioner.pk}, {room.pk}, {one.pk for one in patients})


def queue_for_all(
    practitioners: Iterable[int], rooms: Iterable[int], patients: Iterable[int]
) -> None:
    """Lock the owners of several slots: practitioners, rooms, patients, each by key.

    Two overlapping inserts at once could otherwise end in a deadlock instead of a violation.
    """
    for model, keys in ((User, practitioners), (Room, rooms), (Patient, patients)):
        for key in sorted(set(keys)):
            model.objects.select_for_update(no_key=True).get(pk=key)


def place(visit: Visit, *, at: datetime, by: User) -> Appointment:
    """Insert a visit into the calendar; the caller has queued for its owners."""
    _check(visit, at=at, by=by)
    with constraints_as(**FREE):
        return Appointment.objects.create(
            kind=visit.kind,
            patient=visit.patient,
            practitioner=visit.practitioner,
            room=visit.room,
            slot=visit.slot,
            note=visit.note,
            booked_at=at,
            booked_by=by,
        )


def _check(visit: Visit, *, at: datetime, by: Named) -> None:
    """What the clinic allows; then whatever was reserved for this very visit gives way to it."""
    check_place(visit, at=at)
    reserved = SlotReservation.objects.over(visit.slot)
    reserved = reserved.touching(visit.practitioner, visit.room, visit.patient)
    reserved.giving_way(at=at, to=by, patient=visit.patient).delete()


def check_place(stretch: Stretch, *, at: datetime) -> None:
    """Hours and closures are the clinic's rules; overlap is the database's."""
    zone = stretch.room.location.zone
    if timezone.localdate(stretch.end, zone) < timezone.localdate(at, zone):
        raise DayOver
    practitioner = User.objects.get(pk=stretch.practitioner.pk)
    if not practitioner.may(Permission.TREAT):
        raise CannotTreat
    if not Room.objects.in_use().filter(pk=stretch.room.pk).exists():
        raise RoomClosed
    if not works(practitioner, stretch):
        raise OutsideHours


def works(practitioner: User, visit: Stretch) -> bool:
    """Whether the whole visit lies inside the person's hours at that place, and not in time off."""
    zone = visit.room.location.zone
    starts, ends = visit.start.astimezone(zone), visit.end.astimezone(zone)
    if ends.date() != starts.date():
        return False
    hours = practitioner.working_hours.filter(
        location=visit.room.location,
        weekday=starts.weekday(),
        starts__lte=starts.time(),
        ends__gte=ends.time(),
    )
    away = practitioner.time_off.filter(cancelled_at=None, span__overlap=visit.slot)
    return hours.exists() and not away.exists()


def _end(
    appointment: Appointment, status: AppointmentStatus, reason: str, *, at: datetime, by: Named
) -> Appointment:
    appointment = Appointment.objects.select_for_update().get(pk=appointment.pk)
    appointment.move_to(status)
    appointment.ended_at = at
    appointment.reason = reason
    appointment.version += 1
    appointment.save(update_fields=["status", "ended_at", "reason", "version"])
    _free(appointment, at=at)
    _record(status.value, appointment, at=at, by=by)
    telling.silence(appointment, at=at)
    _tell(signals.session_cancelled, appointment, at=at)
    return appointment


def _tell(signal: Signal, appointment: Appointment, *, at: datetime) -> None:
    """News of a session, inside the transaction: a failing listener fails the cause."""
    session = Session.objects.filter(appointment=appointment).first()
    if session is not None:
        signal.send(Session, session_id=session.pk, at=at)


def _free(appointment: Appointment, *, at: datetime) -> None:
    """What it gives back may suit somebody who waits."""
    FreedSlot.objects.create(
        practitioner=appointment.practitioner,
        room=appointment.room,
        slot=appointment.slot,
        freed_at=at,
    )


def _record(verb: str, appointment: Appointment, *, at: datetime, by: Named) -> None:
    patient = appointment.patient.uuid
    audit.record(f"appointment.{verb}", appointment, at=at, by=by, patient=patient)
