"""The words of messages. By default they name nothing about health: that is behind the link.

A clinic's own words are `Template` rows. A patient who agreed to details gets the words of the
knowledge by mail; everybody else, and every SMS, the neutral ones below.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils import formats, translation

from clinic.errors import ClinicError
from clinic.knowledge.entries import Words
from clinic.knowledge.loader import load
from clinic.messaging.models import Channel, Edition, Message, Template
from clinic.staff.models import Location

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
EVERYWHERE = {"clinic", "clinic_phone", "urgent_phone", "emergency_number"}
TITLE = Words(
    en="A message from {clinic}", ru="Сообщение от {clinic}", uk="Повідомлення від {clinic}"
)


class MissingValue(ClinicError):
    code = "missing-value"
    text = "The words of message %(message)s ask for “%(name)s”, and nothing stands there."


class Wording(NamedTuple):
    """Title and text, with placeholders or without."""

    title: str
    text: str


class Draft(NamedTuple):
    """Words with their placeholders, and which version of the clinic's own; nought is ours."""

    version: int
    title: str
    text: str


NEUTRAL: Mapping[str, Words] = {
    message: Words.model_validate(words)
    for message, words in tomllib.loads(
        (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    ).items()
}


def known(message: str) -> bool:
    """Whether there are words for it, whatever the clinic adds."""
    return message in NEUTRAL or message in load().reminders


Own = Mapping[tuple[str, str, str], Template]  # by message, language and channel


class Book:
    """The words that a batch of messages needs, read once for all of them."""

    def __init__(
        self, own: Mapping[tuple[str, str, str], Template], place: Location | None
    ) -> None:
        self.own = own
        self.place = place  # whose numbers count where a message names no place

    @classmethod
    def of(cls, messages: Collection[Message]) -> "Book":
        rows = Template.objects.filter(message__in={one.message for one in messages})
        newest = {
            (row.message, row.language, row.channel): row for row in rows.order_by("version", "pk")
        }
        anywhere = any(one.location_id is None for one in messages)
        first = Location.objects.in_use().order_by("pk").first() if anywhere else None
        return cls(newest, first)


def compose(message: Message, *, link: str, book: Book | None = None) -> Wording:
    """The finished text in the recipient's language; a value that is missing sends nothing."""
    book = book or Book.of([message])
    return filled(message, draft_of(message, book), link=link, book=book)


def filled(message: Message, words: Draft | Edition, *, link: str, book: Book) -> Wording:
    """These words with what the message knows."""
    with translation.override(message.recipient.language):
        values = {"clinic": settings.CLINIC_NAME, "link": link, **_values(message, book)}
    title, text = (fill(part, values, of=message.message) for part in (words.title, words.text))
    return Wording(title, text)


def draft_of(message: Message, book: Book) -> Draft:
    """The clinic's newest own words, else the knowledge's if details are allowed, else neutral."""
    language = message.recipient.language
    own = book.own.get((message.message, language, message.channel))
    if own and own.text:
        return Draft(own.version, own.title or TITLE.in_(language), own.text)
    detailed = message.channel == Channel.EMAIL and message.recipient.details_allowed_at
    text = _detailed(message.message) if detailed else None
    return Draft(0, TITLE.in_(language), (text or neutral(message.message)).in_(language))


def asked_for(message: str) -> set[str]:
    """Every placeholder that has a value in this message."""
    everything = [neutral(message), _detailed(message)]
    texts = [words.in_(one) for words in everything if words for one in dict(settings.LANGUAGES)]
    return {name for text in texts for name in PLACEHOLDER.findall(text)} | EVERYWHERE


def fill(text: str, values: Mapping[str, str], *, of: str = "") -> str:
    """The text with what its placeholders stand for."""

    def value(found: re.Match[str]) -> str:
        if not values.get(found[1]):
            raise MissingValue(message=of, name=found[1])
        return values[found[1]]

    return PLACEHOLDER.sub(value, text)


def day(at: datetime, zone: tzinfo) -> str:
    """In the language that is active, on that clock: Tuesday, 1 December."""
    return formats.date_format(at.astimezone(zone), "l, j E")


def hour(at: datetime, zone: tzinfo) -> str:
    return formats.time_format(at.astimezone(zone), "H:i")


def _values(message: Message, book: Book) -> dict[str, str]:
    """Instants become days, or the hour for `time`, on the clock of the place of the visit."""
    place = message.location or book.place
    zone = place.zone if place else message.recipient.zone
    values: dict[str, str] = {}
    for name, value in message.values.items():
        at = datetime.fromisoformat(value) if INSTANT.match(value) else None
        values[name] = (hour if name == "time" else day)(at, zone) if at else value
    return {**(phones(place) if place else {}), **values}


def phones(place: Location) -> dict[str, str]:
    """The numbers of a place, as placeholders call them."""
    return {
        "clinic_phone": place.phone,
        "urgent_phone": place.urgent_phone,
        "emergency_number": place.emergency_number,
    }


def neutral(message: str) -> Words:
    """What it says where nothing about health may be said."""
    reminder = load().reminders.get(message)
    if message in NEUTRAL:
        return NEUTRAL[message]
    if reminder is None:
        raise MissingValue(message=message, name="text")
    return NEUTRAL[reminder.kind.value]


def _detailed(message: str) -> Words | None:
    reminder = load().reminders.get(message)
    if reminder is None or reminder.message is None:
        return None
    words = reminder.message
    return Words(en=f"{words.en}\n{{link}}", ru=f"{words.ru}\n{{link}}", uk=f"{words.uk}\n{{link}}")
