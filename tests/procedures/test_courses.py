"""All sessions at once, all or none, at the distance the plan asks for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from psycopg import errors

from clinic.errors import ClinicError, WrongState
from clinic.staff.roles import Role
from patients import history
from patients.models import Asserter
from procedures import booking, colliding, courses, planning, plans
from procedures.models import Appointment, AppointmentKind, Course, CourseHold, Plan, Session
from procedures.planning import Wish
from tests.factories.plans import make_intent, make_plan
from tests.factories.procedures import (
    EARLIER,
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_completed_session,
    make_place,
    make_session,
    make_visit,
)
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
A_WEEK = timedelta(days=7)


def test_a_course_is_booked_whole() -> None:
    place = make_place()
    course = book_course(make_bookable_plan(place, sessions=4), place)
    slots = [visit.slot.lower for visit in Appointment.objects.order_by("slot")]
    assert slots == [NOW + n * A_WEEK for n in range(4)]
    assert courses.counted(course) == courses.Dots(done=0, booked=4, total=4)


def test_a_conflict_on_the_last_date_books_nothing() -> None:
    place = make_place()
    plan = make_bookable_plan(place, sessions=3)
    book_visit(place, start=NOW + 2 * A_WEEK)
    starts = [NOW, NOW + A_WEEK, NOW + 2 * A_WEEK]
    with pytest.raises(booking.PractitionerBusy):
        courses.book(plan, starts, room=place.room, minutes=45, at=EARLIER, by=place.desk)
    assert not Course.objects.exists()
    assert Session.objects.count() == 0


def test_a_proposal_goes_round_what_is_taken() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    book_visit(place, start=NOW)
    proposed = planning.starts(plan, wish(place), at=EARLIER)
    assert proposed[0] != NOW
    assert proposed[0].astimezone(place.location.zone).date() == NOW.date()
    assert proposed[1] - proposed[0] >= A_WEEK - timedelta(hours=9)
    courses.book(plan, proposed, room=place.room, minutes=45, at=EARLIER, by=place.desk)


def test_a_course_over_a_clock_change_keeps_its_hour() -> None:
    place = make_place()
    plan = make_bookable_plan(place, sessions=6)
    proposed = planning.starts(plan, wish(place), at=EARLIER)
    zone = place.location.zone
    assert {start.astimezone(zone).time() for start in proposed} == {time(11, 0)}
    assert len({start.utcoffset() for start in proposed}) == 2  # the course crosses 29 March


@pytest.mark.parametrize("days", [1, 6])
def test_sessions_too_close_together_are_refused(days: int) -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    starts = [NOW, NOW + timedelta(days=days)]
    with pytest.raises(courses.TooClose, match="Session 2 is less than 7 days"):
        courses.book(plan, starts, room=place.room, minutes=45, at=EARLIER, by=place.desk)


def test_the_interval_counts_from_the_session_performed() -> None:
    session = make_completed_session()
    plan = session.course.plan
    assert courses.earliest_by_interval(plan, NOW.date()) == NOW.date() + timedelta(days=7)


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_sessions_than_planned_is_refused(count: int) -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    starts = [NOW + n * A_WEEK for n in range(count)]
    with pytest.raises(courses.TooManySessions):
        courses.book(plan, starts, room=place.room, minutes=45, at=EARLIER, by=place.desk)


def test_a_plan_without_sign_off_is_not_booked() -> None:
    place = make_place()
    intent = make_intent(practitioner=place.practitioner, location=place.location, sessions=1)
    plan = make_plan(intent=intent, at=EARLIER)
    with pytest.raises(courses.NotSignedOff):
        courses.book(plan, [NOW], room=place.room, minutes=45, at=EARLIER, by=place.desk)


def test_a_revision_that_was_replaced_is_not_booked() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    intent = make_intent(practitioner=place.practitioner, location=place.location, sessions=2)
    plans.revise(plan, intent, at=EARLIER, by=place.practitioner)
    with pytest.raises(courses.NotCurrent):
        book_course(plan, place)


def test_nothing_is_booked_again_under_a_closed_plan() -> None:
    place = make_place()
    course = book_course(make_bookable_plan(place), place)
    for session in course.sessions.select_related("appointment"):
        booking.cancel(session.appointment, "moves away", at=EARLIER, by=place.desk)
    plans.close(course.plan, at=EARLIER, by=place.practitioner)
    visit = make_visit(place, course.patient, kind=AppointmentKind.SESSION)
    with pytest.raises(courses.NotCurrent):
        courses.book_again(course, 1, visit, at=EARLIER, by=place.desk)


def test_a_session_keeps_away_from_those_of_the_patients_other_courses() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    book_course(plan, place)  # now, and in a week
    other = make_bookable_plan(place, plan.patient, sessions=1)
    a_day = timedelta(days=1)
    for start in (NOW - 3 * a_day, NOW + 3 * a_day, NOW + 13 * a_day):
        with pytest.raises(courses.TooCloseToAnother):
            courses.book(other, [start], room=place.room, minutes=45, at=EARLIER, by=place.desk)
    (proposed,) = planning.starts(other, wish(place), at=EARLIER)
    assert proposed == NOW + 2 * A_WEEK
    course = courses.book(other, [proposed], room=place.room, minutes=45, at=EARLIER, by=place.desk)
    session = course.sessions.get()
    slot = {"room": place.room, "practitioner": place.practitioner, "version": 1}
    with pytest.raises(courses.TooCloseToAnother):
        courses.move(session, start=NOW + 10 * a_day, at=EARLIER, by=place.desk, **slot)  # type: ignore[arg-type]


def test_a_plan_is_booked_once() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    book_course(plan, place)
    starts = [NOW + 4 * A_WEEK, NOW + 5 * A_WEEK]
    with pytest.raises(courses.AlreadyBooked):
        courses.book(plan, starts, room=place.room, minutes=45, at=EARLIER, by=place.desk)


def test_what_the_patient_has_told_since_stops_the_booking() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    told = {"asserted_by": Asserter.PATIENT, "at": EARLIER, "by": place.practitioner}
    history.add(plan.patient, "medicine", "warfarin", **told)  # type: ignore[arg-type]
    with pytest.raises(courses.NotSafe) as refusal:
        book_course(Plan.objects.get(pk=plan.pk), place)
    assert "Ask the clinical lead" in str(refusal.value)  # the desk opens no findings


def test_a_cancelled_session_is_booked_again_at_a_distance() -> None:
    place = make_place()
    session = make_session(place)
    booking.cancel(session.appointment, "ill", at=EARLIER, by=place.desk)
    assert courses.by_number(session.course) == ["free", "booked"]
    visit = make_visit(place, session.patient, kind="session", minutes=45)
    near = make_visit(place, session.patient, kind="session", start=NOW + timedelta(days=1))
    with pytest.raises(courses.TooClose):
        courses.book_again(session.course, 1, near, at=EARLIER, by=place.desk)
    courses.book_again(session.course, 1, visit, at=EARLIER, by=place.desk)
    assert courses.by_number(session.course) == ["booked", "booked"]
    with pytest.raises(courses.AlreadyBooked):
        courses.book_again(session.course, 1, visit, at=EARLIER, by=place.desk)


def test_a_moved_session_keeps_away_from_its_neighbours() -> None:
    place = make_place()
    session = make_session(place)
    where = {"room": place.room, "practitioner": place.practitioner, "version": 1}
    near = NOW + timedelta(days=3)
    with pytest.raises(courses.TooClose):
        courses.move(session, start=near, **where, at=EARLIER, by=place.desk)  # type: ignore[arg-type]
    earlier = NOW - timedelta(days=1)
    moved = courses.move(session, start=earlier, **where, at=EARLIER, by=place.desk)  # type: ignore[arg-type]
    assert moved.slot.lower == earlier


def test_a_hold_is_placed_once_per_cause_and_released_by_a_doctor_only() -> None:
    course = make_session().course
    held = courses.hold(course, "reaction:1", "swelling", at=NOW, by=None)
    courses.hold(course, "reaction:1", "again", at=NOW, by=None)
    assert CourseHold.objects.get().reason == "swelling"
    with pytest.raises(courses.DoctorsOnly):
        courses.release(held, "looked", at=NOW, by=make_staff(Role.COSMETOLOGIST))
    doctor = make_staff(Role.CLINICAL_LEAD)
    courses.release(held, "looked", at=NOW, by=doctor)
    with pytest.raises(WrongState):
        courses.release(held, "looked", at=NOW, by=doctor)


@pytest.mark.django_db(transaction=True)
def test_parallel_courses_end_in_one_and_never_in_half() -> None:
    place = make_place()
    plans = [make_bookable_plan(place, sessions=3) for _ in range(6)]
    starts = [NOW, NOW + A_WEEK, NOW + 2 * A_WEEK]

    def attempt(plan: Plan) -> str:
        try:
            courses.book(plan, starts, room=place.room, minutes=45, at=EARLIER, by=place.desk)
        except ClinicError as error:
            return error.code
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(attempt, plans))
    assert outcomes == ["booked"] + ["practitioner-busy"] * 5
    assert Session.objects.count() == 3


def test_the_sessions_after_it_move_along_and_keep_their_intervals_and_hours() -> None:
    place = make_place()
    course = book_course(make_bookable_plan(place, sessions=5), place)
    booking.cancel(course.sessions.get(number=4).appointment, "holiday", at=EARLIER, by=place.desk)
    before = [one.appointment.slot.lower for one in course.sessions.order_by("number")]
    second = course.sessions.get(number=2)

    moved = courses.move_following(
        second,
        start=before[1] + timedelta(days=7, hours=2),
        room=place.room,
        practitioner=place.practitioner,
        version=1,
        at=EARLIER,
        by=place.desk,
    )
    assert len(moved) == 3
    after = [one.appointment.slot.lower for one in course.sessions.order_by("number")]
    zone = place.location.zone
    days = [
        now.astimezone(zone).date() - then.astimezone(zone).date()
        for then, now in zip(before, after, strict=True)
    ]
    assert [one.days for one in days] == [0, 7, 7, 0, 7]
    assert {after[n].astimezone(zone).hour for n in (1, 2, 4)} == {13}


def test_none_of_them_moves_when_one_cannot() -> None:
    place = make_place()
    course = book_course(make_bookable_plan(place, sessions=3), place)
    book_visit(place, start=NOW + 2 * A_WEEK + timedelta(days=2))
    before = list(course.sessions.order_by("number").values_list("appointment__slot", flat=True))

    with pytest.raises(booking.PractitionerBusy):
        courses.move_following(
            course.sessions.get(number=2),
            start=NOW + A_WEEK + timedelta(days=2),
            room=place.room,
            practitioner=place.practitioner,
            version=1,
            at=EARLIER,
            by=place.desk,
        )
    after = list(course.sessions.order_by("number").values_list("appointment__slot", flat=True))
    assert after == before


def test_moved_back_together_they_stay_away_from_the_one_before() -> None:
    place = make_place()
    course = book_course(make_bookable_plan(place, sessions=3), place)
    with pytest.raises(courses.TooClose):
        courses.move_following(
            course.sessions.get(number=2),
            start=NOW + timedelta(days=5),
            room=place.room,
            practitioner=place.practitioner,
            version=1,
            at=EARLIER,
            by=place.desk,
        )


def test_a_deadlock_is_tried_again_and_never_shown() -> None:
    tries: list[int] = []

    @colliding.retried
    def collide() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError from errors.DeadlockDetected()
        return "booked"

    with patch.object(connection, "in_atomic_block", new=False):
        assert collide() == "booked"
    assert len(tries) == 3

    @colliding.retried
    def always() -> None:
        raise OperationalError from errors.SerializationFailure()

    with patch.object(connection, "in_atomic_block", new=False), pytest.raises(colliding.Crowded):
        always()
    with pytest.raises(OperationalError):
        always()  # inside another transaction: that one has to start again


def test_without_a_free_time_the_desk_is_told_which_session() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    place.practitioner.working_hours.all().delete()
    with pytest.raises(planning.NoFreeTime, match="session 1"):
        planning.starts(plan, wish(place), at=EARLIER)


def wish(place: Place) -> Wish:
    local: datetime = NOW.astimezone(place.location.zone)
    return Wish(first=local.date(), hour=local.time(), room=place.room, minutes=45)
