"""The ways a message can leave the house, and what each of them promises."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formataddr
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from clinic.messaging.models import Channel

PERMANENT = 500  # an SMTP answer from here on is a no for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message as it leaves: composed, and named by a key that never changes."""

    key: UUID
    to: str
    title: str
    text: str


class NotSent(Exception):
    """Nothing left the house, or nobody knows. `outcome` goes into the attempt."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Unreachable(NotSent):
    """Nobody listened: nothing was handed over."""


class Busy(NotSent):
    """The provider answered: not now."""


class Refused(NotSent):
    """The provider answered: never."""


class Unclear(NotSent):
    """It was handed over, and no answer came."""


class Adapter(Protocol):
    """A provider. `idempotent`: the same key handed over twice arrives once."""

    idempotent: bool

    def send(self, letter: Letter) -> str: ...


class Smtp:
    """Mail. A server that took a message cannot be asked about it, nor does it know keys."""

    idempotent = False

    def send(self, letter: Letter) -> str:
        """Hand it over; the Message-ID is the same however often it is handed over."""
        connection = _connected()
        message_id = f"<{letter.key}@{urlsplit(settings.SITE_URL).hostname}>"
        mail = EmailMessage(
            letter.title,
            letter.text,
            to=[letter.to],
            from_email=formataddr((settings.CLINIC_NAME, settings.DEFAULT_FROM_EMAIL)),
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
            connection=connection,
        )
        try:
            with _classified():
                mail.send()
        finally:
            with suppress(OSError, smtplib.SMTPException):
                connection.close()
        return message_id


ADAPTERS: dict[str, Adapter] = {Channel.EMAIL: Smtp()}


def adapter(channel: str) -> Adapter | None:
    """None where the clinic has no provider for it."""
    return ADAPTERS.get(channel)


def _connected() -> BaseEmailBackend:
    connection: BaseEmailBackend = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as exc:
        raise Unreachable(type(exc).__name__) from exc
    return connection


@contextmanager
def _classified() -> Iterator[None]:
    """What an answer of the server means; no answer means that nobody knows."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as exc:
        code = max((code for code, _text in exc.recipients.values()), default=0)
        raise _answered(code) from exc
    except smtplib.SMTPResponseException as exc:
        raise _answered(exc.smtp_code) from exc
    except smtplib.SMTPNotSupportedError as exc:
        raise Refused("not-supported") from exc
    except (OSError, smtplib.SMTPException) as exc:
        raise Unclear(type(exc).__name__) from exc


def _answered(code: int) -> NotSent:
    return Refused(f"refused-{code}") if code >= PERMANENT else Busy(f"busy-{code}")
