"""What a patient hears of a visit that was booked or moved; part of the use case that does it."""

from datetime import datetime, timedelta

from django.db import transaction

from clinic.messaging import links, outbox
from clinic.messaging.models import Message, PatientLink, Purpose
from clinic.messaging.outbox import Owed
from clinic.messaging.recipients import channel_for
from patients.models import Patient
from procedures.models import Appointment, AppointmentStatus

GRACE = timedelta(minutes=5)  # in which a slip of the hand is taken back unheard
OPEN = timedelta(days=14)  # for how long a link to the coming visits works at the least
A_DAY = timedelta(days=1)
MOVED = "visit-moved"
BOOKED = "visit-booked"


def subject_of(appointment: Appointment) -> str:
    return f"visit:{appointment.uuid}"


@transaction.atomic
def booked(appointment: Appointment, *, at: datetime) -> Message | None:
    """Owe the confirmation, with the link to all coming visits; too late before it, say nothing."""
    if at + GRACE >= appointment.slot.lower:
        return None
    return _owe(appointment, BOOKED, visits_link(appointment.patient, at=at), at=at)


@transaction.atomic
def moved(appointment: Appointment, *, at: datetime) -> Message | None:
    """Owe the news of the new time, some minutes from now; too late before it, say nothing."""
    if at + GRACE >= appointment.slot.lower:
        return None
    return _owe(appointment, MOVED, None, at=at)


@transaction.atomic
def settle(appointment: Appointment, *, at: datetime) -> None:
    """What was owed about an earlier time is not sent any more."""
    outbox.settle(subject_of(appointment), at=at, reason="session-moved", messages=[MOVED])


@transaction.atomic
def retime(appointment: Appointment, *, at: datetime) -> None:
    """A confirmation that has not gone out yet names the new time."""
    subject = subject_of(appointment)
    if outbox.settle(subject, at=at, reason="session-moved", messages=[BOOKED]):
        booked(appointment, at=at)


@transaction.atomic
def silence(appointment: Appointment, *, at: datetime) -> None:
    """The visit is off: nothing more is said about it."""
    outbox.settle(subject_of(appointment), at=at, reason="session-cancelled")


@transaction.atomic
def visits_link(patient: Patient, *, at: datetime) -> PatientLink:
    """The patient's key to their coming visits: the living one, if it lasts long enough."""
    until = max(_last_end(patient, at=at) + A_DAY, at + OPEN)
    alive = PatientLink.objects.alive(at=at).filter(
        recipient=patient.recipient, purpose=Purpose.VISITS, expires_at__gte=until
    )
    found = alive.order_by("-expires_at", "-pk").first()
    return found or links.make(
        patient.recipient, Purpose.VISITS, f"visits:{patient.uuid}", expires_at=until, at=at
    )


def _last_end(patient: Patient, *, at: datetime) -> datetime:
    ahead = patient.appointments.filter(status=AppointmentStatus.BOOKED)
    last = ahead.order_by("-slot").first()
    end: datetime = last.slot.upper if last else at
    return end


def _owe(
    appointment: Appointment, message: str, link: PatientLink | None, *, at: datetime
) -> Message:
    start = appointment.slot.lower
    return outbox.owe(
        Owed(
            subject=subject_of(appointment),
            occasion=appointment.moves,
            message=message,
            recipient=appointment.patient.recipient,
            channel=channel_for(appointment.patient.recipient),
            due_at=at + GRACE,
            not_after=start,
            patient_uuid=appointment.patient.uuid,
            link=link,
            location=appointment.room.location,
            values={"date": start, "time": start},
        ),
        at=at,
    )
