"""A message as somebody would get it, before it is ever sent."""

from copy import copy
from datetime import datetime, timedelta

from django.conf import settings

from clinic.messaging import segments, wording
from clinic.messaging.links import TOKEN_LENGTH
from clinic.messaging.models import Message, Recipient
from clinic.messaging.own_words import Key
from clinic.messaging.segments import Size
from clinic.messaging.wording import Draft, Wording
from clinic.staff.models import Location
from patients.models import Patient

SOON = timedelta(days=3)
ADDRESSES = {"url", "tasks"}  # what stands for an address of ours


def shown(key: Key, words: Draft, *, patient: Patient | None, at: datetime) -> tuple[Wording, Size]:
    """The finished words and what they take; a value that is missing raises as it would then."""
    message = _message(key, patient, at=at)
    place = Location.objects.in_use().order_by("pk").first()
    book = wording.Book({}, place)
    link = f"{settings.SITE_URL.rstrip('/')}/p/{'x' * TOKEN_LENGTH}/"
    found = wording.filled(message, words, link=link, book=book)
    return found, segments.measure(found.text)


def _message(key: Key, patient: Patient | None, *, at: datetime) -> Message:
    """What this patient was last owed of this kind, else one with dates of the coming days."""
    name, language, channel = key
    recipient = Recipient(time_zone=settings.TIME_ZONE)
    owed = None
    if patient is not None:
        recipient = copy(patient.recipient)
        rows = Message.objects.filter(message=name, patient_uuid=patient.uuid)
        owed = rows.select_related("location").order_by("-due_at", "-pk").first()
    recipient.language = language
    values = owed.values if owed else _examples(name, at=at)
    place = owed.location if owed else None
    return Message(
        message=name, recipient=recipient, channel=channel, values=values, location=place
    )


def _examples(name: str, *, at: datetime) -> dict[str, str]:
    asked = wording.asked_for(name) - wording.EVERYWHERE - {"link"}
    return {
        one: settings.SITE_URL if one in ADDRESSES else (at + SOON).isoformat() for one in asked
    }
