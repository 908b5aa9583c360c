"""A visit cancelled by mistake stands again, and never on top of another one."""

from datetime import timedelta

import pytest
from django.test import Client

from clinic.errors import Stale, WrongState
from clinic.messaging.models import Message, MessageState
from clinic.record.models import AuditEntry
from procedures import booking, courses, restoring, telling
from procedures.models import Appointment, AppointmentKind, AppointmentStatus
from tests.factories.procedures import (
    EARLIER,
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_place,
)
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place()


def cancelled(place: Place) -> Appointment:
    return booking.cancel(book_visit(place), "slip", at=EARLIER, by=place.desk)


def restore(place: Place, visit: Appointment) -> Appointment:
    return restoring.restore(visit, version=visit.version, at=EARLIER, by=place.desk)


def test_a_slip_is_taken_back_and_the_patient_is_told_again(place: Place) -> None:
    visit = restore(place, cancelled(place))
    assert (visit.status, visit.ended_at, visit.reason) == (AppointmentStatus.BOOKED, None, "")
    owed = Message.objects.filter(message=telling.BOOKED, state=MessageState.OWED)
    assert owed.count() == 1
    assert AuditEntry.objects.filter(action="appointment.restored").count() == 1


def test_bk_05_into_a_taken_slot_it_is_refused_politely(place: Place) -> None:
    visit = cancelled(place)
    book_visit(place)
    with pytest.raises(booking.PractitionerBusy, match="Choose another time"):
        restore(place, visit)
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CANCELLED


def test_only_as_it_was_on_the_screen_and_only_what_is_off(place: Place) -> None:
    visit = cancelled(place)
    with pytest.raises(Stale):
        restoring.restore(visit, version=visit.version - 1, at=EARLIER, by=place.desk)
    with pytest.raises(WrongState):
        restore(place, restore(place, visit))


def test_a_day_that_is_over_does_not_come_back(place: Place) -> None:
    visit = cancelled(place)
    with pytest.raises(booking.DayOver):
        restoring.restore(visit, version=visit.version, at=NOW + timedelta(days=1), by=place.desk)


def test_a_session_that_was_booked_again_stays_cancelled(place: Place) -> None:
    course = book_course(make_bookable_plan(place), place)
    second = course.sessions.get(number=2)
    visit = booking.cancel(second.appointment, "slip", at=EARLIER, by=place.desk)
    assert restore(place, visit).status == AppointmentStatus.BOOKED
    assert courses.by_number(course) == ["booked", "booked"]
    visit = booking.cancel(visit, "ill", at=EARLIER, by=place.desk)
    again = booking.Visit(
        kind=AppointmentKind.SESSION,
        patient=visit.patient,
        practitioner=place.practitioner,
        room=place.room,
        start=visit.slot.lower + timedelta(days=1),
        minutes=45,
    )
    courses.book_again(course, 2, again, at=EARLIER, by=place.desk)
    with pytest.raises(restoring.NotAgain):
        restore(place, visit)


def test_the_desk_presses_a_button_and_hears_when_it_is_too_late(
    place: Place, client: Client
) -> None:
    visit = cancelled(place)
    client.force_login(place.desk)
    url = f"/treatment/visits/{visit.uuid}/restore/"
    assert client.post(url).status_code == 409
    assert (
        "let the visit stand again"
        in client.get(f"/treatment/visits/{visit.uuid}/").content.decode()
    )
