"""Every page of the sign-in, at a desk and on a phone: axe finds nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client, override_settings
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from clinic.staff.models import User
from clinic.staff.roles import Role
from tests.clinic.demo.pages import calls, pages
from tests.e2e.walk import Eyes, Walk
from tests.factories.staff import PASSWORD, make_location, make_staff

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NO_PAGES = {  # answers of which a browser shows none as a page
    "account_signup": "nobody registers without being invited",
    "account_set_password": "leads to the page that changes it: everybody has one",
    "account_confirm_login_code": "codes by mail are switched off",
    "mfa_login_webauthn": "what the sign-in page asks for by itself",
    "mfa_edit_webauthn": "belongs to a key that no test has",
    "mfa_remove_webauthn": "belongs to a key that no test has",
    "mfa_reauthenticate_webauthn": "asks a key that no test has; it looks like mfa_reauthenticate",
    "set_language": "a switch, which leads back",
}
SIGN_IN = [page for page in pages() if page.theirs and page.name not in NO_PAGES]


@pytest.fixture
def walk(live_server: LiveServer, browser: Browser, tmp_path: Path) -> Iterator[Walk]:
    with override_settings(MEDIA_ROOT=tmp_path / "media", SEAL_FILE=tmp_path / "seal" / "seal.p12"):
        yield Walk(Eyes(browser, live_server.url))


def test_every_page_of_the_sign_in_is_for_everybody(walk: Walk) -> None:
    user = make_staff(Role.ADMINISTRATOR, location=make_location())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    for client in rounds_of(user):
        for page in SIGN_IN:
            if page.name not in walk.known:
                walk.go(client, calls(page, most=1))
    assert walk.faults == []
    assert walk.missed(SIGN_IN) == set()


def rounds_of(user: User) -> Iterator[Client]:
    """Nobody; somebody; the same with a second factor; and on the way in, before that is shown."""

    yield Client()
    client = signed_in(user)
    yield client
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    yield client
    yield signed_in(user)


def signed_in(user: User) -> Client:
    """Through the sign-in page, so that the pages which want the password again open."""
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client
