"""Where the clinic works, and who is there when."""

from datetime import UTC, datetime, time, timedelta

import pytest
from psycopg.types.range import TimestamptzRange

from clinic.errors import ClinicError, Stale, WrongState
from clinic.record.models import AuditEntry
from clinic.staff import places
from clinic.staff.models import Location, Room, TimeOff, WorkingHours
from clinic.staff.places import LocationFields
from clinic.staff.roles import Role
from tests.factories.staff import make_location, make_room, make_staff

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
FIELDS = LocationFields(
    name="Riverside",
    legal_name="Fictional Clinic Ltd",
    licence="No. 1",
    address="2 Imaginary Street",
    time_zone="Europe/Kyiv",
    language="uk",
    phone="+380440000003",
    urgent_phone="+380440000004",
    emergency_number="112",
    quiet_from=time(21, 0),
    quiet_until=time(8, 0),
)
pytestmark = pytest.mark.django_db


def test_a_location_opens_once_by_its_name() -> None:
    administrator = make_staff(Role.ADMINISTRATOR)
    place = places.open_location(at=NOW, by=administrator, **FIELDS)
    assert str(place.zone) == "Europe/Kyiv"
    assert AuditEntry.objects.get(action="location.opened").subject_uuid == place.uuid
    with pytest.raises(places.NameTaken):
        places.open_location(at=NOW, by=administrator, **FIELDS)


def test_a_misspelt_time_zone_is_refused() -> None:
    fields = LocationFields(**{**FIELDS, "time_zone": "Europe/Nowhere"})
    with pytest.raises(places.UnknownTimeZone, match="Europe/Nowhere"):
        places.open_location(at=NOW, by=make_staff(), **fields)
    assert not Location.objects.exists()


def test_an_edit_from_an_old_page_is_refused() -> None:
    place, by = make_location(), make_staff()
    places.edit_location(place, version=1, at=NOW, by=by, **FIELDS)
    with pytest.raises(Stale):
        places.edit_location(place, version=1, at=NOW, by=by, **FIELDS)
    place.refresh_from_db()
    assert (place.name, place.version) == ("Riverside", 2)


def test_the_last_location_stays_open() -> None:
    first, second, by = make_location(), make_location(), make_staff()
    places.close_location(first, version=1, at=NOW, by=by)
    assert list(Location.objects.in_use()) == [second]
    with pytest.raises(places.LastLocation):
        places.close_location(second, version=1, at=NOW, by=by)
    with pytest.raises(WrongState):
        places.close_location(first, version=2, at=NOW, by=by)


def test_rooms_are_named_apart_within_a_location() -> None:
    place, other, by = make_location(), make_location(), make_staff()
    room = places.add_room(place, " Blue room ", at=NOW, by=by)
    places.add_room(other, "Blue room", at=NOW, by=by)
    with pytest.raises(places.NameTaken):
        places.add_room(place, "Blue room", at=NOW, by=by)
    renamed = places.edit_room(room, "Green room", version=1, at=NOW, by=by)
    assert (renamed.name, renamed.version) == ("Green room", 2)


def test_a_closed_room_is_no_longer_in_use() -> None:
    room, by = make_room(), make_staff()
    places.close_room(room, version=1, at=NOW, by=by)
    assert not Room.objects.in_use().exists()
    with pytest.raises(WrongState):
        places.close_room(room, version=2, at=NOW, by=by)


def test_a_week_replaces_the_one_before() -> None:
    place, user = make_location(), make_staff()
    mornings = (place, 0, time(8), time(12))
    places.set_hours(user, [mornings, (place, 0, time(12), time(16))], at=NOW, by=user)
    places.set_hours(user, [mornings, (place, 2, time(9), time(17))], at=NOW, by=user)
    spans = WorkingHours.objects.order_by("weekday").values_list("weekday", "starts", "ends")
    assert list(spans) == [(0, time(8), time(12)), (2, time(9), time(17))]


@pytest.mark.parametrize(
    ("spans", "code"),
    [
        ([(0, 8, 12), (0, 11, 16)], "hours-overlap"),
        ([(0, 11, 16), (0, 8, 12)], "hours-overlap"),
        ([(0, 12, 8)], "hours-backwards"),
        ([(0, 8, 8)], "hours-backwards"),
    ],
)
def test_impossible_weeks_are_refused(spans: list[tuple[int, int, int]], code: str) -> None:
    place, user = make_location(), make_staff()
    places.set_hours(user, [(place, 6, time(8), time(9))], at=NOW, by=user)
    week = [(place, day, time(starts), time(ends)) for day, starts, ends in spans]
    with pytest.raises(ClinicError) as refusal:
        places.set_hours(user, week, at=NOW, by=user)
    assert refusal.value.code == code
    assert WorkingHours.objects.get().weekday == 6, "the week before is kept whole"


def test_hours_from_an_old_page_are_refused() -> None:
    user = make_staff()
    places.set_hours(user, [], version=1, at=NOW, by=user)
    with pytest.raises(Stale):
        places.set_hours(user, [], version=1, at=NOW, by=user)


def test_time_off_of_one_person_stands_apart() -> None:
    user, colleague = make_staff(), make_staff()
    week = TimestamptzRange(NOW, NOW + timedelta(days=7))
    absence = places.add_time_off(user, week, at=NOW, by=user)
    places.add_time_off(colleague, week, at=NOW, by=user)
    with pytest.raises(places.TimeOffOverlaps):
        places.add_time_off(
            user,
            TimestamptzRange(NOW + timedelta(days=6), NOW + timedelta(days=8)),
            at=NOW,
            by=user,
        )
    places.cancel_time_off(absence, at=NOW, by=user)
    places.add_time_off(user, week, at=NOW, by=user)
    with pytest.raises(WrongState):
        places.cancel_time_off(absence, at=NOW, by=user)
    assert TimeOff.objects.planned(user, at=NOW).count() == 1
    assert not TimeOff.objects.planned(user, at=NOW + timedelta(days=7)).exists()


def test_time_off_runs_forwards() -> None:
    user = make_staff()
    with pytest.raises(places.SpanBackwards):
        places.add_time_off(user, TimestamptzRange(NOW, NOW), at=NOW, by=user)
