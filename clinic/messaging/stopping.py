"""Stopping and starting again, per channel: what somebody asked for holds at the next sending.

Each change is evidence: when, how, of which address. A key in a mail ends mails with one press.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.models import (
    ADDRESSES,
    Channel,
    ChannelConsent,
    Recipient,
    Source,
    Suppression,
    digest,
)
from clinic.record import audit

UUID_BYTES = 16
TOKEN_LENGTH = 64  # 16 bytes of UUID and 32 of signature, in base64


class NoSuchKey(ClinicError):
    code = "no-such-key"
    text = _("This address does not end any messages. Please call the clinic.")


@transaction.atomic
def stop(channel: Channel, address: str, source: Source, *, at: datetime) -> int:
    """Nothing more goes to this address; how many people that is."""
    known = Suppression.objects.in_force().of(channel, address)
    if not known.exists():
        Suppression.objects.create(
            channel=channel, address_sha256=digest(address), source=source, created_at=at
        )
    return _noted(channel, address, source, allowed=False, at=at)


@transaction.atomic
def start(channel: Channel, address: str, source: Source, *, at: datetime) -> int:
    """It may be written to again by whoever had allowed it; how many people that is."""
    Suppression.objects.in_force().of(channel, address).update(lifted_at=at)
    return _noted(channel, address, source, allowed=True, at=at)


def unsubscribe(token: str, *, at: datetime) -> int:
    """One press in a mail: no more mails to this address."""
    recipient = recipient_of(token)
    return stop(Channel.EMAIL, recipient.email, Source.UNSUBSCRIBED, at=at)


def recipient_of(token: str) -> Recipient:
    """Whose key it is, if it is one of ours."""
    try:
        raw = urlsafe_b64decode(token)
    except ValueError as exc:
        raise NoSuchKey from exc
    name, signature = raw[:UUID_BYTES], raw[UUID_BYTES:]
    if not hmac.compare_digest(signature, _signature(name)):
        raise NoSuchKey
    found = Recipient.objects.filter(uuid=UUID(bytes=name)).exclude(email="").first()
    if found is None:
        raise NoSuchKey
    return found


def url(recipient: Recipient) -> str:
    raw = recipient.uuid.bytes
    token = urlsafe_b64encode(raw + _signature(raw)).decode()
    return f"{settings.SITE_URL.rstrip('/')}/p/stop/{token}/"


def _noted(channel: Channel, address: str, source: Source, *, allowed: bool, at: datetime) -> int:
    people = list(Recipient.objects.filter(**{f"{ADDRESSES[channel]}__iexact": address.strip()}))
    for recipient in people:
        ChannelConsent.objects.create(
            recipient=recipient,
            channel=channel,
            allowed=allowed,
            at=at,
            source=source,
            address_sha256=digest(address),
        )
        verb = "channel.started" if allowed else "channel.stopped"
        audit.record(verb, recipient, at=at, by=None, channel=channel.value, source=source.value)
    return len(people)


def _signature(raw: bytes) -> bytes:
    return hmac.digest(settings.LINK_KEY.encode(), b"unsubscribe:" + raw, "sha256")
