"""The sheet of the calendar: wall times out, drops in, and what a drop says to whom."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from clinic.messaging.models import Message, MessageState
from clinic.record.models import AuditEntry
from clinic.staff.models import TimeOff
from clinic.staff.roles import Role
from procedures import booking, reserving
from procedures.booking import Stretch
from procedures.models import Appointment
from procedures.telling import GRACE
from tests.factories.patients import make_patient
from tests.factories.procedures import (
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_place,
)
from tests.factories.staff import NOW, make_room, make_staff, make_working_hours
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db
FEED = "/treatment/calendar/feed/"
MARKS = "/treatment/calendar/marks/"
WEEK = {"from": "2026-03-02", "until": "2026-03-09"}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def desk(place: Place) -> Client:
    return signed_in(place.desk)


def feed(client: Client, **asked: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(FEED, WEEK | asked).json()
    return found


def visits_in(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in found["events"] if one.get("display") != "background"]


def wish(place: Place, **changes: object) -> dict[str, Any]:
    """Let go at three in the afternoon of the same day."""
    return {
        "start": "2026-03-04T15:00",
        "minutes": "30",
        "practitioner": place.practitioner.uuid,
        "room": place.room.uuid,
        "version": "1",
        **changes,
    }


def drop(client: Client, visit: Appointment, told: dict[str, Any]) -> Any:
    return client.post(reverse("procedures:appointment-drop", args=[visit.uuid]), told)


# What is shown


@pytest.mark.parametrize(
    ("zone", "wall"), [("Europe/Kyiv", "11:00"), ("Asia/Kathmandu", "14:45"), ("UTC", "09:00")]
)
def test_hours_are_those_of_the_place(zone: str, wall: str) -> None:
    place = make_place(time_zone=zone)
    visit = book_visit(place)
    [shown] = visits_in(feed(signed_in(place.desk)))
    assert (shown["id"], shown["start"]) == (str(visit.uuid), f"2026-03-04T{wall}")
    assert shown["resourceId"] == str(place.practitioner.uuid)


def test_a_column_is_a_person_or_a_room(place: Place, desk: Client) -> None:
    empty = make_room(place.location, name="Another")
    book_visit(place)
    assert [one["id"] for one in feed(desk)["columns"]] == [str(place.practitioner.uuid)]
    by_room = feed(desk, by="room")
    assert {one["id"] for one in by_room["columns"]} == {str(empty.uuid), str(place.room.uuid)}
    assert visits_in(by_room)[0]["resourceId"] == str(place.room.uuid)


def test_off_the_shift_and_away_are_grey(place: Place, desk: Client) -> None:
    TimeOff.objects.create(
        user=place.practitioner, span=TimestamptzRange(NOW, NOW + timedelta(hours=2))
    )
    found = [one for one in feed(desk)["events"] if one.get("display") == "background"]
    off = [one for one in found if one["classNames"] == ["is-off"]]
    assert [one["start"] for one in off[:2]] == ["2026-03-02T00:00:00", "2026-03-02T20:00:00"]
    [away] = [one for one in found if one["classNames"] == ["is-away"]]
    assert (away["start"], away["end"]) == ("2026-03-04T11:00", "2026-03-04T13:00")


def test_who_lost_the_role_still_shows_with_what_is_booked(place: Place, desk: Client) -> None:
    book_visit(place)
    place.practitioner.roles = [Role.AUDITOR.value]
    place.practitioner.save()
    assert [one["id"] for one in feed(desk)["columns"]] == [str(place.practitioner.uuid)]


def test_a_cancelled_visit_is_gone_and_who_only_reads_cannot_drag(place: Place) -> None:
    booking.cancel(book_visit(place), "asked", at=NOW, by=place.desk)
    book_visit(place)
    [shown] = visits_in(feed(signed_in(make_staff(Role.AUDITOR, location=place.location))))
    assert shown["editable"] is False


def test_a_week_of_ten_people_takes_few_queries(place: Place, desk: Client) -> None:
    for number in range(10):
        person = make_staff(Role.COSMETOLOGIST, location=place.location)
        make_working_hours(person, place.location)
        book_visit(place, practitioner=person, room=make_room(place.location, name=f"R{number}"))
    feed(desk)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert len(visits_in(feed(desk))) == 10
    ours = [one for one in asked if "django_session" not in one["sql"]]
    signed = [one for one in ours if 'FROM "staff_user"' in one["sql"] and "LIMIT 21" in one["sql"]]
    assert len(ours) - len(signed) <= 5


def test_marks_name_what_is_missing_and_how_far_the_course_is(place: Place, desk: Client) -> None:
    session = book_course(make_bookable_plan(place), place).sessions.get(number=1)
    mark = desk.get(MARKS, WEEK).json()[str(session.appointment.uuid)]
    assert "no consent in force" in [one["label"] for one in mark["lacks"]]
    assert mark["dots"] == {"done": 0, "booked": 2, "total": 2}


def test_only_who_sees_the_calendar_sees_the_feed(place: Place) -> None:
    assert Client().get(FEED).status_code == 302
    for role in Role:
        assert signed_in(make_staff(role, location=place.location)).get(FEED).status_code == 200


# What is dropped


def test_a_dragged_visit_moves_grows_and_is_on_record(place: Place, desk: Client) -> None:
    visit = book_visit(place)
    answer = drop(desk, visit, wish(place, minutes="45"))
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    visit.refresh_from_db()
    assert (visit.slot.lower, visit.minutes) == (NOW + timedelta(hours=4), 45)
    assert AuditEntry.objects.filter(action="appointment.moved").count() == 1


def test_the_patient_is_told_after_some_minutes_unless_it_is_undone(
    place: Place, desk: Client
) -> None:
    visit = book_visit(place)
    drop(desk, visit, wish(place, tell="on"))
    moved = Message.objects.filter(message="visit-moved")
    message = moved.get()
    assert (message.message, message.due_at) == ("visit-moved", NOW + GRACE)
    drop(desk, visit, wish(place, start="2026-03-04T11:00", version="2"))
    message.refresh_from_db()
    assert message.state == MessageState.CANCELLED
    assert moved.count() == 1


def test_nobody_is_told_of_a_move_unless_it_is_asked_for(place: Place, desk: Client) -> None:
    drop(desk, book_visit(place), wish(place))
    assert not Message.objects.filter(message="visit-moved").exists()


def test_a_dragged_session_takes_those_after_it_along(place: Place, desk: Client) -> None:
    course = book_course(make_bookable_plan(place), place)
    first = course.sessions.get(number=1).appointment
    told = wish(place, start="2026-03-05T12:00", minutes="45", following="on")
    assert drop(desk, first, told).json()["moved"] == 2
    starts = course.sessions.order_by("number").values_list("appointment__slot", flat=True)
    zone = place.location.zone
    walls = [f"{one.lower.astimezone(zone):%d %H:%M}" for one in starts]
    assert walls == ["05 12:00", "12 12:00"]


def test_a_drop_onto_another_visit_is_refused_with_what_is_free(place: Place, desk: Client) -> None:
    visit = book_visit(place)
    book_visit(place, start=NOW + timedelta(hours=4))
    answer = drop(desk, visit, wish(place))
    assert answer.status_code == 409
    assert answer.json()["error"] == str(booking.PractitionerBusy())
    assert answer.json()["fresh"]["start"] == "2026-03-04T11:00"
    assert len(answer.json()["free"]) == 3


def test_two_desks_that_drag_the_same_visit_move_it_once(place: Place, desk: Client) -> None:
    visit = book_visit(place)
    drop(desk, visit, wish(place))
    answer = drop(desk, visit, wish(place, start="2026-03-04T16:00"))
    assert (answer.status_code, answer.json()["stale"]) == (409, True)
    assert answer.json()["fresh"]["start"] == "2026-03-04T15:00"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"start": "2026-03-03T15:00"}, 409),  # yesterday
        ({"start": "2026-03-29T03:30"}, 409),  # an hour that the clocks skip
        ({"start": "2026-03-04T15:02"}, 409),  # off the grid
        ({"start": "2026-03-04T22:00"}, 409),  # outside the hours
        ({"start": "soon"}, 422),
        ({"minutes": "1500"}, 422),
        ({"minutes": "-30"}, 422),
        ({"room": "nowhere"}, 422),
    ],
)
def test_a_bad_drop_changes_nothing(
    place: Place, desk: Client, changes: dict[str, Any], status: int
) -> None:
    visit = book_visit(place)
    assert drop(desk, visit, wish(place, **changes)).status_code == status
    visit.refresh_from_db()
    assert (visit.slot.lower, visit.version) == (NOW, 1)


def test_who_only_reads_cannot_drop(place: Place) -> None:
    visit = book_visit(place)
    assert drop(signed_in(Role.AUDITOR), visit, wish(place)).status_code == 403


def test_what_is_kept_is_drawn_without_saying_for_whom(place: Place, desk: Client) -> None:
    patient = make_patient(location=place.location)
    kept = Stretch(practitioner=place.practitioner, room=place.room, start=NOW, minutes=30)
    reserving.reserve([kept], patient=patient, at=NOW, by=place.desk)
    for by, column in (("person", place.practitioner.uuid), ("room", place.room.uuid)):
        drawn = feed(desk, **{"from": "2026-03-04", "by": by})
        [event] = [e for e in drawn["events"] if "is-reserved" in e.get("classNames", [])]
        assert (event["resourceId"], event["start"]) == (str(column), "2026-03-04T11:00")
        assert event["title"] == f"Kept until 11:10, {place.desk.full_name}"
        assert patient.family_name not in str(drawn)
