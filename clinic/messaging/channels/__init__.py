"""The ways a message can leave the house, and what each of them promises."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from clinic.messaging.channels.base import (
    Adapter,
    Busy,
    Letter,
    NotSent,
    OptedOut,
    Refused,
    Throttled,
    Unclear,
    Unreachable,
)
from clinic.messaging.channels.sms import Twilio
from clinic.messaging.channels.smtp import Smtp
from clinic.messaging.channels.telegram import Telegram
from clinic.messaging.channels.webhook import Webhook
from clinic.messaging.models import Channel

__all__ = [
    "ADAPTERS",
    "Adapter",
    "Busy",
    "Letter",
    "NotSent",
    "OptedOut",
    "Refused",
    "Smtp",
    "Telegram",
    "Throttled",
    "Twilio",
    "Unclear",
    "Unreachable",
    "Webhook",
    "adapter",
    "configured",
]


def configured(told: Any = settings) -> dict[str, Adapter]:
    """The providers that the settings name; mail is always there."""
    found: dict[str, Adapter] = {Channel.EMAIL: Smtp()}
    if told.SMS_URL:
        found[Channel.SMS] = _sms(told)
    if told.TELEGRAM_TOKEN:
        found[Channel.TELEGRAM] = Telegram(url=told.TELEGRAM_API, token=told.TELEGRAM_TOKEN)
    return found


def _sms(told: Any) -> Adapter:
    """`webhook+https://host/path?per_second=5`, or `twilio+https://ACCOUNT@host?from=+380…`."""
    kind, _plus, address = str(told.SMS_URL).partition("+")
    split = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(split.query).items()}
    per_second = float(query.get("per_second", "0"))
    host = f"{split.scheme}://{split.netloc.rpartition('@')[2]}"
    if kind == "webhook":
        return Webhook(url=host + split.path, secret=told.SMS_SECRET, per_second=per_second)
    return Twilio(
        url=host,
        account=split.username or "",
        token=told.SMS_SECRET,
        sender=_number(query),
        status_url=f"{told.SITE_URL.rstrip('/')}/hooks/sms/status/",
        per_second=per_second,
    )


def _number(query: Mapping[str, str]) -> str:
    """A plus in a query is a space to whoever reads it."""
    return query.get("from", "").replace(" ", "+")


ADAPTERS: dict[str, Adapter] = configured()


def adapter(channel: str) -> Adapter | None:
    """None where the clinic has no provider for it."""
    return ADAPTERS.get(channel)
