"""Leasing due messages: one statement, so that another worker sees none of them."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

LEASE = timedelta(minutes=5)  # a batch of ten, ten seconds each, and as much again

# Each priority is looked through by itself, so that what is due is found without reading what is
# not; the next one only where the one before had too few.
CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT found.id, row_number() OVER () AS place
        FROM (VALUES (0), (1), (2)) AS rank (priority)
        CROSS JOIN LATERAL (
            SELECT id FROM messaging_message
            WHERE state = 'owed' AND channel = %(channel)s
                AND priority = rank.priority AND due_at <= %(at)s AND carried_by_id IS NULL
            ORDER BY due_at, id LIMIT %(count)s FOR NO KEY UPDATE SKIP LOCKED
        ) AS found
        LIMIT %(count)s
    )
    UPDATE messaging_message AS message
    SET state = 'leased', state_at = %(at)s, lease_until = %(until)s,
        attempt = attempt + 1, reason = ''
    FROM due WHERE message.id = due.id
    RETURNING due.place, message.id, message.attempt
"""


class Held(NamedTuple):
    """A message in the hands of one worker: the attempt is the fence."""

    place: int
    pk: int
    attempt: int


def claim(channel: str, count: int, *, at: datetime) -> list[Held]:
    """Lease the next due messages of a channel, the most urgent first, then the oldest."""
    until = at + LEASE
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"channel": channel, "at": at, "until": until, "count": count})
        return sorted(map(Held._make, cursor.fetchall()))
