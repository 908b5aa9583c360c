"""Signing in: by password, with a second factor, and what happens to who guesses."""

import time
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from clinic.record.models import AuditEntry
from clinic.staff import team
from clinic.staff.models import User
from clinic.staff.roles import Role
from tests.factories.staff import NOW, PASSWORD, make_staff

LOGIN = "/account/login/"
ACTIVATE, AUTHENTICATE = "/account/2fa/totp/activate/", "/account/2fa/authenticate/"
CODES = "/account/2fa/recovery-codes/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def attempts_forgotten() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, user: User, password: str = PASSWORD) -> int:
    return client.post(LOGIN, {"login": user.email, "password": password}).status_code


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_password_signs_in_and_out_on_the_record(client: Client) -> None:
    user = make_staff()
    assert sign_in(client, user) == 302
    assert signed_in(client)
    client.post("/account/logout/")
    assert not signed_in(client)
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["user.signed-in", "user.signed-out"]


def test_an_address_signs_in_whatever_its_case(client: Client) -> None:
    user = make_staff(email="someone@clinic.example")
    answer = client.post(LOGIN, {"login": "SomeOne@Clinic.example", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_refused_attempt_is_on_the_record_with_its_address(client: Client) -> None:
    user = make_staff()
    client.post(LOGIN, {"login": user.email, "password": "wrong"}, REMOTE_ADDR="192.0.2.7")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject_uuid) == ("user.sign-in-refused", user.uuid)
    assert (entry.actor_kind, entry.address) == ("system", "192.0.2.7")
    client.post(LOGIN, {"login": "stranger@elsewhere.example", "password": "wrong"})
    assert AuditEntry.objects.count() == 1


def test_who_left_does_not_get_in(client: Client) -> None:
    sign_in(client, make_staff(is_active=False))
    assert not signed_in(client)


def test_nobody_signs_up(client: Client) -> None:
    typed = {"email": "x@y.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/account/signup/", typed)
    assert not User.objects.exists()


def test_five_wrong_passwords_lock_the_account_for_a_while(client: Client) -> None:
    user = make_staff()
    for _attempt in range(5):
        sign_in(client, user, "wrong")
    assert sign_in(client, user) != 302
    assert not signed_in(client)
    cache.clear()
    assert sign_in(client, user) == 302


@pytest.fixture
def in_redis(redis_url: str, settings: Settings) -> Iterator[None]:
    """The cache as in the clinic: shared by every process."""
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": redis_url}}
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("in_redis")
def test_fifty_attempts_without_cookies_end_in_429() -> None:
    user = make_staff()
    answers = [sign_in(Client(), user, f"guess-{number}") for number in range(50)]
    assert answers[-1] == 429
    assert answers.index(429) <= 30
    assert sign_in(Client(REMOTE_ADDR="192.0.2.9"), user) != 429, "others are not locked out"


@pytest.mark.usefixtures("in_redis")
def test_attempts_are_counted_behind_a_trusted_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    user = make_staff()
    guesser = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "203.0.113.9"})
    answers = [sign_in(guesser, user, f"guess-{number}") for number in range(35)]
    assert answers[-1] == 429
    colleague = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "203.0.113.10"})
    assert sign_in(colleague, make_staff()) == 302


def test_a_reset_is_mailed_to_colleagues_only(client: Client) -> None:
    user = team.invite(
        "new@clinic.example",
        "Newcomer",
        [Role.RECEPTION],
        location=None,
        language="en",
        at=NOW,
        by=None,
    )
    client.post("/account/password/reset/", {"email": "stranger@elsewhere.example"})
    assert mail.outbox == []
    client.post("/account/password/reset/", {"email": user.email})
    assert [letter.to for letter in mail.outbox] == [["new@clinic.example"]]


def code(secret: str, ahead: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead)))


