"""Every app owes messages here, in its own transaction; one place sends them, each once.

A worker leases a row, says in it that it hands it over, hands it over, writes what came of it;
each step is committed. Killed before handing over: the lease runs out and somebody sends it. Killed
after: nobody knows, so a person decides. Who lost the lease writes nothing: attempts are counted.
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from clinic.messaging import channels, ledger, links, wording
from clinic.messaging.models import (
    Attempt,
    Channel,
    Message,
    MessageState,
    PatientLink,
    Recipient,
    Suppression,
)
from clinic.messaging.quiet_hours import next_allowed
from clinic.staff.models import Location

LEASE = timedelta(minutes=5)  # a batch of ten, ten seconds each, and as much again
BATCH = 10
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]

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
    values: Mapping[str, str | datetime] = field(default_factory=dict)


def owe(owed: Owed, *, at: datetime) -> Message:
    """Owe it in the caller's transaction; owing the same twice changes nothing."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"outbox.owe({owed.message!r}) outside a transaction")
    values = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in owed.values.items()
    }
    message, created = Message.objects.get_or_create(
        subject=owed.subject,
        occasion=owed.occasion,
        message=owed.message,
        recipient=owed.recipient,
        channel=owed.channel,
        defaults={
            "due_at": owed.due_at,
            "not_after": owed.not_after,
            "patient_uuid": owed.patient_uuid,
            "link": owed.link,
            "location": owed.location,
            "values": values,
            "state_at": at,
        },
    )
    if created and owed.due_at <= at:
        ring()
    return message


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


CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM messaging_message
        WHERE state = 'owed' AND due_at <= %(at)s
        ORDER BY due_at, id LIMIT %(count)s FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE messaging_message AS message
    SET state = 'leased', state_at = %(at)s, lease_until = %(until)s,
        attempt = attempt + 1, reason = ''
    FROM due WHERE message.id = due.id RETURNING message.*
"""


def claim(*, at: datetime, count: int = BATCH) -> list[Message]:
    """Lease the next due messages, oldest first. Another worker sees none of them."""
    claimed = Message.objects.raw(CLAIM, {"at": at, "until": at + LEASE, "count": count})
    return sorted(claimed, key=lambda message: (message.due_at, message.pk))


@transaction.atomic
def reclaim(*, at: datetime) -> int:
    """Look after what was leased by a worker that never came back."""
    count = 0
    rows = Message.objects.abandoned(at=at).order_by("pk")
    for row in rows.select_for_update(no_key=True, skip_locked=True):
        adapter = channels.adapter(row.channel)
        if ledger.was_handed(row) and not (adapter and adapter.idempotent):
            ledger.unclear(row, "no-answer", at=at)
        else:
            ledger.back(row, at=at, reason="lease-expired")
        count += 1
    return count


def deliver(message: Message, *, clock: Callable[[], datetime]) -> bool:
    """Send one leased message. False means that nobody listens there: stop knocking."""
    letter = _hand_over(message, at=clock())
    adapter = channels.adapter(message.channel)
    if letter is None or adapter is None:
        return True
    try:
        provider_id = adapter.send(letter)
    except channels.NotSent as error:
        _not_sent(message, error, at=clock())
        return not isinstance(error, channels.Unreachable)
    _accepted(message, provider_id, at=clock())
    return True


def deliver_due(*, clock: Callable[[], datetime], limit: int = 10_000) -> int:
    """Deliver until nothing is due; each lease starts at its own moment."""
    reclaim(at=clock())
    done = 0
    while done < limit and (batch := claim(at=clock(), count=min(BATCH, limit - done))):
        for place, message in enumerate(batch, start=1):
            done += 1
            if not _delivered_or_broken(message, clock=clock):
                release(batch[place:], at=clock())
                return done
    return done


def _delivered_or_broken(message: Message, *, clock: Callable[[], datetime]) -> bool:
    """A message that nobody can send is a person's task, and keeps no other waiting."""
    try:
        return deliver(message, clock=clock)
    except Exception as error:
        logger.exception("message not delivered", extra={"message_id": message.pk})
        _broken(message, type(error).__name__, at=clock())
        return True


@transaction.atomic
def _broken(message: Message, reason: str, *, at: datetime) -> None:
    row = ledger.mine(message)
    if row is None:
        return
    if ledger.was_handed(row):
        ledger.unclear(row, reason, at=at)
    else:
        ledger.failed(row, reason, at=at)


