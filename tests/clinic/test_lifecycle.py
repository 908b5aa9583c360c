"""A colleague leaves: what is still booked is seen, access ends, nothing else changes."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import booking
from procedures.models import Appointment
from tests.factories.procedures import Place, book_visit, make_place
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The page asks the clock; here it stands."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_staff(Role.ADMINISTRATOR))
    return client


def page_of(colleague: User) -> str:
    return reverse("lifecycle:staff-deactivate", args=[colleague.uuid])


def test_what_is_still_booked_is_listed_and_nothing_else(place: Place, boss: Client) -> None:
    ahead = book_visit(place, start=NOW + timedelta(hours=2))
    cancelled = book_visit(place, start=NOW + timedelta(hours=4))
    booking.cancel(cancelled, "ill", at=NOW, by=place.desk)
    book_visit(make_place())
    page = boss.get(page_of(place.practitioner))
    assert list(page.context["visits"]) == [ahead]
    assert reverse("procedures:appointment-detail", args=[ahead.uuid]) in page.content.decode()


def test_access_ends_and_the_visits_stay(place: Place, boss: Client) -> None:
    visit = book_visit(place, start=NOW + timedelta(hours=2))
    leaver = Client()
    leaver.force_login(place.practitioner)
    assert leaver.get("/").status_code == 200
    answer = boss.post(page_of(place.practitioner), follow=True)
    assert "Access has ended." in answer.content.decode()
    assert list(answer.context["visits"]) == [visit]
    assert leaver.get("/").status_code == 302
    assert Appointment.objects.get() == visit
    assert not User.objects.active().filter(pk=place.practitioner.pk).exists()


def test_nobody_booked_says_so(boss: Client) -> None:
    page = boss.get(page_of(make_staff(Role.COSMETOLOGIST)))
    assert "Nothing is booked with this person." in page.content.decode()


def test_the_last_administrator_stays() -> None:
    boss = make_staff(Role.ADMINISTRATOR)
    client = Client()
    client.force_login(boss)
    answer = client.post(page_of(boss))
    assert answer.status_code == 422
    assert answer.context["error"]
    assert User.objects.active().filter(pk=boss.pk).exists()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_only_an_administrator_ends_access(role: Role, place: Place) -> None:
    client = Client()
    client.force_login(make_staff(role))
    assert client.get(page_of(place.practitioner)).status_code == 403
    assert client.post(page_of(place.practitioner)).status_code == 403
    assert User.objects.active().filter(pk=place.practitioner.pk).exists()


def test_somebody_who_does_not_exist_is_not_found(boss: Client) -> None:
    assert boss.get(reverse("lifecycle:staff-deactivate", args=[uuid4()])).status_code == 404
