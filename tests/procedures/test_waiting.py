"""The waiting list: what became free is offered to the next in line, who takes it or leaves it."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.errors import WrongState
from clinic.messaging import links
from clinic.messaging.models import Message, PatientLink
from clinic.messaging.wording import compose
from clinic.staff.roles import Role
from patients.models import Patient
from procedures import booking, waiting
from procedures.models import (
    Appointment,
    AppointmentKind,
    FreedSlot,
    OfferState,
    Priority,
    SlotReservation,
    WaitlistEntry,
    WaitlistOffer,
)
from procedures.telling import GRACE
from procedures.waiting import Wanted
from tests.factories.patients import make_patient
from tests.factories.procedures import (
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_place,
    make_visit,
)
from tests.factories.staff import NOW, make_staff
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)
SOON = NOW + GRACE


@pytest.fixture
def place() -> Place:
    return make_place()


def wait(place: Place, patient: Patient | None = None, **changes: Any) -> WaitlistEntry:
    told: dict[str, Any] = {
        "location": place.location,
        "kind": AppointmentKind.CONSULTATION,
        "minutes": 30,
        "first": date(2026, 3, 4),
        "last": date(2026, 3, 31),
        "priority": Priority.NORMAL,
    }
    patient = patient or make_patient(location=place.location)
    return waiting.add(patient, Wanted(**(told | changes)), at=NOW, by=place.desk)


def free(place: Place, start: datetime = TOMORROW, **changes: Any) -> Appointment:
    """A visit that is cancelled now."""
    visit = book_visit(place, start=start, **changes)
    return booking.cancel(visit, "ill", at=NOW, by=place.desk)


def offered(at: datetime = SOON) -> list[Patient]:
    return [offer.entry.patient for offer in waiting.work(at=at)]


def test_what_is_cancelled_is_offered_after_the_minutes_in_which_it_is_taken_back(
    place: Place,
) -> None:
    entry = wait(place)
    free(place)
    assert offered(SOON - timedelta(seconds=1)) == []
    assert offered() == [entry.patient]
    assert SlotReservation.objects.get().patient == entry.patient
    assert offered() == []  # once


@pytest.mark.parametrize("how", ["missed", "moved"])
def test_what_is_missed_or_moved_away_is_offered_as_well(place: Place, how: str) -> None:
    entry = wait(place)
    visit = book_visit(place, start=TOMORROW)
    if how == "missed":
        booking.no_show(visit, at=NOW, by=place.desk)
    else:
        later = TOMORROW + timedelta(hours=3)
        where = {"room": place.room, "practitioner": place.practitioner}
        booking.move(visit, start=later, version=1, at=NOW, by=place.desk, **where)  # type: ignore[arg-type]
    assert offered() == [entry.patient]


def test_the_most_urgent_and_then_the_longest_waiting_comes_first(place: Place) -> None:
    later, first, second = wait(place, priority=Priority.LATER), wait(place), wait(place)
    soon = wait(place, priority=Priority.SOON)
    free(place)
    order = [one.patient for one in waiting.in_line(FreedSlot.objects.get())]
    assert order == [soon.patient, first.patient, second.patient, later.patient]


@pytest.mark.parametrize(
    ("changes", "suits"),
    [
        ({}, True),
        ({"weekdays": (3,)}, True),  # tomorrow is a Thursday
        ({"weekdays": (0, 4)}, False),
        ({"hours_from": time(11), "hours_until": time(11, 30)}, True),
        ({"hours_from": time(11, 5)}, False),
        ({"hours_until": time(11, 25)}, False),
        ({"first": date(2026, 3, 6)}, False),
        ({"last": date(2026, 3, 4)}, False),
        ({"minutes": 45}, False),
    ],
)
def test_days_hours_and_length_decide_whom_it_suits(
    place: Place, changes: dict[str, Any], suits: bool
) -> None:
    entry = wait(place, **changes)
    free(place)
    assert offered() == ([entry.patient] if suits else [])


def test_who_waits_for_one_practitioner_is_not_offered_another(place: Place) -> None:
    wait(place, practitioner=make_staff(Role.COSMETOLOGIST))
    free(place)
    assert offered() == []


def test_a_time_that_was_booked_again_is_offered_to_nobody(place: Place) -> None:
    wait(place)
    free(place)
    booking.book(make_visit(place, start=TOMORROW), at=NOW, by=place.desk)
    assert offered() == []
    assert not SlotReservation.objects.exists()


def test_what_begins_too_soon_is_left_to_the_telephone(place: Place) -> None:
    wait(place)
    free(place, start=NOW + timedelta(hours=2))
    assert offered() == []


def test_not_answered_in_time_it_goes_to_the_next_and_blocks_nobody(place: Place) -> None:
    first, second = wait(place), wait(place)
    free(place)
    assert offered() == [first.patient]
    assert offered(SOON + waiting.OPEN) == [second.patient]
    assert offered(SOON + 2 * waiting.OPEN) == []
    assert not SlotReservation.objects.in_force(at=SOON + 2 * waiting.OPEN).exists()
    states = WaitlistOffer.objects.values_list("state", flat=True)
    assert set(states) == {OfferState.EXPIRED}


def test_taken_it_is_booked_and_the_patient_waits_no_longer(place: Place) -> None:
    entry = wait(place)
    free(place)
    [offer] = waiting.work(at=SOON)
    visit = waiting.accept(offer, at=SOON, by=place.desk)
    assert (visit.patient, visit.slot.lower) == (entry.patient, TOMORROW)
    assert not SlotReservation.objects.exists()
    assert not WaitlistEntry.objects.waiting().exists()
    with pytest.raises(waiting.OfferOver):
        waiting.accept(offer, at=SOON, by=place.desk)
    assert Appointment.objects.standing().count() == 1


def test_refused_it_goes_to_the_next_and_who_refused_keeps_waiting(place: Place) -> None:
    first, second = wait(place), wait(place)
    free(place)
    [offer] = waiting.work(at=SOON)
    waiting.refuse(offer, at=SOON, by=place.desk)
    assert offered() == [second.patient]
    assert first in WaitlistEntry.objects.waiting()


def test_too_late_nothing_is_booked(place: Place) -> None:
    wait(place)
    free(place)
    [offer] = waiting.work(at=SOON)
    with pytest.raises(waiting.OfferOver):
        waiting.accept(offer, at=offer.expires_at, by=place.desk)
    assert not Appointment.objects.standing().exists()


def test_a_session_comes_earlier_only_where_its_course_allows(place: Place) -> None:
    """A week must lie between two sessions: what would break the rule is not even offered."""
    course = book_course(make_bookable_plan(place), place)
    second = course.sessions.get(number=2).appointment
    wait(place, course.patient, kind=AppointmentKind.SESSION, minutes=45, visit=second)
    free(place, start=NOW + timedelta(days=3), minutes=45)
    assert offered() == []


def test_a_booked_visit_moves_to_the_earlier_time(place: Place) -> None:
    visit = book_visit(place, start=TOMORROW + timedelta(days=5))
    wait(place, visit.patient, visit=visit)
    free(place)
    [offer] = waiting.work(at=SOON)
    waiting.accept(offer, at=SOON, by=place.desk)
    visit.refresh_from_db()
    assert (visit.slot.lower, visit.moves) == (TOMORROW, 1)


def test_who_is_removed_gives_back_what_was_offered(place: Place) -> None:
    entry, second = wait(place), wait(place)
    free(place)
    waiting.work(at=SOON)
    waiting.remove(entry, at=SOON, by=place.desk)
    assert offered() == [second.patient]
    with pytest.raises(WrongState):
        waiting.remove(entry, at=SOON, by=place.desk)


def test_nobody_waits_twice_for_the_same(place: Place) -> None:
    entry = wait(place)
    with pytest.raises(waiting.WaitsAlready):
        wait(place, entry.patient)


def test_the_message_names_day_and_hour_and_nothing_of_health(place: Place) -> None:
    wait(place)
    free(place)
    waiting.work(at=SOON)
    message = Message.objects.get(message=waiting.OFFER)
    link = message.link
    assert link is not None
    text = compose(message, link=links.url(link)).text
    assert "5 March at 11:00" in text
    assert links.url(link) in text
    assert "consultation" not in text.lower()


def test_at_night_the_time_to_answer_begins_in_the_morning(place: Place) -> None:
    wait(place)
    free(place, start=TOMORROW + timedelta(hours=6))
    late = NOW.replace(hour=20)  # ten in the evening
    [offer] = waiting.work(at=late)
    assert offer.expires_at == NOW.replace(hour=6) + timedelta(days=1) + waiting.OPEN


# The patient's own page


def phone(monkeypatch: pytest.MonkeyPatch, at: datetime = SOON) -> Client:
    monkeypatch.setattr(timezone, "now", lambda: at)
    client = Client()
    link = PatientLink.objects.latest("pk")
    landed = client.get(f"/p/{links.token(link)}/", follow=True)
    assert landed.status_code == 200
    return client


def test_a_patient_takes_it_with_one_press(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = wait(place)
    free(place)
    waiting.work(at=SOON)
    client = phone(monkeypatch)
    page = client.post("/p/offer/", {"take": "yes"}, follow=True)
    assert "Your visit is booked" in page.content.decode()
    assert Appointment.objects.standing().get().patient == entry.patient
    assert client.post("/p/offer/", {"take": "yes"}).status_code == 409
    assert Appointment.objects.standing().count() == 1


def test_a_patient_leaves_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    wait(place)
    free(place)
    waiting.work(at=SOON)
    page = phone(monkeypatch).post("/p/offer/", {"leave": "yes"}, follow=True)
    assert "You stay on the waiting list" in page.content.decode()
    assert not Appointment.objects.standing().exists()


def test_who_opens_it_too_late_is_told_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    wait(place)
    free(place)
    waiting.work(at=SOON)
    client = phone(monkeypatch, at=SOON + waiting.OPEN)
    assert "This offer is over" in client.get("/p/offer/").content.decode()
    assert client.post("/p/offer/", {"take": "yes"}).status_code == 409


# The desk


def test_the_desk_puts_somebody_on_the_list_and_takes_them_off(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    desk, patient = signed_in(place.desk), make_patient(location=place.location)
    address = reverse("procedures:waitlist-add", args=[patient.uuid])
    assert desk.get(address).status_code == 200
    told = {
        "kind": "consultation",
        "minutes": "30",
        "first": "2026-03-04",
        "last": "2026-03-01",
        "priority": "1",
    }
    assert desk.post(address, told).status_code == 422
    assert desk.post(address, told | {"last": "2026-03-20"}).status_code == 302
    assert patient.full_name in desk.get("/treatment/waitlist/").content.decode()
    entry = WaitlistEntry.objects.get()
    assert desk.post(f"/treatment/waitlist/{entry.uuid}/remove/").status_code == 302
    assert not WaitlistEntry.objects.waiting().exists()
    assert desk.post(f"/treatment/waitlist/{entry.uuid}/remove/").status_code == 409


def test_what_is_said_on_the_telephone_is_entered_by_the_desk(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(place)
    free(place)
    [offer] = waiting.work(at=SOON)
    monkeypatch.setattr(timezone, "now", lambda: SOON)
    desk = signed_in(place.desk)
    assert "Takes it" in desk.get("/treatment/waitlist/").content.decode()
    address = f"/treatment/offers/{offer.uuid}/answer/"
    assert signed_in(Role.AUDITOR).post(address, {"take": "yes"}).status_code == 403
    assert desk.post(address, {"take": "yes"}).status_code == 302
    assert Appointment.objects.standing().count() == 1
    assert desk.post(address, {"leave": "yes"}).status_code == 409
