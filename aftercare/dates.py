"""The ends of the bans as a calendar file. A calendar is seen by others: it names no health."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event

from aftercare import told
from aftercare.models import AftercarePlan, Restriction

AN_HOUR = timedelta(hours=1)
SHOWN_FOR = timedelta(minutes=30)


def calendar_file(plan: AftercarePlan, language: str) -> bytes:
    """One event for each hour at which something is allowed again; the same file whenever asked."""
    calendar = Calendar()
    calendar.add("prodid", "-//Mesoclinic//Aftercare//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for event in _events(plan, language):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(plan: AftercarePlan, language: str) -> Iterator[Event]:
    clinic = plan.session.appointment.room.location.name
    rows = plan.restrictions.order_by("until", "pk")
    for until, same in groupby(rows, key=lambda row: row.until):
        released = _released(list(same))
        event = Event()
        event.add("uid", _uid(plan, until))
        event.add("dtstamp", released or plan.created_at)
        event.add("last-modified", released or plan.created_at)
        event.add("sequence", 1 if released else 0)
        event.add("status", "CANCELLED" if released else "CONFIRMED")
        event.add("dtstart", until)
        event.add("dtend", until + SHOWN_FOR)
        event.add("summary", told.say("event", language, clinic=clinic))
        event.add("description", told.say("event_text", language))
        event.add("transp", "TRANSPARENT")
        yield event


def _released(rows: list[Restriction]) -> datetime | None:
    """When the last of them was released; none while one of them still holds until its end."""
    moments = [row.released_at for row in rows]
    return None if None in moments else max(moment for moment in moments if moment)


def _uid(plan: AftercarePlan, until: datetime) -> str:
    """The same for ever, whatever is released: a calendar changes the event, and adds no other."""
    hours = (until - plan.session_ended_at) // AN_HOUR
    return f"{plan.uuid}-{hours}@{urlsplit(settings.SITE_URL).hostname}"
