"""What goes wrong around the patient's page: links that are over, visits that were cancelled."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from aftercare.models import CheckIn
from clinic.messaging import links
from clinic.messaging.models import PatientLink
from clinic.record.models import Task
from procedures import booking
from tests.factories.aftercare import (
    A_DAY,
    book_session,
    make_aftercare,
    make_aftercare_link,
    make_course,
    open_page,
    path_of,
)

pytestmark = pytest.mark.django_db
PAGES = ("", "dates.ics", "sheet.pdf")
FORMS = ("check-in/", "ask/", "call/")


@pytest.fixture(autouse=True)
def nobody_counted() -> None:
    cache.clear()


def recent() -> PatientLink:
    course = make_course(at=timezone.now() - 3 * A_DAY)
    return make_aftercare_link(make_aftercare(course, ended_at=timezone.now() - A_DAY))


def test_an_expired_link_opens_nothing_and_keeps_nothing(client: Client) -> None:
    link = recent()
    open_page(client, link)
    PatientLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for name in PAGES:
        assert client.get(f"/p/aftercare/{name}").status_code == 410
    for name in FORMS:
        answer = client.post(f"/p/aftercare/{name}", {"feeling": "worse", "asked": "sauna"})
        assert answer.status_code == 410
    assert not CheckIn.objects.exists()
    assert not Task.objects.exists()


def test_a_revoked_link_is_over_in_every_browser_it_was_forwarded_to(client: Client) -> None:
    link, other = recent(), Client()
    for browser in (client, other):
        assert open_page(browser, link).status_code == 200
    links.revoke(link.subject, at=timezone.now())
    for browser in (client, other):
        assert browser.get("/p/aftercare/").status_code == 410


def test_a_link_that_somebody_shortened_opens_nothing(client: Client) -> None:
    assert client.get(path_of(recent())[:-3] + "/", follow=True).status_code == 404


def test_for_a_cancelled_visit_nobody_checks_in(client: Client) -> None:
    session = book_session(start=timezone.now() + A_DAY, at=timezone.now())
    link = session.patient.recipient.links.get()
    open_page(client, link)
    by = session.course.plan.practitioner
    booking.cancel(session.appointment, "The patient called", at=timezone.now(), by=by)
    assert client.post("/p/aftercare/check-in/", {"feeling": "worse"}).status_code == 410
    assert not CheckIn.objects.exists()


def test_before_the_visit_there_is_nothing_to_check_in_print_or_call_about(client: Client) -> None:
    session = book_session(start=timezone.now() + A_DAY, at=timezone.now())
    open_page(client, session.patient.recipient.links.get())
    for name in PAGES[1:]:
        assert client.get(f"/p/aftercare/{name}").status_code == 404
    for name in FORMS:
        answer = client.post(f"/p/aftercare/{name}", {"feeling": "worse", "asked": "sauna"})
        assert answer.status_code == 404
