"""Where somebody is reached and what they allow; a part of the use case that changes a person."""

from datetime import datetime
from typing import NotRequired, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.models import Channel, Recipient


class NoAddress(ClinicError):
    code = "no-address"
    text = _(
        "A message is allowed, but the address for it is missing. Enter it, or remove the tick."
    )


class Channels(TypedDict):
    """Addresses, language and clock of a person, and what they agreed to."""

    email: str
    phone: str
    language: str
    time_zone: str
    email_allowed: bool
    sms_allowed: bool
    details_allowed: NotRequired[bool]


@transaction.atomic
def add(*, at: datetime, **channels: Unpack[Channels]) -> Recipient:
    """Somebody who may be written to, if they allowed it."""
    recipient = Recipient()
    _apply(recipient, channels, at=at)
    return recipient


@transaction.atomic
def set_channels(recipient: Recipient, *, at: datetime, **channels: Unpack[Channels]) -> Recipient:
    """What holds from now on; a message asks again when it is sent."""
    recipient = Recipient.objects.select_for_update(no_key=True).get(pk=recipient.pk)
    _apply(recipient, channels, at=at)
    return recipient


def _apply(recipient: Recipient, channels: Channels, *, at: datetime) -> None:
    if (channels["email_allowed"] and not channels["email"]) or (
        channels["sms_allowed"] and not channels["phone"]
    ):
        raise NoAddress
    same_email, same_phone = (
        recipient.email == channels["email"],
        recipient.phone == channels["phone"],
    )
    recipient.email, recipient.phone = channels["email"], channels["phone"]
    recipient.language, recipient.time_zone = channels["language"], channels["time_zone"]
    recipient.email_allowed_at = _since(
        recipient.email_allowed_at if same_email else None, at, allowed=channels["email_allowed"]
    )
    recipient.sms_allowed_at = _since(
        recipient.sms_allowed_at if same_phone else None, at, allowed=channels["sms_allowed"]
    )
    recipient.details_allowed_at = _since(
        recipient.details_allowed_at, at, allowed=channels.get("details_allowed", False)
    )
    recipient.save()


def _since(before: datetime | None, at: datetime, *, allowed: bool) -> datetime | None:
    """An agreement keeps its first date; it belongs to one address."""
    return (before or at) if allowed else None


def channel_for(recipient: Recipient) -> Channel:
    """Mail where it is allowed, else SMS; who allows neither is found out when it is sent."""
    if recipient.sms_allowed_at and not recipient.email_allowed_at:
        return Channel.SMS
    return Channel.EMAIL
