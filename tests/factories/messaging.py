"""Recipients, links and messages of an imaginary clinic, and providers that misbehave."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from clinic.messaging import links, outbox
from clinic.messaging.channels import Adapter, Letter
from clinic.messaging.models import Message, PatientLink, Purpose, Recipient
from clinic.messaging.outbox import Owed
from tests.factories.staff import NOW

_number = count(1)


def make_recipient(
    *, language: str = "en", time_zone: str = "Europe/Kyiv", email_allowed: bool = True
) -> Recipient:
    """Somebody who reads mail, and allowed it unless told otherwise."""
    return Recipient.objects.create(
        email=f"somebody-{next(_number)}@patients.example",
        phone="+380440000009",
        language=language,
        time_zone=time_zone,
        email_allowed_at=NOW if email_allowed else None,
    )


def make_link(
    recipient: Recipient | None = None,
    *,
    purpose: Purpose = Purpose.AFTERCARE,
    subject: str = "session:1",
    at: datetime = NOW,
    lasts: timedelta = timedelta(days=21),
) -> PatientLink:
    recipient = recipient or make_recipient()
    return links.make(recipient, purpose, subject, expires_at=at + lasts, at=at)


def owe(**changes: Any) -> Message:
    """One message that is due now and of use for a day."""
    words: dict[str, Any] = {
        "subject": "session:1",
        "message": "staff-invite",
        "due_at": NOW,
        "not_after": NOW + timedelta(days=1),
        "values": {"url": "https://clinic.example/welcome/"},
        **changes,
    }
    words.setdefault("recipient", None)
    words["recipient"] = words["recipient"] or make_recipient()
    with transaction.atomic():
        return outbox.owe(Owed(**words), at=NOW)


class Provider(Adapter):
    """Takes every letter, or answers what it was told to answer."""

    def __init__(self, *answers: Exception | None, idempotent: bool = False) -> None:
        self.letters: list[Letter] = []
        self.answers = list(answers)
        self.idempotent = idempotent

    def send(self, letter: Letter) -> str:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.letters.append(letter)
        return f"id-{letter.key}"
