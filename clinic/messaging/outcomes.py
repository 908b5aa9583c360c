"""What came of what was handed over, written only by the worker that still holds it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from clinic.messaging import channels, fallback, ledger, pacing
from clinic.messaging.leases import Held
from clinic.messaging.models import Message, MessageState

BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]

# What most of them are: taken, still ours, still wanted.
ACCEPTED = """
    WITH taken AS (
        SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::int[], %(names)s::text[])
            AS taken (id, number, provider_id)
    ), moved AS (
        UPDATE messaging_message AS message
        SET state = 'accepted', state_at = %(at)s, lease_until = NULL
        FROM taken
        WHERE message.id = taken.id AND message.attempt = taken.number
            AND message.state = 'leased' AND message.reason = ''
        RETURNING message.id
    ), ended AS (
        UPDATE messaging_attempt AS attempt
        SET ended_at = %(at)s, outcome = 'accepted', provider_id = taken.provider_id
        FROM taken JOIN moved ON moved.id = taken.id
        WHERE attempt.message_id = taken.id AND attempt.number = taken.number
            AND attempt.ended_at IS NULL
    )
    SELECT id FROM moved
"""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said to one message; an error says that it did not take it."""

    message: Message
    provider_id: str = ""
    error: channels.NotSent | None = None
    not_tried: bool = False

    @property
    def taken(self) -> bool:
        return self.error is None and not self.not_tried

    @property
    def shuts(self) -> bool:
        """Whoever comes next would hear the same."""
        return isinstance(self.error, channels.Unreachable | channels.Throttled)


@transaction.atomic
def write(answers: Sequence[Answer], *, at: datetime) -> None:
    """The good news at once, everything else one by one."""
    done = _accept([answer for answer in answers if answer.taken], at=at)
    for answer in answers:
        if answer.message.pk not in done:
            _one(answer, at=at)


@transaction.atomic
def give_back(held: Sequence[Held], *, at: datetime) -> None:
    """What was leased and not handed over."""
    for row in ledger.held(held):
        ledger.back(row, at=at, reason="given-back")


def _accept(answers: Sequence[Answer], *, at: datetime) -> set[int]:
    """Which of them are still ours and still wanted, now written as taken."""
    if not answers:
        return set()
    told: dict[str, datetime | list[int] | list[str]] = {
        "ids": [answer.message.pk for answer in answers],
        "numbers": [answer.message.attempt for answer in answers],
        "names": [answer.provider_id for answer in answers],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(ACCEPTED, told)
        return {pk for (pk,) in cursor.fetchall()}


def _one(answer: Answer, *, at: datetime) -> None:
    row = ledger.mine(answer.message)
    if row is None:
        logger.warning("answered after the lease", extra={"message_id": answer.message.pk})
    elif answer.not_tried:
        ledger.end_attempt(row, "not-tried", at=at)
        ledger.back(row, at=at, reason="given-back")
    elif answer.error is None:
        ledger.end_attempt(row, "accepted", at=at, provider_id=answer.provider_id)
        void = "sent-after-void" if ledger.is_void(row) else ""
        ledger.move(row, MessageState.ACCEPTED, at=at, reason=void)
    else:
        _not_sent(row, answer.error, at=at)


def _not_sent(row: Message, error: channels.NotSent, *, at: datetime) -> None:
    """Never, not now, or nobody knows: three different ends."""
    if isinstance(error, channels.Unclear) and not _knows_keys(row):
        ledger.unclear(row, error.outcome, at=at)
        return
    ledger.end_attempt(row, error.outcome, at=at)
    if isinstance(error, channels.Throttled):
        pacing.pause(row.channel, error.after, at=at)
    if ledger.is_void(row):
        ledger.move(row, MessageState.CANCELLED, at=at, reason=row.reason)
    elif isinstance(error, channels.OptedOut):
        fallback.skipped(row, "opted-out", at=at)
    elif isinstance(error, channels.Refused):
        fallback.failed(row, error.outcome, at=at)
    else:
        _later(row, error, at=at)


def _knows_keys(row: Message) -> bool:
    """The same key again does no harm there."""
    adapter = channels.adapter(row.channel)
    return adapter is not None and adapter.idempotent


def _later(row: Message, error: channels.NotSent, *, at: datetime) -> None:
    """Try again after a while, as long as it is of use."""
    tries = row.attempts.exclude(outcome="not-tried").count()
    wait = BACK_OFF[min(tries, len(BACK_OFF)) - 1]
    if isinstance(error, channels.Throttled):
        wait = timedelta(seconds=error.after)
    if at + wait > row.not_after:
        fallback.failed(row, error.outcome, at=at)
    else:
        unknown = isinstance(error, channels.Unclear)
        ledger.back(row, at=at, due_at=at + wait, reason=error.outcome, in_doubt=unknown)
