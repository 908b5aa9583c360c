"""Visits in a calendar programme: stable names, counted changes, nothing about anybody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from clinic.staff.roles import Role
from procedures import booking, feeds
from procedures.models import CalendarFeed
from tests.factories.procedures import Place, book_visit, make_place
from tests.factories.staff import NOW
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def place() -> Place:
    return make_place()


def read(token: str, **headers: str) -> Any:
    return Client().get(reverse("procedures:feed-read", args=[token]), headers=headers)


def events(token: str) -> list[Any]:
    return list(Calendar.from_ical(read(token).content).walk("VEVENT"))


def test_a_visit_keeps_its_name_while_it_is_moved_and_says_when_it_is_off(place: Place) -> None:
    visit = book_visit(place)
    token = feeds.make(place.practitioner, at=NOW, by=place.practitioner)
    [before] = events(token)
    for hour in range(1, 6):
        start = NOW + timedelta(hours=hour)
        wish = booking.Place(
            start=start, room=place.room, practitioner=place.practitioner, version=hour
        )
        booking.move(visit, **wish, at=NOW, by=place.desk)
    [after] = events(token)
    assert after["uid"] == before["uid"] == f"{visit.uuid}@mesoclinic"
    assert (before["sequence"], after["sequence"]) == (0, 5)
    assert after["dtstart"].dt == NOW + timedelta(hours=5)
    booking.cancel(visit, "asked", at=NOW, by=place.desk)
    [gone] = events(token)
    assert (gone["status"], gone["sequence"]) == ("CANCELLED", 6)


def test_it_names_no_person_and_nothing_about_health(place: Place) -> None:
    visit = book_visit(place, note="is afraid of needles")
    text = read(feeds.make(visit.patient, at=NOW, by=place.desk)).content.decode()
    for word in (visit.patient.family_name, visit.patient.given_name, "needles", "onsultation"):
        assert word not in text
    assert place.practitioner.full_name not in text


def test_the_same_visits_are_not_sent_twice(place: Place) -> None:
    visit = book_visit(place)
    token = feeds.make(place.practitioner, at=NOW, by=place.practitioner)
    tag = read(token)["ETag"]
    assert read(token, if_none_match=tag).status_code == 304
    booking.arrive(visit, at=NOW, by=place.desk)
    assert read(token, if_none_match=tag).status_code == 200


def test_a_new_address_closes_the_one_before_and_a_closed_one_opens_nothing(place: Place) -> None:
    old = feeds.make(place.practitioner, at=NOW, by=place.practitioner)
    new = feeds.make(place.practitioner, at=NOW, by=place.practitioner)
    assert (read(old).status_code, read(new).status_code) == (404, 200)
    assert feeds.revoke(place.practitioner, at=NOW, by=place.practitioner) == 1
    assert read(new).status_code == 404
    assert not CalendarFeed.objects.filter(token_sha256=new).exists()


def test_who_left_the_clinic_is_read_no_more(place: Place) -> None:
    token = feeds.make(place.practitioner, at=NOW, by=place.practitioner)
    place.practitioner.is_active, place.practitioner.deactivated_at = False, NOW
    place.practitioner.save()
    assert read(token).status_code == 404


def test_only_the_own_visits_are_told(place: Place) -> None:
    other = make_place()
    book_visit(other)
    assert events(feeds.make(place.practitioner, at=NOW, by=place.practitioner)) == []


def test_the_page_shows_the_address_once(place: Place) -> None:
    client = signed_in(place.practitioner)
    page = client.post(reverse("procedures:feed-own")).content.decode()
    assert ".ics" in page
    assert ".ics" not in client.get(reverse("procedures:feed-own")).content.decode()
    client.post(reverse("procedures:feed-own"), {"revoke": "yes"})
    assert not CalendarFeed.objects.alive().exists()


def test_an_auditor_without_visits_may_still_ask(place: Place) -> None:
    assert signed_in(Role.AUDITOR).get(reverse("procedures:feed-own")).status_code == 200
