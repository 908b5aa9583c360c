"""What a patient does about coming visits by themselves, and what the desk hears of it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clinic.messaging import links
from clinic.messaging.models import Message, MessageState, PatientLink, Purpose
from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.models import Location
from clinic.staff.roles import Role
from procedures import booking, courses, telling, visiting
from procedures.models import Appointment, AppointmentStatus, ChangeKind, DayPart, VisitChange
from procedures.visiting import Wanted
from tests.factories.procedures import (
    EARLIER,
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_place,
    make_visit,
)
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)


@pytest.fixture
def place() -> Place:
    place = make_place()
    allow(place.location, hours=24)
    return place


def allow(location: Location, *, hours: int | None) -> None:
    location.notice_hours = hours
    location.save(update_fields=["notice_hours"])


def key_of(visit: Appointment, *, at: datetime = EARLIER) -> PatientLink:
    return telling.visits_link(visit.patient, at=at)


def fresh(visit: Appointment) -> Appointment:
    return Appointment.objects.select_related("room__location").get(pk=visit.pk)


# Confirming


def test_a_patient_confirms_once_and_the_desk_sees_it(place: Place) -> None:
    visit = book_visit(place)
    for _twice in range(2):
        visiting.confirm(visit, at=EARLIER, by=key_of(visit))
    assert fresh(visit).confirmed_at == EARLIER
    assert [change.kind for change in VisitChange.objects.all()] == [ChangeKind.CONFIRMED]
    (said,) = AuditEntry.objects.filter(action="appointment.confirmed")
    assert said.actor_kind == "messaging.patientlink"
    assert said.actor_name == "patient, by link"


def test_what_was_confirmed_is_open_again_when_the_desk_moves_it(place: Place) -> None:
    visit = book_visit(place)
    visiting.confirm(visit, at=EARLIER, by=key_of(visit))
    wish = booking.Place(
        start=NOW + A_DAY, room=place.room, practitioner=place.practitioner, version=1
    )
    booking.move(visit, **wish, at=EARLIER, by=place.desk)
    assert fresh(visit).confirmed_at is None


def test_a_visit_that_has_begun_or_gone_is_not_confirmed(place: Place) -> None:
    visit = book_visit(place)
    with pytest.raises(visiting.VisitGone):
        visiting.confirm(visit, at=NOW, by=key_of(visit))
    booking.cancel(visit, "ill", at=EARLIER, by=place.desk)
    with pytest.raises(visiting.VisitGone):
        visiting.confirm(visit, at=EARLIER, by=key_of(visit))


# Moving


def test_a_patient_moves_to_a_time_that_is_offered_and_the_desk_hears_of_it(place: Place) -> None:
    visit = book_visit(place)
    start = visiting.offered(fresh(visit), at=EARLIER)[0]
    moved = visiting.move(fresh(visit), start, at=EARLIER, by=key_of(visit))
    assert fresh(moved).slot.lower == start
    assert fresh(moved).confirmed_at == EARLIER
    task = Task.objects.get(kind=TaskKind.PATIENT_CHANGED)
    assert (task.role, task.subject_uuid) == (Role.RECEPTION, visit.uuid)
    change = VisitChange.objects.get(kind=ChangeKind.MOVED)
    assert (change.before, change.made_at) == (NOW, EARLIER)
    assert Message.objects.get(message=telling.MOVED).values["date"] == start.isoformat()


def test_no_time_is_moved_to_that_was_not_offered(place: Place) -> None:
    visit = book_visit(place)
    book_visit(place, start=NOW + A_DAY)
    for start in (NOW + A_DAY, EARLIER + timedelta(hours=1), NOW + timedelta(days=30)):
        with pytest.raises(visiting.NotOffered):
            visiting.move(fresh(visit), start, at=EARLIER, by=key_of(visit))
    assert fresh(visit).slot.lower == NOW


def test_a_slot_that_was_taken_meanwhile_is_not_offered_any_more(place: Place) -> None:
    visit = book_visit(place)
    start = visiting.offered(fresh(visit), at=EARLIER)[0]
    book_visit(place, start=start)
    with pytest.raises(visiting.NotOffered):
        visiting.move(fresh(visit), start, at=EARLIER, by=key_of(visit))


def test_a_course_rule_is_never_broken_by_a_patient(place: Place) -> None:
    first, second = book_course(make_bookable_plan(place), place).sessions.order_by("number")
    times = visiting.offered(fresh(second.appointment), at=EARLIER)
    begins = timezone.localdate(first.appointment.slot.lower, place.location.zone)
    assert times
    assert all(timezone.localdate(one, place.location.zone) - begins >= 7 * A_DAY for one in times)
    too_near = second.appointment.slot.lower - A_DAY
    with pytest.raises(visiting.NotOffered):
        visiting.move(
            fresh(second.appointment), too_near, at=EARLIER, by=key_of(second.appointment)
        )
    moved = visiting.move(
        fresh(second.appointment), times[-1], at=EARLIER, by=key_of(second.appointment)
    )
    assert moved.slot.lower == times[-1]


def test_after_three_moves_the_desk_is_asked(place: Place) -> None:
    visit = book_visit(place)
    for _again in range(visiting.MOVES_ALONE):
        start = visiting.offered(fresh(visit), at=EARLIER)[0]
        visiting.move(fresh(visit), start, at=EARLIER, by=key_of(visit))
    with pytest.raises(visiting.AskTheDesk):
        visiting.move(fresh(visit), NOW, at=EARLIER, by=key_of(visit))


# Cancelling


def test_a_patient_cancels_early_enough(place: Place) -> None:
    visit = book_visit(place)
    visiting.cancel(visit, at=NOW - A_DAY, by=key_of(visit))
    assert fresh(visit).status == AppointmentStatus.CANCELLED
    assert fresh(visit).reason == "Cancelled by the patient"
    assert Task.objects.filter(kind=TaskKind.PATIENT_CHANGED).count() == 1
    assert book_visit(place).status == AppointmentStatus.BOOKED  # the slot is free at once


def test_later_than_the_clinic_allows_it_stays_and_only_the_desk_can(place: Place) -> None:
    visit = book_visit(place)
    late = NOW - A_DAY + timedelta(minutes=1)
    with pytest.raises(visiting.AskTheDesk):
        visiting.cancel(visit, at=late, by=key_of(visit))
    assert fresh(visit).status == AppointmentStatus.BOOKED


def test_a_clinic_that_set_no_hours_leaves_it_to_the_desk(place: Place) -> None:
    allow(place.location, hours=None)
    visit = book_visit(place)
    assert not visiting.may_change(fresh(visit), at=EARLIER)
    with pytest.raises(visiting.AskTheDesk):
        visiting.cancel(visit, at=EARLIER, by=key_of(visit))


# Wishes


def test_a_wish_is_one_call_however_often_it_is_made(place: Place) -> None:
    visit = book_visit(place)
    wanted = Wanted(part=DayPart.EVENING, not_before=date(2026, 3, 10))
    for _twice in range(2):
        visiting.ask(visit, ChangeKind.ASKS_TO_MOVE, wanted, at=EARLIER, by=key_of(visit))
    assert VisitChange.objects.count() == 1
    visiting.ask(visit, ChangeKind.ASKS_TO_CANCEL, at=EARLIER, by=key_of(visit))
    assert Task.objects.filter(kind=TaskKind.CALL_PATIENT).count() == 1
    wish = visiting.wish_of(visit)
    assert wish is not None
    assert wish.kind == ChangeKind.ASKS_TO_CANCEL
    assert fresh(visit).status == AppointmentStatus.BOOKED


def test_after_the_desk_has_called_a_new_wish_is_a_new_call(place: Place) -> None:
    visit = book_visit(place)
    visiting.ask(visit, ChangeKind.ASKS_TO_CANCEL, at=EARLIER, by=key_of(visit))
    Task.objects.update(done_at=EARLIER, done_by_uuid=place.desk.uuid, outcome="called")
    assert visiting.wish_of(visit) is None
    visiting.ask(visit, ChangeKind.ASKS_TO_CANCEL, at=EARLIER, by=key_of(visit))
    assert Task.objects.open().count() == 1


# What is sent


def test_a_booked_visit_is_confirmed_with_the_link_to_all_visits(place: Place) -> None:
    visit = book_visit(place)
    message = Message.objects.get(message=telling.BOOKED)
    assert message.link is not None
    assert message.link.purpose == Purpose.VISITS
    assert message.due_at == EARLIER + telling.GRACE
    assert message.link.expires_at > visit.slot.upper


def test_a_course_is_confirmed_once_with_a_link_that_outlasts_it(place: Place) -> None:
    course = book_course(make_bookable_plan(place, sessions=4), place)
    (message,) = Message.objects.filter(message=telling.BOOKED)
    last = course.sessions.order_by("number").last()
    assert message.link is not None
    assert last is not None
    assert message.link.expires_at > last.appointment.slot.upper


def test_what_is_cancelled_at_once_is_never_confirmed(place: Place) -> None:
    visit = book_visit(place)
    booking.cancel(visit, "slip", at=EARLIER, by=place.desk)
    assert Message.objects.get(message=telling.BOOKED).state == MessageState.CANCELLED


def test_a_confirmation_that_waits_names_the_time_that_holds(place: Place) -> None:
    visit = book_visit(place)
    wish = booking.Place(
        start=NOW + A_DAY, room=place.room, practitioner=place.practitioner, version=1
    )
    booking.move(visit, **wish, at=EARLIER, by=place.desk)
    waiting = Message.objects.get(message=telling.BOOKED, state=MessageState.OWED)
    assert waiting.values["date"] == (NOW + A_DAY).isoformat()


def test_somebody_who_stands_at_the_desk_gets_no_confirmation(place: Place) -> None:
    booking.book(make_visit(place), at=NOW, by=place.desk)
    assert not Message.objects.filter(message=telling.BOOKED).exists()


# The pages


@pytest.fixture
def booked_ahead(place: Place) -> Appointment:
    start = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0) + 5 * A_DAY
    visit = replace(make_visit(place), start=start)
    return booking.book(visit, at=timezone.now(), by=place.desk)


def phone_of(visit: Appointment, client: Client) -> Client:
    link = telling.visits_link(visit.patient, at=timezone.now())
    answer = client.get(f"/p/{links.token(link)}/")
    assert answer["Location"] == "/p/visits/"
    assert "I will come" not in client.get("/p/visits/").content.decode()
    client.post("/p/visits/", {"birth_date": visit.patient.birth_date.isoformat()})
    return client


def test_the_page_lists_what_comes_and_takes_every_press(
    booked_ahead: Appointment, client: Client
) -> None:
    phone = phone_of(booked_ahead, client)
    base = f"/p/visits/{booked_ahead.uuid}"
    assert "I will come" in phone.get("/p/visits/").content.decode()
    assert phone.post(f"{base}/confirm/").status_code == 302
    assert "You confirmed this visit." in phone.get("/p/visits/").content.decode()
    times = visiting.offered(fresh(booked_ahead), at=timezone.now())
    assert times[0].isoformat() in phone.get(f"{base}/move/").content.decode()
    chosen = {"choose": "1", "start": times[0].isoformat()}
    assert phone.post(f"{base}/move/", chosen).status_code == 302
    assert fresh(booked_ahead).slot.lower == times[0]
    assert phone.post(f"{base}/cancel/").status_code == 302
    assert fresh(booked_ahead).status == AppointmentStatus.CANCELLED
    assert "You have no coming visit." in phone.get("/p/visits/").content.decode()


def test_a_wish_from_the_page_is_on_the_desks_list(
    booked_ahead: Appointment, client: Client
) -> None:
    phone = phone_of(booked_ahead, client)
    move = f"/p/visits/{booked_ahead.uuid}/move/"
    assert phone.post(move, {"choose": "1"}).status_code == 422
    assert phone.post(move, {"wish": "1", "part": "never"}).status_code == 422
    assert phone.post(move, {"wish": "1", "part": "evening"}).status_code == 302
    assert Task.objects.get(kind=TaskKind.CALL_PATIENT).subject_uuid == booked_ahead.uuid
    assert "You asked for another time." in phone.get("/p/visits/").content.decode()


def test_a_late_cancel_is_a_call_and_the_visit_stays(
    place: Place, booked_ahead: Appointment, client: Client
) -> None:
    allow(place.location, hours=14 * 24)
    phone = phone_of(booked_ahead, client)
    cancel = f"/p/visits/{booked_ahead.uuid}/cancel/"
    assert "call us" in phone.get(cancel).content.decode()
    assert phone.post(cancel).status_code == 302
    assert fresh(booked_ahead).status == AppointmentStatus.BOOKED
    assert Task.objects.filter(kind=TaskKind.CALL_PATIENT).count() == 1


def test_a_link_opens_nobody_elses_visits(
    place: Place, booked_ahead: Appointment, client: Client
) -> None:
    other = book_visit(place)
    phone = phone_of(other, client)
    for act in ("move", "cancel", "confirm"):
        assert phone.post(f"/p/visits/{booked_ahead.uuid}/{act}/").status_code == 404
    assert fresh(booked_ahead).status == AppointmentStatus.BOOKED


def test_the_calendar_address_is_made_from_the_page_and_reads_the_visits(
    booked_ahead: Appointment, client: Client
) -> None:
    phone = phone_of(booked_ahead, client)
    page = phone.post("/p/visits/calendar/")
    feed = phone.get(page.context["address"])
    assert str(booked_ahead.uuid) in feed.content.decode()


def test_the_desk_sees_at_the_visit_what_the_patient_did(
    place: Place, booked_ahead: Appointment, client: Client
) -> None:
    wanted = Wanted(part=DayPart.EVENING, not_before=date(2027, 3, 10))
    key = key_of(booked_ahead, at=timezone.now())
    at = timezone.now()
    visiting.ask(booked_ahead, ChangeKind.ASKS_TO_MOVE, wanted, at=at, by=key)
    client.force_login(place.desk)
    page = client.get(f"/treatment/visits/{booked_ahead.uuid}/").content.decode()
    assert "The patient asks for another time" in page
    assert "in the evening" in page


def test_the_session_of_a_course_is_cancelled_alone(place: Place) -> None:
    course = book_course(make_bookable_plan(place), place)
    second = course.sessions.get(number=2).appointment
    visiting.cancel(second, at=EARLIER, by=key_of(second))
    assert courses.by_number(course) == ["booked", "free"]
