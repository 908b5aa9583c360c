"""The calendar at a screen: looked at, booked from, moved, cancelled, checked in; by whom."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.errors import Stale
from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients.models import Patient
from procedures import booking, courses
from procedures.models import Appointment, AppointmentStatus
from tests.factories.patients import make_patient
from tests.factories.procedures import (
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_place,
)
from tests.factories.staff import NOW, make_location, make_staff
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db
NOBODY = UUID(int=0)
CALENDAR = "/treatment/calendar/"


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


def slot(place: Place, **changes: object) -> dict[str, Any]:
    """Wednesday at eleven on the clinic's clock, which is NOW."""
    return {
        "kind": "consultation",
        "practitioner": place.practitioner.uuid,
        "room": place.room.uuid,
        "on": "2026-03-04",
        "hour": "11:00",
        "minutes": "30",
        "note": "",
        **changes,
    }


# The day


def test_today_is_shown_with_what_is_free_and_who_comes(place: Place, desk: Client) -> None:
    visit = book_visit(place)
    page = desk.get(CALENDAR)
    text = page.content.decode()
    assert text.count(visit.patient.full_name) == 2  # in the column and in the list
    assert "day-now" in text
    assert f"start=2026-03-04T11:30&amp;at={place.location.uuid}" in text
    assert "start=2026-03-04T11:00" not in text
    assert "before-photo missing" in text  # the legend


def test_another_day_and_another_place_are_chosen_in_the_address(desk: Client) -> None:
    other = make_place()
    visit = book_visit(other, start=NOW + timedelta(days=1))
    page = desk.get(CALENDAR, {"at": str(other.location.uuid), "on": "2026-03-05"})
    assert [block.visit for block in page.context["day"].blocks] == [visit]


def test_a_day_that_is_none_means_today(desk: Client) -> None:
    assert desk.get(CALENDAR, {"on": "tomorrow"}).context["day"].on == NOW.date()


@pytest.mark.parametrize("wrong", ["nonsense", str(NOBODY)])
def test_a_place_that_is_none_is_not_found(desk: Client, wrong: str) -> None:
    assert desk.get(CALENDAR, {"at": wrong}).status_code == 404


def test_who_works_everywhere_sees_the_first_place() -> None:
    first = make_location(name="Aardvark")
    assert signed_in(Role.AUDITOR).get(CALENDAR).context["day"].location == first


def test_an_auditor_is_offered_nothing_to_book(place: Place) -> None:
    page = signed_in(make_staff(Role.AUDITOR, location=place.location)).get(CALENDAR)
    assert page.context["day"].columns[0].free
    assert "day-free" not in page.content.decode()


# Booking


def test_a_click_on_a_free_time_fills_in_hour_person_and_room(place: Place, desk: Client) -> None:
    patient = make_patient(location=place.location)
    click: dict[str, Any] = {
        "practitioner": place.practitioner.uuid,
        "start": "2026-03-04T11:30",
        "at": place.location.uuid,
    }
    found = desk.get(at("appointment-book"), click | {"q": patient.full_name})
    assert list(found.context["patients"]) == [patient]
    address = at("patient-book", patient.uuid)
    assert f"{address}?practitioner={place.practitioner.uuid}" in found.content.decode()
    assert found.context["slot"]["room"].value() == place.room.uuid
    form = desk.get(address, click).context["form"]
    assert str(form["hour"].value()) == "11:30:00"
    assert form["room"].value() == place.room.uuid


def test_a_time_that_is_none_fills_in_nothing(place: Place, desk: Client) -> None:
    patient = make_patient(location=place.location)
    page = desk.get(at("patient-book", patient.uuid), {"start": "2026-13-99T11:30"})
    assert page.context["form"]["hour"].value() is None


def test_a_visit_is_booked(place: Place, desk: Client) -> None:
    patient = make_patient(location=place.location)
    answer = desk.post(at("patient-book", patient.uuid), slot(place))
    visit = Appointment.objects.get()
    assert answer.headers["Location"] == at("appointment-detail", visit.uuid)
    assert visit.slot.lower == NOW
    assert (visit.patient, visit.booked_by) == (patient, place.desk)