@transaction.atomic
def release(batch: Collection[Message], *, at: datetime) -> None:
    """Give back what was leased and not handed over."""
    for message in batch:
        if row := ledger.mine(message):
            ledger.back(row, at=at, reason="given-back")


@transaction.atomic
def _hand_over(message: Message, *, at: datetime) -> channels.Letter | None:
    """Look once more whether it is still wanted, and say in the row that it goes out now."""
    row = ledger.mine(message)
    if row is None or row.lease_until is None or row.lease_until <= at or not _wanted(row, at=at):
        return None
    try:
        words = wording.compose(row, link=links.url(row.link) if row.link else "")
    except wording.MissingValue:
        ledger.failed(row, "missing-value", at=at)
        return None
    row.text_sha256 = hashlib.sha256("\n".join(words).encode()).hexdigest()
    row.save(update_fields=["text_sha256"])
    Attempt.objects.create(message=row, number=row.attempt, handed_at=at)
    address = row.recipient.address_for(row.channel)
    return channels.Letter(key=row.uuid, to=address, title=words.title, text=words.text)


def _wanted(row: Message, *, at: datetime) -> bool:
    """Too late, revoked, unwanted or at night: it does not go out now, and the row says why."""
    if row.not_after < at:
        ledger.move(row, MessageState.EXPIRED, at=at, reason="too-late")
    elif row.link and (row.link.revoked_at or row.link.expires_at <= at):
        ledger.move(row, MessageState.CANCELLED, at=at, reason="link-dead")
    elif reason := _unreachable(row):
        ledger.skipped(row, reason, at=at)
    elif (allowed_at := _not_quiet(row, at=at)) > row.not_after:
        ledger.skipped(row, "quiet-hours", at=at)
    elif allowed_at > at:
        ledger.back(row, at=at, due_at=allowed_at, reason="quiet-hours")
    else:
        return True
    return False


def _unreachable(row: Message) -> str:
    """Why the recipient must not or cannot be written to on this channel; empty if they can."""
    address = row.recipient.address_for(row.channel)
    if not address:
        return "no-address"
    if channels.adapter(row.channel) is None:
        return "no-channel"
    if not row.recipient.allows(row.channel):
        return "not-allowed"
    if Suppression.objects.in_force().of(row.channel, address).exists():
        return "opted-out"
    return ""


def _not_quiet(row: Message, *, at: datetime) -> datetime:
    if row.location is None:
        return at
    quiet_from, quiet_until = row.location.quiet_from, row.location.quiet_until
    zone = row.recipient.zone
    return next_allowed(at, zone=zone, quiet_from=quiet_from, quiet_until=quiet_until)


@transaction.atomic
def _accepted(message: Message, provider_id: str, *, at: datetime) -> None:
    row = ledger.mine(message)
    if row is None:
        logger.warning("accepted after the lease was lost", extra={"message_id": message.pk})
        return
    ledger.end_attempt(row, "accepted", at=at, provider_id=provider_id)
    void = "sent-after-void" if ledger.is_void(row) else ""
    ledger.move(row, MessageState.ACCEPTED, at=at, reason=void)


@transaction.atomic
def _not_sent(message: Message, error: channels.NotSent, *, at: datetime) -> None:
    """Never, not now, or nobody knows: three different ends."""
    row = ledger.mine(message)
    if row is None:
        return
    if isinstance(error, channels.Unclear):
        ledger.unclear(row, error.outcome, at=at)
        return
    ledger.end_attempt(row, error.outcome, at=at)
    if ledger.is_void(row):
        ledger.move(row, MessageState.CANCELLED, at=at, reason=row.reason)
    elif isinstance(error, channels.Refused):
        ledger.failed(row, error.outcome, at=at)
    else:
        _later(row, error.outcome, at=at)


def _later(row: Message, reason: str, *, at: datetime) -> None:
    """Try again after a while, as long as it is of use."""
    tries = row.attempts.count()
    due_at = at + BACK_OFF[min(tries, len(BACK_OFF)) - 1]
    if due_at > row.not_after:
        ledger.failed(row, reason, at=at)
    else:
        ledger.back(row, at=at, due_at=due_at, reason=reason)
