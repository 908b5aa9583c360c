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
from clinic.messaging.wording import Wording

ATTEMPT = """
    INSERT INTO messaging_attempt
        (message_id, number, handed_at, ended_at, outcome, provider_id, text_sha256, edition_id)
    SELECT id, number, %s, NULL, '', '', digest, edition
    FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::bigint[])
        AS handed (id, number, digest, edition)
"""
logger = logging.getLogger(__name__)
Ready = tuple[Message, Letter, list[Message]]  # the last: what goes along in its text


@transaction.atomic
def hand_over(held: Sequence[Held], *, at: datetime) -> list[Ready]:
    """Look once more whether each is still wanted, and say in the rows that they go out now."""
    rows = ledger.held(held)
    stopped = _stopped(rows)
    wanted = [row for row in rows if _wanted(row, stopped, at=at)]
    book = wording.Book.of(wanted)
    composed = {row.pk: (row, words) for row in wanted if (words := _words(row, book, at=at))}
    ready = _letters(composed, at=at)
    _note(ready, editions.of([row for row, _words in composed.values()], book), at=at)
    return ready


def _words(row: Message, book: wording.Book, *, at: datetime) -> Wording | None:
    """The finished words, or none and the row says why; one that breaks stops no other."""
    try:
        return wording.compose(row, link=links.url(row.link) if row.link else "", book=book)
    except wording.MissingValue:
        ledger.failed(row, "missing-value", at=at)
        return None
    except Exception as error:
        logger.exception("message not composed", extra={"message_id": row.pk})
        ledger.failed(row, type(error).__name__, at=at)
        return None


def _letters(composed: Mapping[int, tuple[Message, Wording]], *, at: datetime) -> list[Ready]:
    """A letter for each that stands alone or carries others; whose carrier stays here waits."""
    alone = [row for row, _said in composed.values() if row.carried_by_id is None]
    along: dict[int, list[Message]] = {row.pk: [] for row in alone}
    for row, _said in composed.values():
        if row.carried_by_id in along:
            along[row.carried_by_id].append(row)
        elif row.carried_by_id is not None:
            _left_alone(row, at=at)
    return [(row, _letter(row, along[row.pk], composed), along[row.pk]) for row in alone]


def _left_alone(row: Message, *, at: datetime) -> None:
    """What carried it does not go out: it does so by itself, unless it may have gone already."""
    if row.attempts.exists():
        ledger.unclear(row, "no-answer", at=at)
    else:
        ledger.back(row, at=at, reason="given-back")


def _letter(
    row: Message, others: Sequence[Message], composed: Mapping[int, tuple[Message, Wording]]
) -> Letter:
    """Whatever several of them say alike is said once."""
    said = [composed[one.pk][1] for one in (row, *others)]
    text = "\n\n".join(dict.fromkeys(words.text.strip() for words in said))
    address = row.recipient.address_for(row.channel)
    end = stopping.url(row.recipient) if row.channel == Channel.EMAIL and row.patient_uuid else ""
    return Letter(key=row.uuid, to=address, title=said[0].title, text=text, unsubscribe=end)


def _note(ready: Sequence[Ready], words: Mapping[int, int], *, at: datetime) -> None:
    """An attempt for each, committed before any provider is called."""
    rows = [(one, letter) for row, letter, others in ready for one in (row, *others)]
    if not rows:
        return
    digests = [sha256(f"{one.title}\n{one.text}".encode()).hexdigest() for _row, one in rows]
    ids, numbers = [row.pk for row, _ in rows], [row.attempt for row, _ in rows]
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
