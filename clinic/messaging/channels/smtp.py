"""Mail. A server that took a message cannot be asked about it, nor does it know keys."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from clinic.messaging.channels.base import (
    Adapter,
    Busy,
    Letter,
    NotSent,
    Refused,
    Unclear,
    Unreachable,
)

PERMANENT = 500  # an SMTP answer from here on is a no for ever


class Smtp(Adapter):
    """One mail server."""

    def send(self, letter: Letter) -> str:
        """Hand it over; the Message-ID is the same however often it is handed over."""
        connection = _connected()
        message_id = f"<{letter.key}@{urlsplit(settings.SITE_URL).hostname}>"
        mail = EmailMessage(
            letter.title,
            letter.text,
            to=[letter.to],
            from_email=formataddr((settings.CLINIC_NAME, settings.DEFAULT_FROM_EMAIL)),
            headers={"Message-ID": message_id, **_headers(letter)},
            connection=connection,
        )
        try:
            with _classified():
                mail.send()
        finally:
            with suppress(OSError, smtplib.SMTPException):
                connection.close()
        return message_id


def _headers(letter: Letter) -> dict[str, str]:
    """One press in the mail program is enough to get no more of them (RFC 8058)."""
    headers = {"Auto-Submitted": "auto-generated"}
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


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