def say_again(client: Client) -> None:
    """Whoever changes how they sign in gives the password once more."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})


def turn_on(client: Client, user: User) -> str:
    """Sign in and set an authenticator app up; returns its secret."""
    sign_in(client, user)
    say_again(client)
    page = client.get(ACTIVATE)
    secret: str = page.context["form"].secret
    assert client.post(ACTIVATE, {"code": code(secret)}).status_code == 302
    return secret


def test_an_app_s_code_is_asked_after_the_password(client: Client) -> None:
    lead = make_staff(Role.CLINICAL_LEAD)
    secret = turn_on(client, lead)
    other = Client()
    assert sign_in(other, lead) == 302
    assert not signed_in(other)
    other.post(AUTHENTICATE, {"code": "000000"})
    assert not signed_in(other)
    other.post(AUTHENTICATE, {"code": code(secret, ahead=1)})
    assert signed_in(other)


def test_a_second_factor_turned_on_or_off_is_on_the_record(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    user = make_staff(Role.CLINICAL_LEAD)
    with django_capture_on_commit_callbacks(execute=True):
        turn_on(client, user)
        client.post("/account/2fa/totp/deactivate/")
    changes = AuditEntry.objects.filter(action__startswith="user.second-factor")
    actions = set(changes.filter(actor_uuid=user.uuid).values_list("action", flat=True))
    assert actions == {"user.second-factor-added", "user.second-factor-removed"}


def test_the_app_s_secret_is_not_readable_in_the_database(client: Client) -> None:
    secret = turn_on(client, make_staff(Role.CLINICAL_LEAD))
    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP).data
    assert secret not in str(stored)


def test_a_recovery_code_opens_once(client: Client) -> None:
    lead = make_staff(Role.CLINICAL_LEAD)
    turn_on(client, lead)
    authenticator = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
    spare = authenticator.wrap().get_unused_codes()[0]
    assert spare in client.get(CODES).content.decode()
    for again in (False, True):
        other = Client()
        sign_in(other, lead)
        other.post(AUTHENTICATE, {"code": spare})
        assert signed_in(other) is not again


def test_after_a_reset_the_password_alone_signs_in(client: Client) -> None:
    lead = make_staff(Role.CLINICAL_LEAD)
    turn_on(client, lead)
    team.reset_second_factor(lead, at=NOW, by=make_staff(Role.ADMINISTRATOR))
    other = Client()
    sign_in(other, lead)
    assert signed_in(other)


def test_who_sees_clinical_data_is_told_at_sign_in(client: Client) -> None:
    for role, told in [(Role.CLINICAL_LEAD, True), (Role.RECEPTION, False)]:
        sign_in(client, make_staff(role))
        assert ("second factor under" in client.get("/clinic/me/").content.decode()) is told
        client.post("/account/logout/")


@pytest.mark.parametrize("path", ["", "webauthn/", "webauthn/add/", "totp/activate/"])
def test_the_pages_of_second_factors_open(client: Client, path: str) -> None:
    sign_in(client, make_staff(Role.COSMETOLOGIST))
    say_again(client)
    assert client.get(f"/account/2fa/{path}").status_code == 200


def test_one_s_address_is_not_changed_without_an_administrator(client: Client) -> None:
    user = team.invite(
        "new@clinic.example",
        "Newcomer",
        [Role.RECEPTION],
        location=None,
        language="en",
        at=NOW,
        by=None,
    )
    team.set_password(user, PASSWORD, at=NOW, by=None)
    sign_in(client, user)
    client.post("/account/email/", {"action_add": "", "email": "other@clinic.example"})
    client.post("/account/email/", {"action_remove": "", "email": user.email})
    addresses = EmailAddress.objects.values_list("email", flat=True)
    assert list(addresses) == ["new@clinic.example"]


def test_a_stolen_session_changes_no_second_factor(client: Client) -> None:
    sign_in(client, make_staff(Role.CLINICAL_LEAD))
    answer = client.get(ACTIVATE)
    assert answer.status_code == 302
    assert "reauthenticate" in answer.headers["Location"]


def test_pages_speak_the_language_of_the_account_unless_told_another(client: Client) -> None:
    user = make_staff()
    User.objects.filter(pk=user.pk).update(language="uk")
    sign_in(client, user)
    assert client.cookies["django_language"].value == "uk"
    client.post("/account/logout/")
    client.cookies["django_language"] = "ru"
    sign_in(client, user)
    assert client.cookies["django_language"].value == "ru"
