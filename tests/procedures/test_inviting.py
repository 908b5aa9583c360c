"""The questionnaire goes home before the first visit: by itself, and once."""

from datetime import timedelta

import pytest

from clinic.messaging.models import Message
from patients.models import Patient
from procedures import booking, inviting
from tests.factories.patients import make_healthy_patient, make_patient
from tests.factories.procedures import Place, book_visit, make_place
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
BEFORE = NOW - timedelta(days=1)


@pytest.fixture
def place() -> Place:
    return make_place()


def links_sent() -> int:
    return Message.objects.filter(message="intake-link").count()


def booked(place: Place, *, email_allowed: bool = True) -> Patient:
    patient = make_patient(location=place.location, email_allowed=email_allowed)
    book_visit(place, patient)
    return patient


def test_whoever_was_never_asked_gets_the_link_once(place: Place) -> None:
    patient = booked(place)
    [link] = inviting.before_first_visits(at=BEFORE)
    assert inviting.before_first_visits(at=BEFORE + timedelta(minutes=1)) == []
    message = Message.objects.get(message="intake-link")
    assert (message.patient_uuid, message.link) == (patient.uuid, link)
    assert message.location == place.location
    assert link.expires_at == patient.appointments.get().slot.upper


def test_whoever_answered_or_has_no_visit_or_no_address_gets_none(place: Place) -> None:
    book_visit(place, make_healthy_patient(location=place.location))
    make_patient(location=place.location)
    assert inviting.before_first_visits(at=BEFORE) == []
    assert links_sent() == 0


def test_whoever_allowed_nothing_is_not_written_to(place: Place) -> None:
    booked(place, email_allowed=False)
    assert inviting.before_first_visits(at=BEFORE) == []


def test_a_cancelled_visit_invites_nobody(place: Place) -> None:
    patient = booked(place)
    booking.cancel(patient.appointments.get(), "ill", at=BEFORE, by=place.desk)
    assert inviting.before_first_visits(at=BEFORE) == []