def test_a_double_booking_is_refused_and_keeps_what_was_typed(place: Place, desk: Client) -> None:
    book_visit(place)
    patient = make_patient(location=place.location)
    answer = desk.post(
        at("patient-book", patient.uuid), slot(place, hour="11:15", note="brings papers")
    )
    assert answer.status_code == 422
    assert str(booking.PractitionerBusy()) in answer.content.decode()
    assert 'value="brings papers"' in answer.content.decode()
    assert Appointment.objects.count() == 1


def test_an_hour_outside_the_shift_is_refused(place: Place, desk: Client) -> None:
    patient = make_patient(location=place.location)
    answer = desk.post(at("patient-book", patient.uuid), slot(place, hour="22:00"))
    assert answer.status_code == 422
    assert str(booking.OutsideHours()) in answer.content.decode()


def test_a_form_left_open_names_each_field(place: Place, desk: Client) -> None:
    patient = make_patient(location=place.location)
    answer = desk.post(at("patient-book", patient.uuid), slot(place, hour="", room=""))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"hour", "room"}


def test_a_plan_without_times_is_offered_until_it_has_them(place: Place, desk: Client) -> None:
    plan = make_bookable_plan(place)
    address = at("patient-book", plan.patient.uuid)
    assert at("course-book", plan.uuid) in desk.get(address).content.decode()
    book_course(plan, place)
    assert at("course-book", plan.uuid) not in desk.get(address).content.decode()


# One visit


def test_a_visit_says_what_is_missing_and_its_opening_is_on_record(place: Place) -> None:
    session = book_course(make_bookable_plan(place), place).sessions.get(number=1)
    page = signed_in(place.desk).get(at("appointment-detail", session.appointment.uuid))
    assert "no consent in force" in page.content.decode()
    entry = AuditEntry.objects.get(action="appointment.viewed")
    assert entry.patient_uuid == session.patient.uuid


def test_who_only_looks_is_offered_no_change(place: Place) -> None:
    address = at("appointment-detail", book_visit(place).uuid)
    assert "Cancel the visit" in signed_in(place.desk).get(address).content.decode()
    text = signed_in(Role.AUDITOR).get(address).content.decode()
    assert "Cancel the visit" not in text
    assert "</h2>" not in text  # no empty panel either


def test_a_visit_is_moved(place: Place, desk: Client) -> None:
    visit = book_visit(place)
    address = at("appointment-move", visit.uuid)
    typed = desk.get(address).context["form"].initial
    assert (str(typed["hour"]), typed["version"]) == ("11:00:00", 1)
    assert desk.post(address, slot(place, hour="15:00", version=1)).status_code == 302
    visit.refresh_from_db()
    assert visit.slot.lower == NOW + timedelta(hours=4)


def test_a_move_over_somebody_elses_move_is_refused_with_a_sentence(
    place: Place, desk: Client
) -> None:
    visit = book_visit(place)
    address = at("appointment-move", visit.uuid)
    desk.post(address, slot(place, hour="15:00", version=1))
    answer = desk.post(address, slot(place, hour="16:00", version=1))
    assert answer.status_code == 422
    assert str(Stale()) in answer.content.decode()
    assert 'value="16:00"' in answer.content.decode()
    visit.refresh_from_db()
    assert visit.slot.lower == NOW + timedelta(hours=4)


def test_a_session_is_not_moved_too_close_to_the_next(place: Place, desk: Client) -> None:
    session = book_course(make_bookable_plan(place), place).sessions.get(number=1)
    answer = desk.post(
        at("appointment-move", session.appointment.uuid), slot(place, on="2026-03-06", version=1)
    )
    assert answer.status_code == 422
    assert "less than 7 days" in answer.content.decode()


def test_a_visit_is_cancelled_with_a_reason(place: Place, desk: Client) -> None:
    visit = book_visit(place)
    address = at("appointment-cancel", visit.uuid)
    assert desk.post(address, {"reason": ""}).status_code == 422
    assert desk.post(address, {"reason": "asked by phone"}).status_code == 302
    visit.refresh_from_db()
    assert (visit.status, visit.reason) == (AppointmentStatus.CANCELLED, "asked by phone")
    assert desk.post(address, {"reason": "again"}).status_code == 422


