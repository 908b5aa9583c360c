"""Messages before a session: owed when it is booked, again when it is moved, settled when it goes.

They run inside the transaction of the booking, which is also what is audited.
"""

from datetime import datetime, timedelta

from django.db import transaction

from clinic.knowledge.entries import Reminder, ReminderKind
from clinic.knowledge.loader import load
from clinic.messaging import links, outbox
from clinic.messaging.models import Message, PatientLink, Purpose
from clinic.messaging.outbox import Owed
from clinic.messaging.recipients import channel_for
from procedures.models import Session

A_DAY = timedelta(days=1)
LAST_CALL = timedelta(hours=3)  # later than this before a session a reminder is of no use
ROUND_THE_SESSION = timedelta(hours=36)
EVE_OF_THE_NEXT = "RP-D6"  # not sent when the next session is the day after: its own reminder is


def subject_of(session: Session) -> str:
    return f"session:{session.uuid}"


def before() -> list[Reminder]:
    """What the knowledge says before a session, the earliest first."""
    rows = (row for row in load().reminders.values() if row.kind is ReminderKind.PRE_SESSION)
    return sorted((row for row in rows if row.send), key=lambda row: row.day_offset)


@transaction.atomic
def remind(session: Session, *, at: datetime) -> list[Message]:
    """Owe what is still of use before this session; doing it twice changes nothing."""
    occasion, start = session.appointment.moves, session.appointment.slot.lower
    names = [row.id for row in before()]
    owed = Message.objects.filter(subject=subject_of(session), occasion=occasion, message__in=names)
    windows = _windows(start, at=at)
    if owed.exists() or not windows:
        return list(owed)
    link = _link(session, at=at)
    _spare_the_eve(session, at=at)
    return [
        outbox.owe(
            Owed(
                subject=subject_of(session),
                occasion=occasion,
                message=name,
                recipient=session.patient.recipient,
                channel=channel_for(session.patient.recipient),
                due_at=due_at,
                not_after=not_after,
                patient_uuid=session.patient.uuid,
                link=link,
                location=session.appointment.room.location,
                values={"date": start, "time": start},
            ),
            at=at,
        )
        for name, due_at, not_after in windows
    ]


@transaction.atomic
def remind_again(session: Session, *, at: datetime) -> list[Message]:
    """Another time is another occasion: whoever was reminded is reminded again, once."""
    settle(session, at=at, reason="session-moved")
    return remind(session, at=at)


@transaction.atomic
def settle(session: Session, *, at: datetime, reason: str = "session-cancelled") -> None:
    """Owe nothing more because of it, and open nothing more."""
    outbox.settle(subject_of(session), at=at, reason=reason)
    links.revoke(subject_of(session), at=at)


def _windows(start: datetime, *, at: datetime) -> list[tuple[str, datetime, datetime]]:
    """Message, from when and until when; one that comes too late is left out."""
    rows = before()
    dues = [start + row.day_offset * A_DAY for row in rows]
    ends = [*dues[1:], start - LAST_CALL]
    return [
        (row.id, max(due, at), end)
        for row, due, end in zip(rows, dues, ends, strict=True)
        if end > at
    ]


def _link(session: Session, *, at: datetime) -> PatientLink:
    return links.make(
        session.patient.recipient,
        Purpose.AFTERCARE,
        subject_of(session),
        expires_at=session.appointment.slot.upper + A_DAY,
        at=at,
    )


def _spare_the_eve(session: Session, *, at: datetime) -> None:
    """A running plan's message for the day before this session: the reminder is sent instead."""
    start = session.appointment.slot.lower
    eve = (start - ROUND_THE_SESSION, start)
    rows = Message.objects.owed().filter(message=EVE_OF_THE_NEXT, due_at__range=eve)
    for row in rows.filter(patient_uuid=session.patient.uuid):
        outbox.settle(row.subject, at=at, reason="next-session", messages=[EVE_OF_THE_NEXT])
