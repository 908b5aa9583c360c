"""Every app owes messages here, in its own transaction; one place sends them, each once."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from django.db.models import QuerySet
from kombu.exceptions import OperationalError

from clinic.messaging import ledger
from clinic.messaging.dispatch import deliver_due
from clinic.messaging.leases import LEASE
from clinic.messaging.models import (
    Channel,
    Message,
    MessageState,
    PatientLink,
    Priority,
    Recipient,
)
from clinic.staff.models import Location

__all__ = ["LEASE", "Owed", "deliver_due", "owe", "owe_all", "ring", "settle"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is owed to whom, because of what, from when, until when."""

    subject: str
    occasion: int = 0
    message: str
    recipient: Recipient
    channel: Channel = Channel.EMAIL
    due_at: datetime
    not_after: datetime
    patient_uuid: UUID | None = None
    link: PatientLink | None = None
    location: Location | None = None
    priority: Priority = Priority.NORMAL
    values: Mapping[str, str | datetime] = field(default_factory=dict)


def owe(owed: Owed, *, at: datetime) -> Message:
    """Owe it in the caller's transaction; owing the same twice changes nothing."""
    (message,) = owe_all([owed], at=at)
    return message


def owe_all(everything: Sequence[Owed], *, at: datetime) -> list[Message]:
    """Owe several things at once; what was owed before stays as it is."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"outbox.owe({[one.message for one in everything]}) stands alone")
    rows = [_row(owed, at=at) for owed in everything]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    found = {_key(row): row for row in _owed(everything)}
    messages = [found[_key(row)] for row in rows]
    new = {row.uuid for row in rows}
    if any(message.uuid in new and message.due_at <= at for message in messages):
        ring()
    return messages


def _row(owed: Owed, *, at: datetime) -> Message:
    return Message(
        subject=owed.subject,
        occasion=owed.occasion,
        message=owed.message,
        recipient=owed.recipient,
        channel=owed.channel,
        priority=owed.priority,
        due_at=owed.due_at,
        not_after=owed.not_after,
        patient_uuid=owed.patient_uuid,
        link=owed.link,
        location=owed.location,
        values={
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in owed.values.items()
        },
        state_at=at,
    )


def _owed(everything: Sequence[Owed]) -> QuerySet[Message]:
    return Message.objects.filter(
        subject__in={owed.subject for owed in everything},
        message__in={owed.message for owed in everything},
    )


def _key(row: Message) -> tuple[object, ...]:
    return (row.subject, row.occasion, row.message, row.recipient_id, row.channel)


@transaction.atomic
def settle(
    subject: str, *, at: datetime, reason: str, messages: Collection[str] | None = None
) -> int:
    """Owe nothing more because of it; what a provider already has is marked as void."""
    rows = Message.objects.unsent().filter(subject=subject)
    if messages is not None:
        rows = rows.filter(message__in=messages)
    count = 0
    for row in rows.order_by("pk").select_for_update(no_key=True):
        if ledger.was_handed(row):
            row.reason = f"{ledger.VOID}:{reason}"[:60]
            row.save(update_fields=["reason"])
        else:
            ledger.move(row, MessageState.CANCELLED, at=at, reason=reason)
        count += 1
    return count


def ring() -> None:
    """Wake a worker after commit; a broker that is away costs half a minute, never the business."""
    if not any(_ring in waiting for waiting in connection.run_on_commit):
        transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    try:
        current_app.send_task(
            "clinic.messaging.tasks.deliver_due", expires=25, retry=False, ignore_result=True
        )
    except (OperationalError, OSError):
        logger.warning("the broker cannot be reached; the next tick delivers")
