"""No double booking, by constraint; every refusal says what to do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.range import TimestamptzRange

from clinic.errors import ClinicError, Stale, WrongState
from clinic.record.models import AuditEntry
from clinic.staff import places
from clinic.staff.models import Location
from clinic.staff.roles import Role
from procedures import booking
from procedures.models import MOVES, Appointment, AppointmentStatus
from tests.factories.patients import make_patient
from tests.factories.procedures import EARLIER, Place, book_visit, make_place, make_visit
from tests.factories.staff import NOW, make_room, make_staff, make_working_hours

pytestmark = pytest.mark.django_db
HALF_AN_HOUR = timedelta(minutes=30)


def test_visits_may_touch_but_not_overlap() -> None:
    place = make_place()
    book_visit(place)
    book_visit(place, start=NOW + HALF_AN_HOUR)
    with pytest.raises(booking.PractitionerBusy):
        book_visit(place, start=NOW + HALF_AN_HOUR / 2)
    assert Appointment.objects.count() == 2


def test_a_room_holds_one_patient_at_a_time() -> None:
    place = make_place()
    other = make_staff(Role.COSMETOLOGIST)
    make_working_hours(other, place.location)
    book_visit(place)
    with pytest.raises(booking.RoomTaken):
        book_visit(place, practitioner=other)


def test_a_patient_is_in_one_place_at_a_time() -> None:
    place = make_place()
    other = make_staff(Role.COSMETOLOGIST)
    make_working_hours(other, place.location)
    patient = book_visit(place).patient
    with pytest.raises(booking.PatientBusy):
        book_visit(place, patient, practitioner=other, room=make_room(place.location))


@pytest.fixture
def clinic_of_threads(transactional_db: None) -> Place:
    return make_place()


@pytest.mark.django_db(transaction=True)
def test_of_twenty_bookings_at_once_one_wins_and_nineteen_are_told_why(
    clinic_of_threads: Place,
) -> None:
    place, together = clinic_of_threads, Barrier(20)
    patients = [make_patient(location=place.location) for _ in range(20)]

    def attempt(number: int) -> str:
        try:
            together.wait(timeout=30)
            minutes = 5 * (number % 4)  # the starts differ, and all overlap
            start = NOW + timedelta(minutes=minutes)
            booking.book(
                make_visit(place, patients[number], start=start), at=EARLIER, by=place.desk
            )
        except ClinicError as error:
            return f"{error.code}: {error}"
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(20) as pool:
        outcomes = sorted(pool.map(attempt, range(20)))
    refusal = "practitioner-busy: The practitioner already has a visit at this time."
    assert outcomes.count("booked") == 1
    assert sum(outcome.startswith(refusal) for outcome in outcomes) == 19
    assert Appointment.objects.count() == 1


def test_raw_sql_cannot_double_book() -> None:
    visit = book_visit(make_place())
    with pytest.raises(IntegrityError, match="appointment_practitioner_free"):
        Appointment.objects.create(
            kind=visit.kind,
            patient=make_patient(),
            practitioner=visit.practitioner,
            room=make_room(),
            slot=TimestamptzRange(NOW, NOW + HALF_AN_HOUR),
            booked_at=EARLIER,
            booked_by=visit.booked_by,
        )


def test_a_cancelled_slot_is_free_at_once() -> None:
    place = make_place()
    booking.cancel(book_visit(place), "ill", at=EARLIER, by=place.desk)
    assert book_visit(place).status == AppointmentStatus.BOOKED


def test_a_visit_moves_and_counts_its_moves() -> None:
    place = make_place()
    visit = book_visit(place)
    moved = move(place, visit, NOW + HALF_AN_HOUR / 2)
    assert moved.slot.lower == NOW + HALF_AN_HOUR / 2
    assert (moved.moves, moved.version) == (1, 2)


def test_a_stale_move_is_refused() -> None:
    place = make_place()
    visit = book_visit(place)
    move(place, visit, NOW + HALF_AN_HOUR)
    with pytest.raises(Stale):
        move(place, visit, NOW + 2 * HALF_AN_HOUR)


def test_a_visit_does_not_move_onto_another() -> None:
    place = make_place()
    first, second = book_visit(place), book_visit(place, start=NOW + HALF_AN_HOUR)
    with pytest.raises(booking.PractitionerBusy):
        move(place, second, first.slot.lower)
    second.refresh_from_db()
    assert second.slot.lower == NOW + HALF_AN_HOUR


def test_nobody_is_booked_outside_their_hours() -> None:
    place = make_place()
    with pytest.raises(booking.OutsideHours):
        book_visit(place, start=NOW.replace(hour=18, minute=0))  # 20:00 in Kyiv


def test_nobody_is_booked_into_time_off() -> None:
    place = make_place()
    away = TimestamptzRange(NOW - timedelta(days=1), NOW + timedelta(days=1))
    places.add_time_off(place.practitioner, away, at=EARLIER, by=place.desk)
    with pytest.raises(booking.OutsideHours):
        book_visit(place)


def test_nobody_is_booked_with_reception_or_into_a_closed_room() -> None:
    place = make_place()
    with pytest.raises(booking.CannotTreat):
        book_visit(place, practitioner=place.desk)
    places.close_room(place.room, version=1, at=EARLIER, by=place.desk)
    with pytest.raises(booking.RoomClosed):
        book_visit(place)


@pytest.mark.parametrize(
    ("start", "minutes"),
    [
        (NOW + timedelta(minutes=3), 30),
        (NOW, 0),
        (NOW, -30),
        (NOW, 25 * 60),
        (NOW, 31),
        (NOW + timedelta(seconds=1), 30),
    ],
)
def test_a_visit_is_on_the_grid_and_no_longer_than_a_day_in_the_clinic(
    start: datetime, minutes: int
) -> None:
    with pytest.raises(booking.NotATime):
        make_visit(make_place(), start=start, minutes=minutes)


def test_an_hour_that_the_clock_change_skips_is_refused() -> None:
    location = Location(time_zone="Europe/Kyiv")
    with pytest.raises(booking.NoSuchTime):
        booking.moment(date(2027, 3, 28), time(3, 30), location)
    assert booking.moment(date(2027, 3, 28), time(4, 30), location).utcoffset() == timedelta(
        hours=3
    )


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001
def test_every_hour_that_exists_comes_back_the_same(wall: datetime) -> None:
    location = Location(time_zone="Europe/Kyiv")
    skipped = wall.replace(tzinfo=location.zone).astimezone(UTC).astimezone(location.zone)
    if skipped.replace(tzinfo=None) == wall:
        start = booking.moment(wall.date(), wall.time(), location)
        assert start.replace(tzinfo=None) == wall


def test_a_missed_visit_frees_the_slot_and_is_over() -> None:
    place = make_place()
    visit = booking.no_show(book_visit(place), at=NOW, by=place.desk)
    assert visit.ended_at == NOW
    with pytest.raises(WrongState):
        booking.arrive(visit, at=NOW, by=place.desk)


def test_a_consultation_is_finished_after_the_patient_came() -> None:
    place = make_place()
    visit = book_visit(place)
    with pytest.raises(WrongState):
        booking.finish(visit, at=NOW, by=place.practitioner)
    booking.arrive(visit, at=NOW, by=place.desk)
    assert booking.finish(visit, at=NOW, by=place.practitioner).ended_at == NOW


def test_every_act_is_on_the_record() -> None:
    place = make_place()
    visit = book_visit(place)
    booking.arrive(visit, at=NOW, by=place.desk)
    booking.cancel(visit, "left", at=NOW, by=place.desk)
    actions = AuditEntry.objects.filter(subject_uuid=visit.uuid).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "appointment.booked",
        "appointment.arrived",
        "appointment.cancelled",
    ]


def test_the_table_of_states_names_every_state() -> None:
    assert MOVES.keys() == set(AppointmentStatus)


def test_a_refused_booking_leaves_nothing_behind() -> None:
    place = make_place()
    book_visit(place)
    entries = AuditEntry.objects.count()
    patient = make_patient(location=place.location)
    registered = AuditEntry.objects.count() - entries
    with transaction.atomic(), pytest.raises(booking.PractitionerBusy):
        book_visit(place, patient)
    assert AuditEntry.objects.count() == entries + registered


def move(place: Place, visit: Appointment, start: datetime) -> Appointment:
    return booking.move(
        visit,
        start=start,
        room=place.room,
        practitioner=place.practitioner,
        version=visit.version,
        at=EARLIER,
        by=place.desk,
    )
