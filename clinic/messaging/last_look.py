"""The last look before a message goes out: whether it is wanted, allowed, awake and complete.

What passes is handed over in the same transaction: an attempt is on record before a provider is
called. What does not pass says in its row why not.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from django.db import connection, transaction

from clinic.messaging import channels, editions, fallback, ledger, links, stopping, wording
from clinic.messaging.channels import Letter
from clinic.messaging.leases import Held
from clinic.messaging.models import Channel, Message, MessageState, Suppression, digest
from clinic.messaging.quiet_hours import next_allowed

ATTEMPT = """
    INSERT INTO messaging_attempt
        (message_id, number, handed_at, ended_at, outcome, provider_id, text_sha256, edition_id)
    SELECT id, number, %s, NULL, '', '', digest, edition
    FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::bigint[])
        AS handed (id, number, digest, edition)
"""
logger = logging.getLogger(__name__)
Ready = tuple[Message, Letter]


@transaction.atomic
def hand_over(held: Sequence[Held], *, at: datetime) -> list[Ready]:
    """Look once more whether each is still wanted, and say in the rows that they go out now."""
    rows = ledger.held(held)
    stopped = _stopped(rows)
    wanted = [row for row in rows if _wanted(row, stopped, at=at)]
    book = wording.Book.of(wanted)
    composed = ((row, _letter(row, book, at=at)) for row in wanted)
    ready = [(row, letter) for row, letter in composed if letter]
    _note(ready, editions.of([row for row, _letter in ready], book), at=at)
    return ready


def _letter(row: Message, book: wording.Book, *, at: datetime) -> Letter | None:
    """The finished message, or none and the row says why; one that breaks stops no other."""
    try:
        words = wording.compose(row, link=links.url(row.link) if row.link else "", book=book)
    except wording.MissingValue:
        ledger.failed(row, "missing-value", at=at)
        return None
    except Exception as error:
        logger.exception("message not composed", extra={"message_id": row.pk})
        ledger.failed(row, type(error).__name__, at=at)
        return None
    address = row.recipient.address_for(row.channel)
    end = stopping.url(row.recipient) if row.channel == Channel.EMAIL and row.patient_uuid else ""
    return Letter(key=row.uuid, to=address, title=words.title, text=words.text, unsubscribe=end)


def _note(ready: Sequence[Ready], words: Mapping[int, int], *, at: datetime) -> None:
    """An attempt for each, committed before any provider is called."""
    if not ready:
        return
    digests = [sha256(f"{one.title}\n{one.text}".encode()).hexdigest() for _row, one in ready]
    ids, numbers = [row.pk for row, _ in ready], [row.attempt for row, _ in ready]
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPT, [at, ids, numbers, digests, [words[pk] for pk in ids]])


def _wanted(row: Message, stopped: Collection[tuple[str, str]], *, at: datetime) -> bool:
    """Too late, revoked, unwanted or at night: it does not go out now, and the row says why."""
    if row.lease_until is None or row.lease_until <= at:
        return False
    if row.not_after < at:
        ledger.move(row, MessageState.EXPIRED, at=at, reason="too-late")
    elif row.link and (row.link.revoked_at or row.link.expires_at <= at):
        ledger.move(row, MessageState.CANCELLED, at=at, reason="link-dead")
    elif reason := _unreachable(row, stopped):
        fallback.skipped(row, reason, at=at)
    elif (allowed_at := _not_quiet(row, at=at)) > row.not_after:
        ledger.skipped(row, "quiet-hours", at=at)
    elif allowed_at > at:
        ledger.back(row, at=at, due_at=allowed_at, reason="quiet-hours")
    else:
        return True
    return False


def _unreachable(row: Message, stopped: Collection[tuple[str, str]]) -> str:
    """Why the recipient must not or cannot be written to on this channel; empty if they can."""
    address = row.recipient.address_for(row.channel)
    if not address:
        return "no-address"
    if channels.adapter(row.channel) is None:
        return "no-channel"
    if not row.recipient.allows(row.channel):
        return "not-allowed"
    if (row.channel, digest(address)) in stopped:
        return "opted-out"
    return ""


def _stopped(rows: Sequence[Message]) -> set[tuple[str, str]]:
    """Which of these addresses have opted out of which channel."""
    addresses = {digest(row.recipient.address_for(row.channel)) for row in rows}
    found = Suppression.objects.in_force().filter(address_sha256__in=addresses)
    return set(found.values_list("channel", "address_sha256"))


def _not_quiet(row: Message, *, at: datetime) -> datetime:
    if row.location is None:
        return at
    quiet_from, quiet_until = row.location.quiet_from, row.location.quiet_until
    zone = row.recipient.zone
    return next_allowed(at, zone=zone, quiet_from=quiet_from, quiet_until=quiet_until)
