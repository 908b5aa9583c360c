"""A patient's link: signed, for one purpose, until a moment, and dead with a kind word."""

from datetime import timedelta

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from clinic.messaging import links
from clinic.messaging.models import PatientLink, Purpose
from tests.factories.messaging import make_link
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db


def test_the_token_is_not_in_the_database() -> None:
    link = make_link()
    token = links.token(link)
    with connection.cursor() as cursor:
        cursor.execute("SELECT link::text FROM messaging_patientlink AS link")
        row = cursor.fetchone()[0]
    assert token not in row
    assert token[24:] not in row
    assert link.token_sha256 in row


def test_a_token_opens_its_link_and_the_first_time_is_noted() -> None:
    link = make_link()
    opened = links.open(links.token(link), at=NOW + timedelta(hours=1))
    links.open(links.token(link), at=NOW + timedelta(hours=2))
    assert opened.pk == link.pk
    link.refresh_from_db()
    assert link.opened_at == NOW + timedelta(hours=1)


def test_the_address_holds_the_token_and_nothing_about_the_purpose(settings: Settings) -> None:
    settings.SITE_URL = "https://clinic.example/"
    link = make_link(purpose=Purpose.CONSENT)
    assert links.url(link) == f"https://clinic.example/p/{links.token(link)}/"


def test_from_its_last_moment_on_it_is_expired() -> None:
    link = make_link(lasts=timedelta(hours=1))
    with pytest.raises(links.LinkExpired):
        links.open(links.token(link), at=NOW + timedelta(hours=1))


def test_revoked_by_its_subject_it_opens_nothing() -> None:
    link, other = make_link(subject="session:1"), make_link(subject="session:2")
    assert links.revoke("session:1", at=NOW) == 1
    with pytest.raises(links.LinkRevoked):
        links.open(links.token(link), at=NOW)
    assert links.open(links.token(other), at=NOW) == other


@pytest.mark.parametrize("change", [0, 10, 30, 63])
def test_one_wrong_sign_and_it_is_nobodys(change: int) -> None:
    token = links.token(make_link())
    other = "A" if token[change] != "A" else "B"
    with pytest.raises(links.LinkDead):
        links.open(token[:change] + other + token[change + 1 :], at=NOW)


@pytest.mark.parametrize("token", ["", "x", "ж" * 64, "A" * 64, "=" * 64])
def test_rubbish_is_nobodys(token: str) -> None:
    with pytest.raises(links.LinkDead):
        links.open(token, at=NOW)


def test_another_key_closes_every_link(settings: Settings) -> None:
    token = links.token(make_link())
    settings.LINK_KEY = "a new key"
    with pytest.raises(links.LinkDead):
        links.open(token, at=NOW)


def test_a_signed_token_without_its_row_is_nobodys() -> None:
    link = make_link()
    token = links.token(link)
    PatientLink.objects.filter(pk=link.pk).delete()
    with pytest.raises(links.LinkDead):
        links.open(token, at=NOW)
