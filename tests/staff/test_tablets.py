"""A tablet in a patient's hands: one thing opens, nothing else, and only a PIN leads out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clinic.messaging import links
from clinic.messaging.models import PatientLink
from clinic.record.models import AuditEntry
from clinic.staff import pins
from clinic.staff.models import StaffPin, User
from clinic.staff.pins import WeakPin
from clinic.staff.roles import Role
from patients import inviting
from patients.models import Intake, IntakeSource, Patient
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, PASSWORD, PIN, make_location, make_pin, make_staff

pytestmark = pytest.mark.django_db
TABLET, HOME = "/clinic/tablet/", "/p/intake/"


@pytest.fixture
def colleague() -> User:
    return make_pin(make_staff(Role.COSMETOLOGIST))


@pytest.fixture
def patient() -> Patient:
    return make_patient(language="en", location=make_location())


@pytest.fixture
def tablet(colleague: User, patient: Patient) -> Client:
    """Handed over with the questionnaire of this patient."""
    client = Client()
    client.force_login(colleague)
    response = client.post(f"/patients/{patient.uuid}/intake/tablet/")
    assert (response.status_code, response["Location"]) == (302, HOME)
    return client


def test_the_questionnaire_opens_at_once_and_nobody_is_signed_in(tablet: Client) -> None:
    assert 'name="CI-FEVER"' in tablet.get(HOME).content.decode()
    assert "_auth_user_id" not in tablet.session


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/patients/",
        "/account/login/",
        "/account/logout/",
        "/p/consent/",
        "/p/aftercare/",
        "/clinic/me/",
        "/healthz",
        "/p/" + "A" * 64 + "/",
        "/no/such/page/",
    ],
)
def test_every_other_address_leads_to_the_page_of_the_tablet(tablet: Client, address: str) -> None:
    for ask in (tablet.get, tablet.post):
        answer = ask(address)
        assert (answer.status_code, answer["Location"]) == (302, TABLET)


def test_a_link_of_another_patient_opens_nothing_on_it(tablet: Client) -> None:
    other = make_patient()
    link = inviting.invite(other, location=None, at=timezone.now(), by=None)
    assert tablet.get(f"/p/{links.token(link)}/")["Location"] == TABLET
    phone = Client()
    phone.get(f"/p/{links.token(link)}/")
    tablet.cookies["patient-intake"] = phone.cookies["patient-intake"].value
    assert tablet.get(HOME).status_code == 404


def test_what_is_filled_in_on_it_waits_for_review(tablet: Client) -> None:
    tablet.post(HOME + "keep/", {"CI-FEVER": "no"})
    assert Intake.objects.get().source == IntakeSource.TABLET


def test_the_pin_leads_back_to_where_it_was_handed_over(
    tablet: Client, colleague: User, patient: Patient
) -> None:
    answer = tablet.post(TABLET, {"pin": PIN})
    assert answer["Location"] == patient.get_absolute_url()
    assert tablet.session["_auth_user_id"] == str(colleague.pk)
    assert tablet.get(HOME).status_code == 404, "the patient's page is shut again"


def test_after_two_hours_the_pin_ends_it_and_the_password_is_asked(
    tablet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = timezone.now() + timedelta(hours=2, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    answer = tablet.post(TABLET, {"pin": PIN})
    assert answer.status_code == 302
    assert "_auth_user_id" not in tablet.session
    assert "tablet" not in tablet.session


def test_a_wrong_pin_leads_nowhere_and_five_lock_even_the_right_one(
    tablet: Client, colleague: User
) -> None:
    for _n in range(5):
        assert tablet.post(TABLET, {"pin": "9999"}).status_code == 422
    answer = tablet.post(TABLET, {"pin": PIN})
    assert answer.status_code == 422
    assert "quarter of an hour" in answer.content.decode()
    assert AuditEntry.objects.filter(action="user.pin-refused").count() == 5
    StaffPin.objects.filter(user=colleague).update(locked_until=timezone.now())
    assert tablet.post(TABLET, {"pin": PIN}).status_code == 302


def test_the_pin_of_a_colleague_who_left_opens_nothing(tablet: Client, colleague: User) -> None:
    User.objects.filter(pk=colleague.pk).update(is_active=False, deactivated_at=timezone.now())
    assert tablet.post(TABLET, {"pin": PIN}).status_code == 200
    assert "_auth_user_id" not in tablet.session


def test_who_has_no_pin_hands_nothing_over(patient: Patient) -> None:
    client = Client()
    client.force_login(make_staff(Role.COSMETOLOGIST))
    answer = client.post(f"/patients/{patient.uuid}/intake/tablet/")
    assert answer.status_code == 409
    assert "PIN" in answer.content.decode()
    assert "_auth_user_id" in client.session
    assert not PatientLink.objects.exists()


def test_without_a_tablet_its_page_is_only_the_way_home() -> None:
    assert Client().get(TABLET)["Location"] == "/"


def test_what_staff_see_is_kept_by_no_browser(colleague: User, tablet: Client) -> None:
    client = Client()
    client.force_login(colleague)
    assert client.get("/")["Cache-Control"] == "no-store"
    assert tablet.get(TABLET)["Cache-Control"] == "no-store"


# The PIN itself


@pytest.mark.parametrize("pin", ["", "12", "1111", "1234", "4321", "12ab", "123456789", "١٢٣٥"])
def test_a_weak_pin_is_refused(pin: str, colleague: User) -> None:
    with pytest.raises(WeakPin):
        pins.choose(colleague, pin, at=NOW, by=colleague)


def test_the_pin_itself_is_nowhere(colleague: User) -> None:
    assert PIN not in StaffPin.objects.get().digest
    assert AuditEntry.objects.get(action="user.pin-set").facts == {}


def test_it_is_set_on_the_own_page_after_the_password() -> None:
    client, user = Client(), make_staff(Role.RECEPTION)
    client.force_login(user)
    assert "/reauthenticate/" in client.get("/clinic/me/pin/")["Location"]
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.post("/clinic/me/pin/", {"pin": "1111"}).status_code == 422
    assert client.post("/clinic/me/pin/", {"pin": "8273"}).status_code == 302
    assert pins.is_right(user, "8273", at=timezone.now())
