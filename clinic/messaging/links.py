"""A patient's links: signed, for one purpose, until a moment; only the token's hash is stored."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.models import PatientLink, Purpose, Recipient

UUID_BYTES = 16
TOKEN_LENGTH = 64  # 16 bytes of UUID and 32 of signature, in base64


class LinkDead(ClinicError):
    code = "link-dead"
    text = _(
        "This link does not open anything. Please open it again from the newest message of the "
        "clinic, or call us."
    )


class LinkExpired(LinkDead):
    code = "link-expired"
    text = _(
        "This link was valid for a limited time, and the time is over. "
        "Please call us for a new one."
    )


class LinkRevoked(LinkDead):
    code = "link-revoked"
    text = _(
        "This link is no longer needed: what it opened is done, or something newer has replaced "
        "it. If you expected something else, please call us."
    )


def make(
    recipient: Recipient, purpose: Purpose, subject: str, *, expires_at: datetime, at: datetime
) -> PatientLink:
    """A key to one page. Whoever makes it says so in the audit line of their own use case."""
    link = PatientLink(
        recipient=recipient, purpose=purpose, subject=subject, created_at=at, expires_at=expires_at
    )
    link.token_sha256 = _digest(token(link))
    link.save(force_insert=True)
    return link


def token(link: PatientLink) -> str:
    """Built again whenever it is needed, so that it never has to be kept."""
    raw = link.uuid.bytes
    return urlsafe_b64encode(raw + _signature(raw)).decode()


def url(link: PatientLink) -> str:
    return f"{settings.SITE_URL.rstrip('/')}/p/{token(link)}/"


@transaction.atomic
def open(token: str, *, at: datetime) -> PatientLink:  # noqa: A001  the door says: links.open
    """The link of a token, if it still opens anything."""
    link = (
        PatientLink.objects.select_for_update(no_key=True)
        .filter(uuid=_uuid_of(token), token_sha256=_digest(token))
        .first()
    )
    if link is None:
        raise LinkDead
    _refuse_dead(link, at=at)
    if link.opened_at is None:
        link.opened_at = at
        link.save(update_fields=["opened_at"])
    return link


def again(uuid: str, purpose: str, *, at: datetime) -> PatientLink:
    """The link a browser has already opened, on its next page."""
    links = PatientLink.objects.select_related("recipient")
    link = links.filter(uuid=uuid, purpose=purpose).first()
    if link is None:
        raise LinkDead
    _refuse_dead(link, at=at)
    return link


def revoke(subject: str, *, at: datetime) -> int:
    """None of the links to it opens anything any more; how many did."""
    return PatientLink.objects.alive(at=at).filter(subject=subject).update(revoked_at=at)


def _refuse_dead(link: PatientLink, *, at: datetime) -> None:
    if link.revoked_at is not None:
        raise LinkRevoked(language=link.recipient.language)
    if link.expires_at <= at:
        raise LinkExpired(language=link.recipient.language)


def _uuid_of(token: str) -> UUID:
    """The name inside a token whose signature is ours."""
    try:
        raw = urlsafe_b64decode(token)
    except ValueError as exc:
        raise LinkDead from exc
    if not hmac.compare_digest(raw[UUID_BYTES:], _signature(raw[:UUID_BYTES])):
        raise LinkDead
    return UUID(bytes=raw[:UUID_BYTES])


def _signature(raw: bytes) -> bytes:
    return hmac.digest(settings.LINK_KEY.encode(), b"patient-link:" + raw, "sha256")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
