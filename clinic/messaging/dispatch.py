"""Delivering what is due, each message once, whatever dies in between.

A worker leases rows, looks once more whether they are wanted, says in them that it hands them over,
hands them over, writes what came of it; each step is committed. Killed before handing over: the
lease runs out and somebody sends it. Killed after: a provider that knows our keys gets the same key
again, of every other nobody knows, so a person decides. Who lost the lease writes nothing.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

from django.db import transaction

from clinic.messaging import channels, last_look, ledger, merging, outcomes, pacing, pausing
from clinic.messaging.channels import Adapter, Letter, NotSent
from clinic.messaging.leases import Held
from clinic.messaging.models import Channel, Message
from clinic.messaging.outcomes import Answer

BATCH = 10  # leased together where one is handed over at a time
A_TURN = timedelta(seconds=25)  # the next ring comes after thirty
TIMEOUT = timedelta(seconds=15)  # of one hand-over, and a little
A_MOMENT = 0.1  # seconds

Clock = Callable[[], datetime]
Wait = Callable[[float], object]
logger = logging.getLogger(__name__)


class Next(Enum):
    """What to do with a channel after a batch of it."""

    MORE = auto()
    WAIT = auto()
    STOP = auto()


@transaction.atomic
def reclaim(*, at: datetime) -> int:
    """Look after what was leased by a worker that never came back."""
    count = 0
    rows = Message.objects.abandoned(at=at).order_by("pk")
    for row in rows.select_for_update(no_key=True, skip_locked=True):
        adapter = channels.adapter(row.channel)
        handed = ledger.was_handed(row)
        if handed and not (adapter and adapter.idempotent):
            ledger.unclear(row, "no-answer", at=at)
        else:
            ledger.back(row, at=at, reason="lease-expired", in_doubt=handed)
        count += 1
    for row in Message.objects.left_behind().order_by("pk").select_for_update(no_key=True):
        ledger.unclear(row, "no-answer", at=at)
    return count


def deliver_due(*, clock: Clock, limit: int = 10_000, wait: Wait | None = None) -> int:
    """Deliver until nothing is due, a batch of each channel in turn.

    A channel that takes so many a second is waited for, if there is something to wait with.
    """
    began = clock()
    if pausing.paused():
        return 0
    reclaim(at=began)
    done, going = 0, list(Channel)
    while going and done < limit:
        turns = {channel: _turn(channel, limit - done, clock=clock) for channel in going}
        done += sum(handled for handled, _next in turns.values())
        patient = wait is not None and clock() < began + A_TURN
        going = [one for one in going if _goes_on(turns[one][1], patient=patient)]
        if wait and going and all(turns[one][1] is Next.WAIT for one in going):
            wait(A_MOMENT)
    return done


def _goes_on(after: Next, *, patient: bool) -> bool:
    return after is Next.MORE or (after is Next.WAIT and patient)


def _turn(channel: Channel, limit: int, *, clock: Clock) -> tuple[int, Next]:
    """One batch of one channel: how many were handled, and what comes next."""
    adapter = channels.adapter(channel)
    at_once = adapter.at_once if adapter else BATCH
    per_second = adapter.per_second if adapter else 0
    asked = min(max(BATCH, at_once), max(limit, 0))
    held, spent = pacing.claim(channel, asked, per_second=per_second, at=clock())
    leads, along = merging.gather(held, channel, at=clock())
    for first in range(0, len(leads), at_once):
        part = merging.with_others(leads[first : first + at_once], along)
        if not deliver(part, channel, clock=clock):
            rest = merging.with_others(leads[first + at_once :], along)
            outcomes.give_back(rest, at=clock())
            return min(first + at_once, len(leads)), Next.STOP
    if spent:
        return len(held), Next.WAIT
    return len(held), Next.MORE if held else Next.STOP


def deliver(held: Sequence[Held], channel: str, *, clock: Clock) -> bool:
    """Send what this worker leased. False means that nobody takes more there: stop knocking."""
    ready = last_look.hand_over(held, at=clock())
    adapter = channels.adapter(channel)
    if not ready or adapter is None:
        return True
    answers, open_ = [], True
    for message, letter, others in ready:
        open_ = open_ and clock() + TIMEOUT < (message.lease_until or clock())
        answer = _answer(adapter, message, letter) if open_ else Answer(message, not_tried=True)
        open_ = open_ and not answer.shuts
        answers += [replace(answer, message=one) for one in (message, *others)]
    outcomes.write(answers, at=clock())
    return open_


def _answer(adapter: Adapter, message: Message, letter: Letter) -> Answer:
    """What the provider said; whatever breaks after the hand-over leaves it unclear."""
    try:
        return Answer(message, provider_id=adapter.send(letter))
    except NotSent as error:
        return Answer(message, error=error)
    except Exception as error:
        logger.exception("message not delivered", extra={"message_id": message.pk})
        return Answer(message, error=channels.Unclear(type(error).__name__))
