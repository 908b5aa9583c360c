"""A time that is being talked about: it blocks like a booking, and for some minutes only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from psycopg.types.range import TimestamptzRange

from clinic.errors import ClinicError
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import booking, courses, planning, reserving
from procedures.booking import Stretch
from procedures.models import Appointment, SlotReservation, TakenTime
from procedures.planning import Wish
from tests.factories.patients import make_patient
from tests.factories.procedures import (
    EARLIER,
    Place,
    book_visit,
    make_bookable_plan,
    make_place,
    make_visit,
)
from tests.factories.staff import NOW, make_room, make_staff, make_working_hours

pytestmark = pytest.mark.django_db
A_MINUTE = timedelta(minutes=1)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def place() -> Place:
    return make_place()


def colleague(place: Place) -> User:
    return make_staff(Role.RECEPTION, location=place.location)


def stretch(place: Place, **changes: object) -> Stretch:
    told = {"practitioner": place.practitioner, "room": place.room, "start": NOW, "minutes": 30}
    return Stretch(**(told | changes))  # type: ignore[arg-type]


def reserve(place: Place, **changes: object) -> SlotReservation:
    [row] = reserving.reserve([stretch(place, **changes)], at=EARLIER, by=place.desk)
    return row


def test_a_reserved_time_is_nobody_elses_by_constraint(place: Place) -> None:
    reserve(place)
    with pytest.raises(booking.Reserved):
        booking.book(make_visit(place), at=EARLIER, by=colleague(place))
    assert not Appointment.objects.exists()


def test_raw_sql_cannot_book_what_is_reserved(place: Place) -> None:
    """BK-02 and BK-06: not the program but one constraint judges visits and reservations."""
    reserve(place)
    with pytest.raises(IntegrityError, match="takentime_practitioner_free"):
        Appointment.objects.create(
            kind="consultation",
            patient=make_patient(),
            practitioner=place.practitioner,
            room=make_room(),
            slot=TimestamptzRange(NOW, NOW + HALF_AN_HOUR),
            booked_at=EARLIER,
            booked_by=place.desk,
        )


def test_a_booked_time_cannot_be_reserved(place: Place) -> None:
    book_visit(place)
    other = make_staff(Role.COSMETOLOGIST)
    make_working_hours(other, place.location)
    with pytest.raises(booking.PractitionerBusy):
        reserve(place, room=make_room(place.location))
    with pytest.raises(booking.RoomTaken):
        reserve(place, practitioner=other)
    assert not SlotReservation.objects.exists()


def test_two_desks_cannot_reserve_the_same_time(place: Place) -> None:
    reserve(place)
    with pytest.raises(booking.PractitionerBusy):
        reserving.reserve([stretch(place)], at=EARLIER, by=colleague(place))


def test_who_reserved_it_books_it_and_nothing_is_left_over(place: Place) -> None:
    reserve(place)
    visit = booking.book(make_visit(place), at=EARLIER, by=place.desk)
    assert not SlotReservation.objects.exists()
    assert TakenTime.objects.get().appointment_id == visit.pk


def test_what_is_kept_for_a_patient_any_desk_books_for_this_patient(place: Place) -> None:
    patient = make_patient(location=place.location)
    reserving.reserve([stretch(place)], patient=patient, at=EARLIER, by=place.desk)
    booking.book(make_visit(place, patient), at=EARLIER, by=colleague(place))
    assert not SlotReservation.objects.exists()


def test_an_expired_reservation_blocks_nobody_before_it_is_swept(place: Place) -> None:
    reserve(place)
    over = EARLIER + reserving.TALK
    booking.book(make_visit(place), at=over, by=colleague(place))
    assert not SlotReservation.objects.exists()


def test_an_expired_reservation_makes_room_for_another(place: Place) -> None:
    reserve(place)
    second = reserving.reserve([stretch(place)], at=EARLIER + reserving.TALK, by=colleague(place))
    assert list(SlotReservation.objects.all()) == second


def test_a_visit_moves_over_an_expired_reservation_but_not_over_a_living_one(place: Place) -> None:
    visit = book_visit(place, start=NOW + HALF_AN_HOUR)
    reserve(place)
    with pytest.raises(booking.Reserved):
        move(place, visit, at=EARLIER)
    assert move(place, visit, at=EARLIER + reserving.TALK).slot.lower == NOW


def move(place: Place, visit: Appointment, *, at: object) -> Appointment:
    return booking.move(
        visit,
        start=NOW,
        room=place.room,
        practitioner=place.practitioner,
        version=visit.version,
        at=at,  # type: ignore[arg-type]
        by=colleague(place),
    )


def test_what_is_over_is_removed_and_on_record(place: Place) -> None:
    reserve(place)
    assert reserving.sweep(at=EARLIER + reserving.TALK - A_MINUTE) == 0
    assert reserving.sweep(at=EARLIER + reserving.TALK) == 1
    assert not TakenTime.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="slot.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["slot.reserved", "slot.lapsed"]


def test_released_it_is_everybodys_at_once(place: Place) -> None:
    reserving.release(reserve(place), at=EARLIER, by=place.desk)
    booking.book(make_visit(place), at=EARLIER, by=colleague(place))
    assert Appointment.objects.count() == 1


def test_reserving_again_begins_anew(place: Place) -> None:
    first = reserve(place)
    [second] = reserving.reserve([stretch(place)], at=EARLIER + A_MINUTE, by=place.desk)
    assert second.expires_at == first.expires_at + A_MINUTE
    assert SlotReservation.objects.count() == 1


def test_several_times_are_kept_together_or_not_at_all(place: Place) -> None:
    book_visit(place, start=NOW + timedelta(days=7))
    week = [stretch(place, start=NOW + n * timedelta(days=7)) for n in range(3)]
    with pytest.raises(booking.PractitionerBusy):
        reserving.reserve(week, at=EARLIER, by=place.desk)
    assert not SlotReservation.objects.exists()


def test_nothing_is_reserved_outside_the_hours(place: Place) -> None:
    with pytest.raises(booking.OutsideHours):
        reserve(place, start=NOW.replace(hour=19))


def test_a_cancelled_and_a_moved_visit_give_their_time_back(place: Place) -> None:
    visit = book_visit(place)
    move_away = NOW + timedelta(hours=2)
    moved = booking.move(
        visit,
        start=move_away,
        room=place.room,
        practitioner=place.practitioner,
        version=1,
        at=EARLIER,
        by=place.desk,
    )
    assert TakenTime.objects.get().slot.lower == move_away
    booking.cancel(moved, "ill", at=EARLIER, by=place.desk)
    assert not TakenTime.objects.exists()


def test_the_planner_offers_nothing_that_is_kept_for_somebody_else(place: Place) -> None:
    plan = make_bookable_plan(place)
    reserve(place)
    wish = Wish(first=NOW.date(), hour=(NOW + timedelta(hours=2)).time(), minutes=30)
    first = planning.propose(plan, wish, at=EARLIER).sittings[0].seat.start
    assert first == NOW + HALF_AN_HOUR or first == NOW - HALF_AN_HOUR


def test_the_planner_offers_again_what_is_kept_for_this_patient(place: Place) -> None:
    plan = make_bookable_plan(place)
    wish = Wish(first=NOW.date(), hour=(NOW + timedelta(hours=2)).time(), minutes=30)
    seats = [one.seat for one in planning.propose(plan, wish, at=EARLIER).sittings]
    kept = [stretch(place, start=one.start) for one in seats]
    reserving.reserve(kept, patient=plan.patient, at=EARLIER, by=place.desk)
    again = [one.seat for one in planning.propose(plan, wish, at=EARLIER).sittings]
    assert again == seats
    courses.book_laid_out(plan, seats, wish, reason="", at=EARLIER, by=place.practitioner)
    assert not SlotReservation.objects.exists()


def test_no_hour_of_today_that_is_over_is_proposed(place: Place) -> None:
    plan = make_bookable_plan(place)
    late = NOW + timedelta(hours=3, minutes=2)
    wish = Wish(first=NOW.date(), hour=NOW.time(), minutes=45)
    assert planning.starts(plan, wish, at=late)[0] == NOW + timedelta(hours=3, minutes=5)


@pytest.mark.django_db(transaction=True)
def test_twenty_desks_that_book_or_reserve_one_time_end_in_one(place: Place) -> None:
    patients = [make_patient(location=place.location) for _ in range(10)]
    desks = [colleague(place) for _ in range(20)]

    def attempt(number: int) -> str:
        try:
            if number % 2:
                reserving.reserve([stretch(place)], at=EARLIER, by=desks[number])
            else:
                visit = make_visit(place, patients[number // 2])
                booking.book(visit, at=EARLIER, by=desks[number])
        except ClinicError as error:
            return error.code
        finally:
            connection.close()
        return "got it"

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(attempt, range(20)))
    assert outcomes.count("got it") == 1
    assert set(outcomes) <= {"got it", "reserved", "practitioner-busy", "room-taken"}
    assert Appointment.objects.count() + SlotReservation.objects.count() == 1