def test_checking_in_comes_back_to_where_the_button_stood(place: Place, desk: Client) -> None:
    visit = book_visit(place)
    answer = desk.post(at("appointment-arrive", visit.uuid), {"back": "/"})
    assert answer.headers["Location"] == "/"
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.ARRIVED


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example/", ""])
def test_checking_in_never_leads_out_of_the_house(place: Place, desk: Client, back: str) -> None:
    visit = book_visit(place)
    answer = desk.post(at("appointment-arrive", visit.uuid), {"back": back})
    assert answer.headers["Location"] == at("appointment-detail", visit.uuid)


def test_what_is_not_possible_any_more_is_said(place: Place, desk: Client) -> None:
    visit = book_visit(place)
    booking.no_show(visit, at=NOW, by=place.desk)
    answer = desk.post(at("appointment-arrive", visit.uuid))
    assert answer.status_code == 409
    assert at("appointment-detail", visit.uuid) in answer.content.decode()


def test_a_missed_visit_and_a_finished_one_end(place: Place, desk: Client) -> None:
    missed, seen = book_visit(place), book_visit(place, start=NOW + timedelta(hours=1))
    desk.post(at("appointment-no-show", missed.uuid))
    desk.post(at("appointment-arrive", seen.uuid))
    signed_in(place.practitioner).post(at("appointment-finish", seen.uuid))
    states = Appointment.objects.order_by("slot").values_list("status", flat=True)
    assert list(states) == [AppointmentStatus.NO_SHOW, AppointmentStatus.COMPLETED]


# Who may


ALL = set(Role)
TREATING = {Role.COSMETOLOGIST, Role.CLINICAL_LEAD}
DESK = TREATING | {Role.RECEPTION}


@pytest.mark.parametrize("role", Role)
def test_each_page_admits_those_it_is_for(role: Role, place: Place, patient: Patient) -> None:
    course = book_course(make_bookable_plan(place, patient), place)
    plan, visit = course.plan, course.sessions.get(number=1).appointment
    hold = courses.hold(course, "test", "", at=NOW, by=None)
    pages = {
        at("calendar"): ALL,
        at("appointment-book"): DESK,
        at("patient-book", patient.uuid): DESK,
        at("appointment-detail", visit.uuid): ALL,
        at("appointment-move", visit.uuid): DESK,
        at("appointment-cancel", visit.uuid): DESK,
        at("course-book", plan.uuid): DESK,
        at("session-book-again", course.uuid, 2): DESK,
        at("hold-release", hold.uuid): {Role.CLINICAL_LEAD},
        at("chart-sessions", patient.uuid): ALL,
    }
    client = signed_in(role)
    seen = {address: client.get(address).status_code for address in pages}
    assert seen == {page: 200 if role in roles else 403 for page, roles in pages.items()}


@pytest.fixture
def patient(place: Place) -> Patient:
    return make_bookable_plan(place).patient


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("act", "allowed"),
    [
        ("appointment-arrive", DESK),
        ("appointment-no-show", DESK),
        ("appointment-finish", TREATING),
    ],
)
def test_each_act_admits_those_it_is_for(
    act: str, allowed: set[Role], role: Role, place: Place
) -> None:
    visit = book_visit(place)
    if act == "appointment-finish":
        booking.arrive(visit, at=NOW, by=place.desk)
    before = Appointment.objects.get().status
    client = signed_in(role)
    assert client.get(at(act, visit.uuid)).status_code in {403, 405}
    assert client.post(at(act, visit.uuid)).status_code == (302 if role in allowed else 403)
    assert (Appointment.objects.get().status != before) == (role in allowed)


@pytest.mark.parametrize(
    "name",
    [
        "patient-book",
        "appointment-detail",
        "appointment-move",
        "appointment-cancel",
        "course-book",
        "hold-release",
        "chart-sessions",
    ],
)
def test_what_does_not_exist_is_not_found(name: str) -> None:
    assert signed_in(Role.CLINICAL_LEAD).get(at(name, NOBODY)).status_code == 404


def test_who_is_not_signed_in_is_asked_to(client: Client) -> None:
    answer = client.get(CALENDAR)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")
