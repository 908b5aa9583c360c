"""The desk in a hurry: a free time, a name, booked; whoever walks in; a slip taken back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.messaging.models import Message
from clinic.staff.roles import Role
from patients.models import Patient
from procedures import booking, reserving, walking_in
from procedures.models import Appointment, AppointmentStatus, SlotReservation
from tests.factories.patients import make_patient
from tests.factories.procedures import Place, book_visit, make_place
from tests.factories.staff import NOW, make_room, make_staff, make_working_hours
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db
PANEL = "/treatment/visits/book/"
HTMX = {"HTTP_HX_REQUEST": "true"}
NEWCOMER = {
    "family_name": "Testenko",
    "given_name": "Fictiona",
    "birth_date": "17.05.1990",
    "phone": "044 000 00 55",
}


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


def slot(place: Place, **changes: object) -> dict[str, Any]:
    return {
        "kind": "consultation",
        "practitioner": place.practitioner.uuid,
        "room": place.room.uuid,
        "on": "2026-03-04",
        "hour": "15:00",
        "minutes": "30",
        **changes,
    }


def click(place: Place, **more: str) -> dict[str, str]:
    return {
        "practitioner": str(place.practitioner.uuid),
        "start": "2026-03-04T15:00",
        "at": str(place.location.uuid),
        **more,
    }


# The panel


def test_a_known_patient_is_booked_with_one_press(place: Place, desk: Client) -> None:
    patient = make_patient(location=place.location)
    page = desk.get(PANEL, click(place, q=patient.family_name), **HTMX)  # type: ignore[arg-type]
    assert f'value="{patient.uuid}"' in page.content.decode()
    assert "<html" not in page.content.decode()
    answer = desk.post(PANEL, slot(place, patient=patient.uuid))
    visit = Appointment.objects.get()
    assert answer.headers["Location"] == reverse("procedures:appointment-detail", args=[visit.uuid])
    assert (visit.patient, visit.slot.lower) == (patient, NOW + timedelta(hours=4))


def test_a_newcomer_is_registered_and_booked_in_the_same_panel(place: Place, desk: Client) -> None:
    answer = desk.post(PANEL, slot(place, newcomer="yes", **NEWCOMER))
    assert answer.status_code == 302
    visit = Appointment.objects.get()
    assert visit.patient.full_name == "Testenko Fictiona"
    assert visit.patient.phone == "+380440000055"


def test_who_was_not_found_is_registered_under_the_words_that_were_typed(
    place: Place, desk: Client
) -> None:
    page = desk.get(PANEL, click(place, q="Blorbenko Fictiona"))
    assert page.context["newcomer"]["family_name"].value() == "Blorbenko"
    assert page.context["newcomer"]["given_name"].value() == "Fictiona"
    assert desk.get(PANEL, click(place, q="0440")).context["newcomer"].initial == {}


def test_a_taken_time_opens_no_chart(place: Place, desk: Client) -> None:
    """Both or neither: a chart without the visit would only be found by chance."""
    book_visit(place, start=NOW + timedelta(hours=4))
    before = Patient.objects.count()
    answer = desk.post(PANEL, slot(place, newcomer="yes", **NEWCOMER))
    assert answer.status_code == 422
    assert str(booking.PractitionerBusy()) in answer.content.decode()
    assert 'value="Testenko"' in answer.content.decode()
    assert Patient.objects.count() == before


def test_somebody_alike_is_shown_first(place: Place, desk: Client) -> None:
    desk.post(PANEL, slot(place, newcomer="yes", **NEWCOMER))
    again = slot(place, hour="16:00", newcomer="yes", **NEWCOMER)
    answer = desk.post(PANEL, again)
    assert answer.status_code == 422
    assert list(answer.context["alike"]) == [Patient.objects.get(family_name="Testenko")]
    assert desk.post(PANEL, again | {"newcomer": "insist"}).status_code == 302
    assert Patient.objects.filter(family_name="Testenko").count() == 2


def test_a_newcomer_needs_a_name_a_birth_date_and_a_phone(place: Place, desk: Client) -> None:
    answer = desk.post(PANEL, slot(place, newcomer="yes"))
    assert answer.status_code == 422
    assert set(answer.context["newcomer"].errors) == set(NEWCOMER)


@pytest.mark.parametrize("nobody", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_nobody_is_booked_for_nobody(place: Place, desk: Client, nobody: str) -> None:
    assert desk.post(PANEL, slot(place, patient=nobody)).status_code == 404
    assert not Appointment.objects.exists()


def test_yesterdays_bookmark_books_nothing(place: Place, desk: Client) -> None:
    patient = make_patient(location=place.location)
    answer = desk.post(PANEL, slot(place, on="2026-03-03", patient=patient.uuid))
    assert answer.status_code == 422
    assert str(booking.DayOver()) in answer.content.decode()


def test_a_time_is_kept_while_it_is_talked_about(place: Place, desk: Client) -> None:
    answer = desk.post("/treatment/visits/hold/", slot(place), **HTMX)  # type: ignore[arg-type]
    assert "Kept until 11:10." in answer.content.decode()
    other = signed_in(make_staff(Role.RECEPTION, location=place.location))
    patient = make_patient(location=place.location)
    refused = other.post(PANEL, slot(place, patient=patient.uuid))
    assert str(booking.Reserved()) in refused.content.decode()
    assert desk.post(PANEL, slot(place, patient=patient.uuid)).status_code == 302
    assert not SlotReservation.objects.exists()


def test_a_taken_time_is_not_kept(place: Place, desk: Client) -> None:
    book_visit(place, start=NOW + timedelta(hours=4))
    answer = desk.post("/treatment/visits/hold/", slot(place), **HTMX)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert desk.post("/treatment/visits/hold/", {}).status_code == 302


# Walking in


def test_who_walks_in_gets_the_next_free_time_and_is_here(place: Place, desk: Client) -> None:
    book_visit(place)
    landed = desk.get("/treatment/visits/walk-in/", follow=True)
    form = landed.context["slot"]
    assert str(form["hour"].value()) == "11:30:00"
    patient = make_patient(location=place.location)
    told = {name: form[name].value() or "" for name in form.fields}
    assert told["arrived"] is True
    told |= {"patient": patient.uuid, "kind": "consultation"}
    assert desk.post(PANEL, told).status_code == 302
    assert Appointment.objects.get(patient=patient).status == AppointmentStatus.ARRIVED


def test_another_who_is_free_sooner_takes_the_walk_in(place: Place) -> None:
    book_visit(place)
    other = make_staff(Role.COSMETOLOGIST, location=place.location)
    make_working_hours(other, place.location)
    found = walking_in.next_free(place.location, 30, at=NOW)
    assert found.start == NOW + timedelta(minutes=30)  # one room for both
    make_room(place.location)
    found = walking_in.next_free(place.location, 30, at=NOW + timedelta(minutes=1))
    assert (found.practitioner, found.start) == (other, NOW + timedelta(minutes=5))


def test_what_is_kept_is_not_offered_to_who_walks_in(place: Place) -> None:
    found = walking_in.next_free(place.location, 30, at=NOW)
    reserving.reserve([found], at=NOW, by=place.desk)
    assert walking_in.next_free(place.location, 30, at=NOW).start == NOW + timedelta(minutes=30)


def test_after_the_last_shift_nobody_is_free(
    place: Place, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = NOW.replace(hour=18)  # eight in the evening
    with pytest.raises(walking_in.NobodyFree):
        walking_in.next_free(place.location, 30, at=late)
    monkeypatch.setattr(timezone, "now", lambda: late)
    assert desk.get("/treatment/visits/walk-in/").status_code == 302


# Taken back


def undo(client: Client, visit: Appointment) -> int:
    return client.post(reverse("procedures:appointment-take-back", args=[visit.uuid])).status_code


def test_a_slip_is_taken_back_and_nobody_hears_of_it(place: Place, desk: Client) -> None:
    desk.post(PANEL, slot(place, newcomer="yes", **NEWCOMER))
    visit = Appointment.objects.get()
    page = desk.get(reverse("procedures:appointment-detail", args=[visit.uuid]))
    assert "Undo" in page.content.decode()
    assert undo(desk, visit) == 302
    assert not Appointment.objects.standing().exists()
    assert not Message.objects.unsent().exists()


def test_after_five_minutes_or_by_another_it_is_cancelled_instead(
    place: Place, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.post(PANEL, slot(place, newcomer="yes", **NEWCOMER))
    visit = Appointment.objects.get()
    other = signed_in(make_staff(Role.RECEPTION, location=place.location))
    assert undo(other, visit) == 409
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=5))
    assert undo(desk, visit) == 409
    assert Appointment.objects.standing().exists()


@pytest.mark.parametrize("role", Role)
def test_only_who_books_sees_the_panel(role: Role, place: Place) -> None:
    client = signed_in(role)
    may = role in {Role.RECEPTION, Role.COSMETOLOGIST, Role.CLINICAL_LEAD}
    assert client.get(PANEL, click(place)).status_code == (200 if may else 403)
    patient = make_patient(location=place.location)
    answer = client.post(PANEL, slot(place, patient=patient.uuid))
    assert answer.status_code == (302 if may else 403)
    assert Appointment.objects.exists() == may
