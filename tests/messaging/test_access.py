"""The door of the patients' pages, seen from outside: one link, one purpose, one browser."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clinic.messaging import access, links
from clinic.messaging.models import PatientLink, Purpose
from tests.factories.aftercare import make_aftercare, make_aftercare_link, open_page, path_of
from tests.factories.messaging import make_link
from tests.factories.staff import make_location

pytestmark = pytest.mark.django_db
PAGE = "/p/aftercare/"


@pytest.fixture(autouse=True)
def nobody_counted() -> None:
    cache.clear()


def living_link(language: str = "en") -> PatientLink:
    """Of a session that ended two days ago."""
    plan = make_aftercare(ended_at=timezone.now() - timedelta(days=2))
    plan.patient.recipient.language = language
    plan.patient.recipient.save()
    return make_aftercare_link(plan)


def opened(client: Client, link: PatientLink) -> HttpResponse:
    return open_page(client, link)


def test_the_token_is_left_behind_and_the_cookie_is_for_these_pages_only(client: Client) -> None:
    answer = client.get(path_of(living_link()))
    assert answer.headers["Location"] == PAGE
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    cookie = client.cookies["patient-aftercare"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/p/", True, "Lax")
    assert "sessionid" not in client.cookies
    assert client.get(PAGE).status_code == 200


def test_pages_are_not_kept_and_not_told_to_others(client: Client) -> None:
    answer = opened(client, living_link())
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_without_a_link_the_page_says_whom_to_call(client: Client) -> None:
    place = make_location()
    answer = client.get(PAGE)
    assert answer.status_code == 404
    assert place.phone in answer.content.decode()


def test_an_unknown_token_is_404_and_kind(client: Client) -> None:
    place = make_location()
    answer = client.get(f"/p/{'A' * 64}/")
    assert answer.status_code == 404
    assert place.urgent_phone in answer.content.decode()


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_an_expired_link_is_410_in_the_patients_language(client: Client, language: str) -> None:
    long_ago = timezone.now() - timedelta(days=60)
    link = make_link(at=long_ago)
    link.recipient.language = language
    link.recipient.save()
    answer = client.get(path_of(link))
    assert answer.status_code == 410
    assert f'<html lang="{language}"' in answer.content.decode()


def test_revoked_while_the_page_is_open_it_closes(client: Client) -> None:
    link = living_link()
    opened(client, link)
    links.revoke(link.subject, at=timezone.now())
    assert client.get(PAGE).status_code == 410


def test_a_link_for_another_purpose_does_not_open_the_page(client: Client) -> None:
    living = living_link()
    foreign = make_link(
        living.recipient, purpose=Purpose.CONSENT, subject=living.subject, at=timezone.now()
    )
    answer = client.get(path_of(foreign))
    assert answer.headers["Location"] == "/p/consent/"
    assert client.get(PAGE).status_code == 404
    client.cookies["patient-aftercare"] = client.cookies["patient-consent"].value
    assert client.get(PAGE).status_code == 404


def test_a_link_to_something_else_opens_no_aftercare(client: Client) -> None:
    owner = living_link().recipient
    link = make_link(owner, subject="consent:1", at=timezone.now())
    assert opened(client, link).status_code == 404


def test_the_page_speaks_the_patients_language_until_they_choose(client: Client) -> None:
    answer = opened(client, living_link("uk"))
    assert '<html lang="uk"' in answer.content.decode()
    assert answer.headers["Content-Language"] == "uk"
    client.cookies["django_language"] = "en"  # the staff's choice on this tablet
    assert '<html lang="uk"' in client.get(PAGE).content.decode()
    chosen = client.get(PAGE, {"language": "ru"}, follow=True)
    assert '<html lang="ru"' in chosen.content.decode()
    assert client.cookies["patient-language"]["path"] == "/p/"


def test_a_new_patient_on_the_tablet_starts_in_their_own_language(client: Client) -> None:
    opened(client, living_link("uk"))
    client.get(PAGE, {"language": "ru"})
    assert '<html lang="en"' in opened(client, living_link("en")).content.decode()


def test_who_guesses_tokens_is_slowed_down(client: Client) -> None:
    answers = [client.get(f"/p/{'A' * 64}/").status_code for _ in range(access.TOKENS_A_MINUTE + 1)]
    assert answers[:-1] == [404] * access.TOKENS_A_MINUTE
    assert answers[-1] == 429


def test_who_hammers_the_page_is_slowed_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(client, living_link())
    cache.clear()
    monkeypatch.setattr(access, "REQUESTS_A_MINUTE", 1)
    assert [client.get(PAGE).status_code for _ in range(2)] == [200, 429]


def test_a_tablet_can_forget(client: Client) -> None:
    opened(client, living_link())
    answer = access.forget(HttpResponse(), Purpose.AFTERCARE)
    assert answer.cookies["patient-aftercare"]["max-age"] == 0
    assert answer.cookies["patient-aftercare"]["path"] == "/p/"
