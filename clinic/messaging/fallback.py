"""The second channel, once, for what cannot arrive on the first; else a person calls."""

from datetime import datetime

from clinic.messaging import channels, ledger
from clinic.messaging.models import Channel, Message, Suppression


def skipped(row: Message, reason: str, *, at: datetime) -> None:
    """It must not or cannot be sent here: another channel, or somebody calls instead."""
    ledger.skipped(row, reason, at=at, instead=_elsewhere(row, at=at))


def failed(row: Message, reason: str, *, at: datetime) -> None:
    """The provider will never take it: another channel, or somebody finds out why."""
    ledger.failed(row, reason, at=at, instead=_elsewhere(row, at=at))


def _elsewhere(row: Message, *, at: datetime) -> bool:
    """Owe the same on the first other channel they allow; a fallback has none of its own."""
    if row.instead_of_id or row.not_after <= at:
        return False
    for channel in Channel:
        if channel != row.channel and _reaches(row, channel) and _owe(row, channel, at=at):
            return True
    return False


def _reaches(row: Message, channel: Channel) -> bool:
    address = row.recipient.address_for(channel)
    if not address or not row.recipient.allows(channel) or channels.adapter(channel) is None:
        return False
    return not Suppression.objects.in_force().of(channel, address).exists()


def _owe(row: Message, channel: Channel, *, at: datetime) -> bool:
    """The key of what is owed keeps it from being said twice on one channel."""
    _message, created = Message.objects.get_or_create(
        subject=row.subject,
        occasion=row.occasion,
        message=row.message,
        recipient=row.recipient,
        channel=channel,
        defaults={
            "instead_of": row,
            "due_at": at,
            "not_after": row.not_after,
            "patient_uuid": row.patient_uuid,
            "link": row.link,
            "location": row.location,
            "priority": row.priority,
            "values": row.values,
            "state_at": at,
            "reason": "other-channel",
        },
    )
    return created
