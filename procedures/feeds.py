"""Visits for a calendar programme: no name, no word about health; the address is a secret.

Whoever has the address reads the times, so it can be replaced, and only its hash is kept.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from clinic.record import audit
from clinic.record.audit import Named
from clinic.staff.models import User
from patients.models import Patient
from procedures.models import Appointment, AppointmentStatus, CalendarFeed
from procedures.models.feeds import CalendarFeedQuerySet

KEPT = timedelta(days=60)  # for how long past visits stay in the feed
CANCELLED = {AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW}


@transaction.atomic
def make(owner: User | Patient, *, at: datetime, by: Named) -> str:
    """A new address for somebody's visits, told once; the one before opens nothing any more."""
    owned = _owned(owner)
    owned.filter(revoked_at=None).update(revoked_at=at)
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed(token_sha256=_digest(token), made_at=at)
    if isinstance(owner, User):
        feed.practitioner = owner
    else:
        feed.patient = owner
    feed.save()
    patient = owner.uuid if isinstance(owner, Patient) else None
    audit.record("feed.made", feed, at=at, by=by, patient=patient)
    return token


@transaction.atomic
def revoke(owner: User | Patient, *, at: datetime, by: Named) -> int:
    """The address opens nothing any more; how many were alive."""
    patient = owner.uuid if isinstance(owner, Patient) else None
    alive = list(_owned(owner).filter(revoked_at=None).select_for_update(no_key=True))
    for feed in alive:
        feed.revoked_at = at
        feed.save(update_fields=["revoked_at"])
        audit.record("feed.revoked", feed, at=at, by=by, patient=patient)
    return len(alive)


def of(token: str) -> CalendarFeed | None:
    """The feed of an address, if it still opens anything."""
    rows = CalendarFeed.objects.alive().select_related("practitioner", "patient")
    return rows.filter(token_sha256=_digest(token)).first()


def written(feed: CalendarFeed, *, at: datetime) -> bytes:
    """The feed as iCalendar: the same visits give the same bytes."""
    owner = feed.practitioner or feed.patient
    language = owner.language if owner else settings.LANGUAGE_CODE
    with translation.override(language):
        calendar = Calendar()
        calendar.add("prodid", "-//Mesoclinic//Visits//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", settings.CLINIC_NAME)
        for visit in _visits(feed, at=at):
            calendar.add_component(_event(visit))
        return bytes(calendar.to_ical())


def etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _visits(feed: CalendarFeed, *, at: datetime) -> list[Appointment]:
    rows = Appointment.objects.filter(slot__endswith__gt=at - KEPT)
    rows = (
        rows.filter(practitioner=feed.practitioner)
        if feed.practitioner
        else rows.filter(patient=feed.patient)
    )
    return list(rows.select_related("room__location").order_by("slot", "pk"))


def _event(visit: Appointment) -> Event:
    """Its name never changes; its sequence counts every change, so that a programme notices."""
    event = Event()
    event.add("uid", f"{visit.uuid}@mesoclinic")
    event.add("dtstamp", visit.booked_at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", visit.version - 1)
    event.add("dtstart", visit.slot.lower.astimezone(UTC))
    event.add("dtend", visit.slot.upper.astimezone(UTC))
    place = visit.room.location
    event.add("summary", _("Visit, %(place)s") % {"place": settings.CLINIC_NAME})
    event.add("location", f"{place.name}, {place.address}, {visit.room.name}")
    event.add("status", "CANCELLED" if visit.status in CANCELLED else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def _owned(owner: User | Patient) -> CalendarFeedQuerySet:
    return (
        CalendarFeed.objects.filter(practitioner=owner)
        if isinstance(owner, User)
        else CalendarFeed.objects.filter(patient=owner)
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
