"""Times that are promised for some minutes while somebody decides. Each is one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from clinic.errors import constraints_as
from clinic.record import audit
from clinic.staff.models import User
from patients.models import Patient
from procedures import booking
from procedures.booking import PatientBusy, PractitionerBusy, RoomTaken, Stretch
from procedures.colliding import retried
from procedures.models import SlotReservation

TALK = timedelta(minutes=10)  # as long as two people need to agree on a time
TAKEN = {
    "takentime_practitioner_free": PractitionerBusy,
    "takentime_room_free": RoomTaken,
    "takentime_patient_free": PatientBusy,
}


@retried
@transaction.atomic
def reserve(
    stretches: Sequence[Stretch], *, patient: Patient | None = None, at: datetime, by: User
) -> list[SlotReservation]:
    """Keep these times for somebody who is being talked to, all or none; again begins anew."""
    queue(stretches, patient)
    for one in stretches:
        booking.check_place(one, at=at)
    own = SlotReservation.objects.filter(held_by=by)
    for one in stretches:
        own.over(one.slot).delete()
    rows = [hold(one, patient, until=at + TALK, at=at, by=by) for one in stretches]
    for row in rows:
        _record("reserved", row, at=at, by=by)
    return rows


@transaction.atomic
def release(reservation: SlotReservation, *, at: datetime, by: User) -> None:
    """They do not want it: everybody may have it again."""
    _record("released", reservation, at=at, by=by)
    SlotReservation.objects.filter(pk=reservation.pk).delete()


@transaction.atomic
def sweep(*, at: datetime) -> int:
    """Remove what is over; until then it blocks nobody, because whoever books removes it."""
    over = SlotReservation.objects.expired(at=at).order_by("pk")
    rows = list(over.select_for_update(skip_locked=True))
    for row in rows:
        _record("lapsed", row, at=at, by=None)
        row.delete()
    return len(rows)


def hold(
    stretch: Stretch, patient: Patient | None, *, until: datetime, at: datetime, by: User | None
) -> SlotReservation:
    """Insert it; the caller has queued for its owners. What is over makes room."""
    SlotReservation.objects.over(stretch.slot).expired(at=at).delete()
    with constraints_as(**TAKEN):
        return SlotReservation.objects.create(
            practitioner=stretch.practitioner,
            room=stretch.room,
            patient=patient,
            slot=stretch.slot,
            held_at=at,
            held_by=by,
            expires_at=until,
        )


def queue(stretches: Sequence[Stretch], patient: Patient | None) -> None:
    """Lock the owners of several times in the order of bookings."""
    booking.queue_for_all(
        {one.practitioner.pk for one in stretches},
        {one.room.pk for one in stretches},
        {patient.pk} if patient else (),
    )


def _record(verb: str, row: SlotReservation, *, at: datetime, by: User | None) -> None:
    patient = row.patient.uuid if row.patient else None
    audit.record(
        f"slot.{verb}", row, at=at, by=by, patient=patient, until=row.expires_at.isoformat()
    )
