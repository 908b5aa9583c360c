"""The day as it is drawn: who is where, what is free, what is missing, on any wall clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from clinic.staff.models import Location, Room, TimeOff, User
from clinic.staff.roles import Role
from consent import withdrawing
from consent.models import ConsentDocument
from procedures import booking, courses, day, readiness
from procedures.readiness import CONSENT, HOLD, INTAKE, PHOTO, SCREENING
from tests.factories.procedures import (
    Place,
    book_visit,
    make_completed_session,
    make_place,
    make_ready_session,
    make_session,
)
from tests.factories.staff import (
    NOW,
    make_location,
    make_room,
    make_staff,
    make_working_hours,
)

pytestmark = pytest.mark.django_db
WEDNESDAY = NOW.date()


def drawn(
    location: Location, on: date = WEDNESDAY, *, user: User | None = None, at: datetime = NOW
) -> day.Day:
    return day.day(location, on, user=user or make_staff(Role.RECEPTION), at=at)


def one_of(place: Place) -> day.Block:
    (block,) = drawn(place.location).blocks
    return block


def test_a_visit_stands_where_its_hour_is() -> None:
    place = make_place()
    book_visit(place, minutes=45)  # 11:00 in Kyiv
    block = one_of(place)
    assert (block.span.at, block.span.length) == ((11 - 8) * 12, 9)
    assert block.tone == "booked"


def test_forty_visits_cost_as_many_queries_as_one() -> None:
    place = make_place()
    book_visit(place, minutes=15)
    with CaptureQueriesContext(connection) as one:
        assert len(drawn_again(place.location, place.desk).blocks) == 1
    other = replace(place, practitioner=other_person(place), room=make_room(place.location))
    for number in range(39):
        start = NOW + timedelta(minutes=15 * (number % 20 + 1))
        book_visit(other if number < 20 else place, start=start, minutes=15)
    with CaptureQueriesContext(connection) as forty:
        assert len(drawn_again(place.location, place.desk).blocks) == 40
    assert 2 < len(forty) == len(one)


def drawn_again(location: Location, desk: User) -> day.Day:
    return day.day(location, WEDNESDAY, user=desk, at=NOW)


def test_sessions_cost_no_query_each() -> None:
    place = make_place()
    make_session(place)
    desk = make_staff(Role.RECEPTION)
    with CaptureQueriesContext(connection) as one:
        assert len(drawn_again(place.location, desk).blocks) == 1
    for _ in range(3):
        other = replace(place, practitioner=other_person(place), room=make_room(place.location))
        make_session(other)
    with CaptureQueriesContext(connection) as four:
        assert len(drawn_again(place.location, desk).blocks) == 4
    assert 6 < len(four) == len(one)


def test_off_shift_is_grey_and_not_offered() -> None:
    location, person = make_location(), make_staff(Role.COSMETOLOGIST)
    make_working_hours(person, location, starts=time(10, 0), ends=time(12, 0))
    (column,) = drawn(location).columns
    assert [(span.at, span.length) for span in column.off] == [(0, 24), (48, 96)]
    assert [free.wall[-5:] for free in column.free] == ["10:00", "10:30", "11:00", "11:30"]


def test_time_off_is_grey_until_it_is_cancelled() -> None:
    place = make_place()
    away = TimeOff.objects.create(
        user=place.practitioner, span=TimestamptzRange(NOW, NOW + timedelta(hours=1))
    )
    (column,) = drawn(place.location).columns
    assert [(span.at, span.length) for span in column.off] == [(36, 12)]
    assert "11:00" not in {free.wall[-5:] for free in column.free}
    TimeOff.objects.filter(pk=away.pk).update(cancelled_at=NOW)
    assert drawn(place.location).columns[0].off == ()


def test_a_visit_takes_its_time_and_a_missed_one_gives_it_back() -> None:
    place = make_place()
    visit = book_visit(place)
    assert "11:00" not in hours_free(place)
    assert "11:30" in hours_free(place)
    booking.no_show(visit, at=NOW, by=place.desk)
    assert "11:00" in hours_free(place)
    assert one_of(place).tone == "off"


def hours_free(place: Place) -> set[str]:
    return {free.wall[-5:] for free in drawn(place.location).columns[0].free}


def test_a_cancelled_visit_is_gone_from_the_day() -> None:
    place = make_place()
    booking.cancel(book_visit(place), "ill", at=NOW, by=place.desk)
    assert drawn(place.location).blocks == []


def test_the_now_line_stands_only_on_today() -> None:
    place = make_place()
    assert drawn(place.location).now == (11 - 8) * 12
    assert drawn(place.location, WEDNESDAY + timedelta(days=1)).now is None


@pytest.mark.parametrize(
    ("on", "length"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 4), 24)]
)
def test_a_day_of_a_clock_change_is_whole(on: date, length: int) -> None:
    location, person = make_location(), make_staff(Role.COSMETOLOGIST)
    make_working_hours(person, location, starts=time(0, 0), ends=time(23, 59))
    place = Place(
        location=location,
        room=make_room(location),
        practitioner=person,
        desk=make_staff(Role.RECEPTION),
    )
    midnight = datetime.combine(on, time(), location.zone).astimezone(UTC)
    first, last = midnight, midnight + timedelta(hours=length - 1)
    for start in (first, last, midnight + timedelta(hours=length)):
        book_visit(place, start=start)
    noon = datetime.combine(on, time(12), location.zone)
    book_visit(place, start=noon)
    shown = [block.visit.slot.lower for block in drawn(location, on).blocks]
    assert shown == [first, noon, last]
    spans = [block.span.at for block in drawn(location, on).blocks]
    assert spans == [0, 12 * 12, 23 * 12]


@pytest.mark.parametrize(
    ("without", "lack"),
    [("photo", PHOTO), ("consent", CONSENT), ("screening", SCREENING), ("", None)],
)
def test_what_a_session_of_today_lacks_is_an_icon(
    without: str, lack: readiness.Lack | None
) -> None:
    session = make_ready_session(without=without)
    location = session.course.plan.location
    (block,) = drawn(location).blocks
    assert block.missing == ((lack,) if lack else ())
    assert readiness.lacks_of(session.appointment, at=NOW) == block.missing


def test_a_withdrawn_consent_is_missing_again() -> None:
    session = make_ready_session()
    withdrawing.withdraw(ConsentDocument.objects.get(), "", at=NOW, by=make_staff(Role.RECEPTION))
    (block,) = drawn(session.course.plan.location).blocks
    assert block.missing == (CONSENT,)


def test_a_change_of_history_asks_for_screening_again() -> None:
    session = make_ready_session()
    patient = session.patient
    patient.history_changed_at = NOW + timedelta(minutes=1)
    patient.save()
    (block,) = drawn(session.course.plan.location).blocks
    assert block.missing == (SCREENING,)


def test_nobody_is_screened_before_the_day() -> None:
    session = make_session()
    assert {INTAKE, SCREENING}.isdisjoint(lacking_on_the_eve(session.course.plan.location))


def lacking_on_the_eve(location: Location) -> set[readiness.Lack]:
    (block,) = drawn(location, at=NOW - timedelta(days=1)).blocks
    return set(block.missing)


def test_a_questionnaire_that_was_never_finished_is_missing() -> None:
    session = make_session()
    session.patient.intakes.all().update(completed_at=None)
    (block,) = drawn(session.course.plan.location).blocks
    assert INTAKE in block.missing


def test_a_course_on_hold_is_shown() -> None:
    session = make_ready_session()
    held = courses.hold(session.course, "test", "wait", at=NOW, by=None)
    (block,) = drawn(session.course.plan.location).blocks
    assert block.missing == (HOLD,)
    courses.release(held, "fine", at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    (block,) = drawn(session.course.plan.location).blocks
    assert block.missing == ()


def test_who_was_treated_lacks_nothing_and_waits_no_longer() -> None:
    session = make_completed_session()
    shown = drawn(session.course.plan.location)
    (block,) = shown.blocks
    assert (block.missing, shown.waiting) == ((), [])
    assert block.dots == courses.Dots(done=1, booked=1, total=2)


def test_who_is_here_stands_before_who_is_expected() -> None:
    place = make_place()
    expected = book_visit(place)
    here = book_visit(place, start=NOW + timedelta(hours=1))
    booking.arrive(here, at=NOW, by=place.desk)
    waiting = [block.visit.pk for block in drawn(place.location).waiting]
    assert waiting == [here.pk, expected.pk]


def test_the_own_column_stands_first() -> None:
    place = make_place()
    last = other_person(place)
    last.full_name = "Zz Last"
    last.save()
    assert [column.practitioner for column in drawn(place.location, user=last).columns] == [
        last,
        place.practitioner,
    ]


def test_another_place_has_another_day() -> None:
    place, other = make_place(), make_place(time_zone="America/New_York")
    book_visit(place)
    assert drawn(other.location).blocks == []


def test_who_may_not_see_the_calendar_sees_nobody() -> None:
    place = make_place()
    book_visit(place)
    nobody = make_staff(Role.RECEPTION)
    nobody.roles = []
    assert drawn(place.location, user=nobody).blocks == []


def test_a_free_room_is_found_for_a_click() -> None:
    place = make_place()
    second = make_room(place.location, name="ZZ last")
    assert free_room(place) == place.room
    visit = book_visit(place)
    assert free_room(place) == second
    book_visit(replace(place, room=second, practitioner=other_person(place)))
    assert free_room(place) is None
    booking.cancel(visit, "ill", at=NOW, by=place.desk)
    assert free_room(place) == place.room


def free_room(place: Place) -> Room | None:
    return day.free_room(place.location, NOW, user=place.desk, at=NOW)


def other_person(place: Place) -> User:
    person = make_staff(Role.COSMETOLOGIST, location=place.location)
    make_working_hours(person, place.location)
    return person


def test_the_day_is_the_day_of_the_place() -> None:
    place = make_place(time_zone="America/New_York")
    late = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)  # still Wednesday evening there
    assert drawn(place.location, WEDNESDAY, at=late).now is not None
    assert timezone.localdate(late, place.location.zone) == WEDNESDAY
