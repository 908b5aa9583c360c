"""Several messages due to one person on one channel go out as one.

The first carries the others: they are leased with it, handed over in its text, and each of them
keeps its own row, attempt and outcome. Only what was never tried is put together. What was handed
over without an answer stays together until the answer is known: its key stands for this very text.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from clinic.messaging.leases import LEASE, Held
from clinic.messaging.models import Message, MessageState

MOST = 5  # that one message carries
Along = dict[int, list[Held]]  # by the message that carries them

TOGETHER = """
    SELECT message.id, message.recipient_id, message.patient_uuid, message.carried_by_id,
        EXISTS (SELECT FROM messaging_attempt AS tried WHERE tried.message_id = message.id)
    FROM messaging_message AS message
    WHERE message.channel = %(channel)s AND message.patient_uuid IS NOT NULL
        AND message.recipient_id = ANY (
            SELECT recipient_id FROM messaging_message
            WHERE id = ANY(%(ids)s) AND patient_uuid IS NOT NULL
        )
        AND (message.id = ANY(%(ids)s) OR (message.state = 'owed' AND message.due_at <= %(at)s))
    ORDER BY message.due_at, message.id
"""


class Due(NamedTuple):
    """A message that may go out with others to the same person."""

    pk: int
    recipient: int
    patient: object
    carried_by: int | None
    tried: bool


@transaction.atomic
def gather(held: Sequence[Held], channel: str, *, at: datetime) -> tuple[list[Held], Along]:
    """Of what was leased: what goes out by itself, and what goes along with which of it."""
    mine = {one.pk: one for one in held}
    carriers = _carriers(_due(mine, channel, at=at), mine)
    if not carriers:
        return list(held), {}
    along: Along = defaultdict(list)
    rows = Message.objects.filter(
        pk__in=carriers, state__in=[MessageState.OWED, MessageState.LEASED]
    )
    for row in rows.order_by("pk").select_for_update(no_key=True, skip_locked=True):
        if row.state == MessageState.LEASED and not _is(row, mine.get(row.pk)):
            continue
        along[carriers[row.pk]].append(_goes_along(row, carriers[row.pk], mine, at=at))
    gone = {one.pk for others in along.values() for one in others}
    return [one for one in held if one.pk not in gone], dict(along)


def with_others(leads: Iterable[Held], along: Along) -> list[Held]:
    """These, and whatever goes along with them."""
    leads = list(leads)
    return [*leads, *(other for one in leads for other in along.get(one.pk, []))]


def _due(mine: dict[int, Held], channel: str, *, at: datetime) -> list[Due]:
    if not mine:
        return []
    with connection.cursor() as cursor:
        cursor.execute(TOGETHER, {"channel": channel, "ids": list(mine), "at": at})
        return list(map(Due._make, cursor.fetchall()))


def _carriers(due: Sequence[Due], mine: dict[int, Held]) -> dict[int, int]:
    """Which message each of the others goes along with."""
    groups: dict[tuple[int, object], list[Due]] = defaultdict(list)
    for one in due:
        groups[one.recipient, one.patient].append(one)
    found = {one.pk: one.carried_by for one in due if one.carried_by and one.carried_by in mine}
    busy = set(found.values())
    for group in groups.values():
        fresh = [one for one in group if not (one.tried or one.carried_by or one.pk in busy)]
        for first in range(0, len(fresh), MOST + 1):
            together = [one.pk for one in fresh[first : first + MOST + 1]]
            lead = next((pk for pk in together if pk in mine), None)
            if lead is not None:
                found |= {pk: lead for pk in together if pk != lead}
    return found


def _is(row: Message, one: Held | None) -> bool:
    return one is not None and row.attempt == one.attempt


def _goes_along(row: Message, carrier: int, mine: dict[int, Held], *, at: datetime) -> Held:
    """Lease it with its carrier, if it is not leased yet."""
    row.carried_by_id = carrier
    if row.state == MessageState.OWED:
        row.state, row.state_at, row.reason = MessageState.LEASED, at, ""
        row.lease_until, row.attempt = at + LEASE, row.attempt + 1
    row.save(update_fields=["carried_by", "state", "state_at", "reason", "lease_until", "attempt"])
    return Held(mine[carrier].place, row.pk, row.attempt)
