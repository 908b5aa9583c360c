"""The sessions of a plan at a screen: proposed, booked together or not at all, booked again."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.staff.roles import Role
from procedures import booking, courses
from procedures.models import Appointment, Course, Plan, SlotReservation
from tests.factories.procedures import (
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_place,
)
from tests.factories.staff import NOW, make_staff, make_working_hours
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Pages ask the clock; here it stands."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def desk(place: Place) -> Client:
    return signed_in(place.desk)


def at(name: str, *args: object) -> str:
    return reverse(f"procedures:{name}", args=args)


@pytest.fixture
def plan(place: Place) -> Plan:
    return make_bookable_plan(place)


def slot(place: Place, on: str) -> dict[str, Any]:
    return {
        "practitioner": place.practitioner.uuid,
        "room": place.room.uuid,
        "on": on,
        "hour": "11:00",
    }


def booking_page(plan: Plan, place: Place, **changes: object) -> str:
    """The page with the wish that stands in its address."""
    return f"{at('course-book', plan.uuid)}?{urlencode(wish(place, **changes))}"


def wish(place: Place, **changes: object) -> dict[str, Any]:
    return {"first": "2026-03-04", "hour": "11:00", "room": place.room.uuid, "minutes": "45"} | {
        **changes
    }


def test_all_dates_are_proposed_and_booked_at_once(place: Place, desk: Client, plan: Plan) -> None:
    address = booking_page(plan, place)
    form = desk.get(address).context["form"]
    days = [str(form[f"on_{number}"].value()) for number in (1, 2)]
    assert days == ["2026-03-04", "2026-03-11"]
    typed = {name: form[name].value() or "" for name in form.fields}
    assert desk.post(address, typed).status_code == 302
    assert Course.objects.get().sessions.count() == 2


def test_one_date_that_does_not_fit_books_none(place: Place, desk: Client, plan: Plan) -> None:
    book_visit(place, start=NOW + timedelta(days=8))
    typed = {"on_1": "2026-03-04", "hour_1": "11:00"}
    answer = desk.post(booking_page(plan, place), typed | {"on_2": "2026-03-12", "hour_2": "11:00"})
    assert answer.status_code == 422
    assert str(booking.PractitionerBusy()) in answer.content.decode()
    assert 'value="2026-03-12"' in answer.content.decode()
    assert not Course.objects.exists()
    assert Appointment.objects.count() == 1


def test_dates_too_close_together_are_refused(place: Place, desk: Client, plan: Plan) -> None:
    typed = {"on_1": "2026-03-04", "hour_1": "11:00"}
    answer = desk.post(booking_page(plan, place), typed | {"on_2": "2026-03-06", "hour_2": "11:00"})
    assert answer.status_code == 422
    assert "Session 2 is less than 7 days" in answer.content.decode()


def test_a_wish_nobody_can_grant_says_so(place: Place, desk: Client, plan: Plan) -> None:
    place.practitioner.working_hours.all().delete()
    answer = desk.get(at("course-book", plan.uuid), wish(place))
    assert answer.status_code == 422
    assert "No free time was found for session 1" in answer.content.decode()


def test_a_room_and_an_hour_are_proposed_to_begin_with(
    place: Place, desk: Client, plan: Plan
) -> None:
    form = desk.get(at("course-book", plan.uuid)).context["wish"]
    assert form["room"].value() == place.room.uuid
    assert str(form["first"].value()) == "2026-03-05"


def test_a_missed_session_is_booked_again(place: Place, desk: Client, plan: Plan) -> None:
    course = book_course(plan, place)
    booking.no_show(course.sessions.get(number=2).appointment, at=NOW, by=place.desk)
    chart = desk.get(at("chart-sessions", plan.patient.uuid)).content.decode()
    address = at("session-book-again", course.uuid, 2)
    assert address in chart
    assert desk.post(address, slot(place, "2026-03-06")).status_code == 422
    assert desk.post(address, slot(place, "2026-03-16")).status_code == 302
    assert courses.by_number(course) == ["booked", "booked"]
    assert address not in desk.get(at("chart-sessions", plan.patient.uuid)).content.decode()


def test_a_doctor_releases_a_hold_with_a_reason(place: Place, plan: Plan) -> None:
    hold = courses.hold(book_course(plan, place), "test", "swollen", at=NOW, by=None)
    address, doctor = at("hold-release", hold.uuid), signed_in(Role.CLINICAL_LEAD)
    assert "swollen" in doctor.get(address).content.decode()
    assert doctor.post(address, {"reason": ""}).status_code == 422
    assert doctor.post(address, {"reason": "settled"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.release_reason, hold.released_at) == ("settled", NOW)
    assert doctor.post(address, {"reason": "again"}).status_code == 422


def test_each_session_has_other_times_to_choose_from(
    place: Place, desk: Client, plan: Plan
) -> None:
    other = make_staff(Role.COSMETOLOGIST, location=place.location)
    make_working_hours(other, place.location)
    address = booking_page(plan, place, anybody="on")
    form = desk.get(address).context["form"]
    seats = [value for value, _ in form["seat_2"].field.widget.choices]

    assert len(seats) == 5  # the one proposed, three others, one of one's own
    assert any(str(other.uuid) in seat for seat in seats)
    typed = {name: form[name].value() or "" for name in form.fields} | {"seat_2": seats[2]}
    assert desk.post(address, typed).status_code == 302
    second = Course.objects.get().sessions.get(number=2).appointment
    assert seats[2].startswith(second.slot.lower.astimezone(place.location.zone).isoformat())


def test_what_a_day_runs_into_is_accepted_with_a_reason_only(
    place: Place, desk: Client, plan: Plan
) -> None:
    address = booking_page(plan, place, bleeding="2026-03-11 – 2026-03-13")
    form = desk.get(address).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    assert "2026-03-14" in typed["seat_2"]

    own = {"seat_2": "", "on_2": "2026-03-12", "hour_2": "11:00"}
    refused = desk.post(address, typed | own)
    assert refused.status_code == 422
    assert "Menstrual bleeding is expected on 2026-03-12" in refused.content.decode()
    assert not Course.objects.exists()
    assert desk.post(address, typed | own | {"reason": "cycle changed"}).status_code == 302
    course = Course.objects.get()
    assert course.accepted == ["menstruation_expected"]
    assert course.accepted_reason == "cycle changed"


def test_the_wish_that_stands_in_the_way_is_named(place: Place, desk: Client, plan: Plan) -> None:
    answer = desk.get(booking_page(plan, place, hours_from="21:00", hours_until="22:00"))

    assert answer.status_code == 200
    assert "Not at the hours that were asked for" in answer.content.decode()


@pytest.mark.parametrize("seat", ["2026-03-04T11:00|x|y", "tomorrow", "2026-03-04T11:00:00+02:00"])
def test_a_time_that_nobody_proposed_is_refused(
    place: Place, desk: Client, plan: Plan, seat: str
) -> None:
    typed = {"seat_1": seat, "on_2": "2026-03-12", "hour_2": "11:00"}
    assert desk.post(booking_page(plan, place), typed).status_code == 422


def test_days_that_are_no_days_are_refused(place: Place, desk: Client, plan: Plan) -> None:
    answer = desk.get(booking_page(plan, place, away="next week"))
    assert answer.status_code == 422
    assert "Write days like 2026-07-01" in answer.content.decode()


def test_proposed_dates_are_kept_while_the_patient_thinks(
    place: Place, desk: Client, plan: Plan
) -> None:
    page = booking_page(plan, place)
    chosen = desk.get(page).context["form"].initial
    hold = page.replace("/book/", "/hold/")
    answer = desk.post(hold, chosen, HTTP_HX_REQUEST="true")
    assert "Kept until" in answer.content.decode()
    assert SlotReservation.objects.filter(patient=plan.patient).count() == plan.sessions
    assert desk.get(page).context["form"].initial == chosen
    assert desk.post(hold, chosen).headers["Location"] == page


def test_dates_that_a_colleague_keeps_are_not_kept_twice(
    place: Place, desk: Client, plan: Plan
) -> None:
    page = booking_page(plan, place)
    chosen = desk.get(page).context["form"].initial
    hold = page.replace("/book/", "/hold/")
    other = make_bookable_plan(place)
    kept = hold.replace(str(plan.uuid), str(other.uuid))
    signed_in(place.practitioner).post(kept, chosen, HTTP_HX_REQUEST="true")
    answer = desk.post(hold, chosen, HTTP_HX_REQUEST="true")
    assert answer.status_code == 422
    assert str(booking.PractitionerBusy()) in answer.content.decode()
    assert desk.post(hold, {}, HTTP_HX_REQUEST="true").status_code == 422
