"""Who belongs to the team: one door in, one out, and never without an administrator."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from pytest_django import Settings

from clinic.errors import ClinicError, Stale, WrongState
from clinic.record.models import AuditEntry
from clinic.staff import team
from clinic.staff.models import User
from clinic.staff.roles import Permission, Role
from tests.factories.staff import PASSWORD, make_location, make_staff

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
ADMINISTRATOR, LEAD = Role.ADMINISTRATOR, Role.CLINICAL_LEAD
pytestmark = pytest.mark.django_db


def invite(email: str = "new@clinic.example", *roles: Role, by: User | None = None) -> User:
    return team.invite(
        email,
        "Fictional Newcomer",
        roles or (Role.RECEPTION,),
        location=None,
        language="en",
        at=NOW,
        by=by or make_staff(ADMINISTRATOR),
    )


def test_a_newcomer_is_on_the_record_and_cannot_sign_in_yet() -> None:
    administrator = make_staff(ADMINISTRATOR)
    user = invite("new@clinic.example", LEAD, Role.RECEPTION, by=administrator)
    assert user.roles == ["reception", "clinical-lead"]
    assert not user.has_usable_password()
    entry = AuditEntry.objects.get(action="user.invited")
    assert (entry.actor_uuid, entry.subject_uuid) == (administrator.uuid, user.uuid)
    assert entry.facts == {"roles": "reception, clinical-lead"}


def test_an_address_is_unique_whatever_its_case() -> None:
    invite("new@clinic.example")
    with pytest.raises(team.EmailTaken):
        invite("New@Clinic.example")
    other = make_staff()
    with pytest.raises(team.EmailTaken):
        team.edit(
            other,
            version=1,
            email="NEW@clinic.example",
            full_name="X",
            title="",
            location=None,
            language="en",
            at=NOW,
            by=other,
        )


def test_nobody_joins_without_a_role() -> None:
    with pytest.raises(team.NoRole):
        team.invite(
            "n@clinic.example", "N", [], location=None, language="en", at=NOW, by=make_staff()
        )


def test_the_link_chooses_a_password_once(client: Client) -> None:
    user = invite()
    path = team.password_link(user)
    page = client.get(path, follow=True)
    assert page.status_code == 200
    form_path = page.redirect_chain[-1][0]
    client.post(form_path, {"password1": PASSWORD, "password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    again = Client().get(path, follow=True)
    assert "password1" not in again.content.decode()
    assert AuditEntry.objects.filter(action="user.password-set", subject_uuid=user.uuid).exists()


def test_the_link_is_mailed_in_the_language_of_its_owner(settings: Settings) -> None:
    settings.SITE_URL = "https://clinic.example/"
    user = invite()
    path = team.password_link(user)
    assert team.mail_link(user, path)
    (letter,) = mail.outbox
    assert letter.to == ["new@clinic.example"]
    assert f"https://clinic.example{path}" in letter.body


def test_a_dead_mail_server_is_told_not_raised(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    user = invite()
    assert not team.mail_link(user, team.password_link(user))


def test_details_are_corrected_and_the_old_page_is_refused() -> None:
    user, place = invite(), make_location()
    team.edit(
        user,
        version=1,
        email="renamed@clinic.example",
        full_name="Renamed Newcomer",
        title="dermatologist",
        location=place,
        language="uk",
        at=NOW,
        by=user,
    )
    user.refresh_from_db()
    assert (user.email, user.location, user.version) == ("renamed@clinic.example", place, 2)
    assert user.signature_name == "Renamed Newcomer, dermatologist"
    assert "Renamed" not in str(AuditEntry.objects.get(action="user.edited").facts)
    with pytest.raises(Stale):
        team.change_roles(user, [LEAD], version=1, at=NOW, by=user)


def test_roles_change_what_somebody_may_do_at_once() -> None:
    administrator, user = make_staff(ADMINISTRATOR), make_staff(Role.RECEPTION)
    assert not user.may(Permission.TREAT)
    user = team.change_roles(user, [Role.COSMETOLOGIST], version=1, at=NOW, by=administrator)
    assert user.may(Permission.TREAT)
    facts = AuditEntry.objects.get(action="user.roles-changed").facts
    assert facts == {"old": "reception", "new": "cosmetologist"}


def test_the_last_administrator_stays_one() -> None:
    last = make_staff(ADMINISTRATOR)
    make_staff(ADMINISTRATOR, is_active=False)
    with pytest.raises(team.LastAdministrator):
        team.change_roles(last, [Role.RECEPTION], version=1, at=NOW, by=last)
    with pytest.raises(team.LastAdministrator):
        team.deactivate(last, at=NOW, by=last)
    last.refresh_from_db()
    assert (last.is_active, last.roles) == (True, ["administrator"])


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_remove_each_other_at_once() -> None:
    pair = [make_staff(ADMINISTRATOR), make_staff(ADMINISTRATOR)]
    start = Barrier(2)

    def remove(user: User) -> str:
        try:
            start.wait()
            team.deactivate(user, at=NOW, by=user)
        except ClinicError as error:
            return error.code
        finally:
            connection.close()
        return "left"

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(remove, pair))
    assert results == ["last-administrator", "left"]


def test_who_leaves_is_signed_out_and_may_come_back(client: Client) -> None:
    administrator, user = make_staff(ADMINISTRATOR), make_staff(Role.RECEPTION)
    client.force_login(user)
    assert client.get("/clinic/me/").status_code == 200
    user = team.deactivate(user, at=NOW, by=administrator)
    assert (user.is_active, user.deactivated_at) == (False, NOW)
    assert not user.may(Permission.SIGN_IN)
    assert client.get("/clinic/me/").status_code == 302
    with pytest.raises(WrongState):
        team.deactivate(user, at=NOW, by=administrator)
    user = team.reactivate(user, at=NOW, by=administrator)
    assert (user.is_active, user.deactivated_at, user.roles) == (True, None, ["reception"])
    with pytest.raises(WrongState):
        team.reactivate(user, at=NOW, by=administrator)


def test_a_colleague_resets_the_second_factor_and_nobody_their_own() -> None:
    administrator, user = make_staff(ADMINISTRATOR), make_staff(LEAD)
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=user, type=kind, data={})
    assert team.has_second_factor(user)
    team.reset_second_factor(user, at=NOW, by=administrator)
    assert not Authenticator.objects.filter(user=user).exists()
    assert AuditEntry.objects.get(action="user.second-factor-reset").facts == {"removed": 2}
    with pytest.raises(team.NotYourself):
        team.reset_second_factor(user, at=NOW, by=user)


@pytest.mark.parametrize(
    ("role", "asked"), [(LEAD, True), (Role.COSMETOLOGIST, True), (Role.RECEPTION, False)]
)
def test_who_sees_clinical_data_is_asked_for_a_second_factor(role: Role, asked: bool) -> None:
    user = make_staff(role)
    assert team.should_add_second_factor(user) is asked
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    assert not team.should_add_second_factor(user)
    assert list(User.objects.all().with_second_factor()) == [user]


def test_a_weak_password_is_refused() -> None:
    user = make_staff()
    with pytest.raises(ValidationError):
        team.set_password(user, "password", at=NOW, by=None)
    assert team.set_password(user, "plum-orbit-lantern", at=NOW, by=None).check_password(
        "plum-orbit-lantern"
    )
