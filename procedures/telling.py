"""What a patient hears of a visit that was moved; part of the use case that moves it."""

from datetime import datetime, timedelta

from django.db import transaction

from clinic.messaging import outbox
from clinic.messaging.models import Message
from clinic.messaging.outbox import Owed
from clinic.messaging.recipients import channel_for
from procedures.models import Appointment

GRACE = timedelta(minutes=5)  # in which a slip of the hand is taken back unheard
MOVED = "visit-moved"


def subject_of(appointment: Appointment) -> str:
    return f"visit:{appointment.uuid}"


@transaction.atomic
def moved(appointment: Appointment, *, at: datetime) -> Message | None:
    """Owe the news of the new time, some minutes from now; too late before it, say nothing."""
    start = appointment.slot.lower
    if at + GRACE >= start:
        return None
    return outbox.owe(
        Owed(
            subject=subject_of(appointment),
            occasion=appointment.moves,
            message=MOVED,
            recipient=appointment.patient.recipient,
            channel=channel_for(appointment.patient.recipient),
            due_at=at + GRACE,
            not_after=start,
            patient_uuid=appointment.patient.uuid,
            location=appointment.room.location,
            values={"date": start, "time": start},
        ),
        at=at,
    )


@transaction.atomic
def settle(appointment: Appointment, *, at: datetime) -> None:
    """What was owed about an earlier time is not sent any more."""
    outbox.settle(subject_of(appointment), at=at, reason="session-moved", messages=[MOVED])
