"""The desk finds, registers and edits."""

from typing import Any

import pytest

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients.models import Patient
from tests.factories.patients import make_patient
from tests.factories.staff import make_location
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db
ADD = "/patients/add/"


@pytest.fixture
def typed() -> dict[str, Any]:
    """What the desk types for somebody new."""
    return {
        "family_name": "Вигаданенко",
        "given_name": "Їлюзія",
        "birth_date": "17.05.1990",
        "sex": "F",
        "can_be_pregnant": "yes",
        "phone": "044 000 00 01",
        "email": "illusion@patients.example",
        "language": "uk",
        "email_allowed": "on",
        "location": make_location().pk,
    }


def edited(patient: Patient, **changes: Any) -> dict[str, Any]:
    return {
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "birth_date": patient.birth_date.isoformat(),
        "phone": patient.phone,
        "email": patient.email,
        "language": patient.language,
        "can_be_pregnant": "yes",
        "sex": patient.sex,
        "version": patient.version,
    } | changes


def test_whom_one_looks_for_is_found_without_javascript(sign_in: SignIn) -> None:
    patient = make_patient(family_name="Щербакова")
    make_patient(family_name="Коваленко")
    page = sign_in(Role.RECEPTION).get("/patients/", {"q": "shcherbakova"}).content.decode()
    assert "<html" in page
    assert patient.get_absolute_url() in page
    assert "Коваленко" not in page


def test_htmx_gets_the_rows_alone(sign_in: SignIn) -> None:
    make_patient(family_name="Щербакова")
    desk = sign_in(Role.RECEPTION)
    response = desk.get("/patients/", {"q": "щерб"}, headers={"HX-Request": "true"})
    assert "Щербакова" in response.content.decode()
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_an_empty_clinic_says_what_to_do_next(sign_in: SignIn) -> None:
    assert "Register the first one" in sign_in(Role.RECEPTION).get("/patients/").content.decode()


def test_nobody_found_says_what_else_to_try(sign_in: SignIn) -> None:
    page = sign_in(Role.RECEPTION).get("/patients/", {"q": "nobody"}).content.decode()
    assert "17.05.1990" in page


def test_no_more_than_twenty_rows_come_and_it_says_so(sign_in: SignIn) -> None:
    for _ in range(21):
        make_patient(family_name="Sameova", given_name="Name")
    page = sign_in(Role.RECEPTION).get("/patients/", {"q": "sameova"}).content.decode()
    assert page.count('class="patient-name"') == 20
    assert "The first 20" in page


def test_the_box_on_every_page_drops_down_what_it_finds(sign_in: SignIn) -> None:
    patient = make_patient(family_name="Щербакова")
    desk = sign_in(Role.RECEPTION)
    found = desk.get("/patients/search/", {"q": "scherb"}).content.decode()
    assert patient.get_absolute_url() in found
    assert str(patient.number) in found
    assert "Nobody found" in desk.get("/patients/search/", {"q": "nobody"}).content.decode()
    assert desk.get("/patients/search/").content.decode().strip() == ""


def test_registering_opens_the_chart(sign_in: SignIn, typed: dict[str, Any]) -> None:
    response = sign_in(Role.RECEPTION).post(ADD, typed)
    patient = Patient.objects.get()
    assert (response.status_code, response["Location"]) == (302, patient.get_absolute_url())
    assert (patient.phone, patient.can_be_pregnant) == ("+380440000001", True)
    assert patient.recipient.email_allowed_at is not None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("family_name", ""),
        ("birth_date", "31.02.1990"),
        ("birth_date", "17.05.2990"),
        ("phone", "12"),
        ("email", "illusion"),
        ("language", "xx"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    sign_in: SignIn, typed: dict[str, Any], field: str, wrong: str
) -> None:
    response = sign_in(Role.RECEPTION).post(ADD, typed | {field: wrong})
    page = response.content.decode()
    assert response.status_code == 422
    assert "needs another look" in page
    assert "Їлюзія" in page
    assert not Patient.objects.exists()


def test_an_empty_form_is_an_invalid_form(sign_in: SignIn) -> None:
    assert sign_in(Role.RECEPTION).post(ADD, {}).status_code == 422


def test_a_tick_without_an_address_is_no_permission(sign_in: SignIn, typed: dict[str, Any]) -> None:
    response = sign_in(Role.RECEPTION).post(ADD, typed | {"email": ""})
    assert response.status_code == 422
    assert "remove the tick" in response.content.decode()


def test_a_probable_duplicate_is_shown_and_registering_anyway_is_a_second_click(
    sign_in: SignIn, typed: dict[str, Any]
) -> None:
    desk = sign_in(Role.RECEPTION)
    desk.post(ADD, typed)
    known = Patient.objects.get()
    again = typed | {"family_name": "Vyhadanenko", "given_name": "Iliuziia", "phone": ""}
    refused = desk.post(ADD, again)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert known.get_absolute_url() in page
    assert "register anyway" in page
    assert "Vyhadanenko" in page
    assert desk.post(ADD, again).status_code == 422
    assert Patient.objects.count() == 1
    desk.post(ADD, again | {"insist": "yes", "seen": str(known.number)})
    assert Patient.objects.count() == 2
    assert AuditEntry.objects.filter(action="patient.registered", facts__insisted=True).exists()


def test_insisting_counts_only_for_the_charts_that_were_shown(
    sign_in: SignIn, typed: dict[str, Any]
) -> None:
    desk = sign_in(Role.RECEPTION)
    desk.post(ADD, typed)
    blind = desk.post(ADD, typed | {"insist": "yes", "seen": ""})
    assert blind.status_code == 422
    assert Patient.objects.count() == 1


def test_an_edit_is_saved(sign_in: SignIn) -> None:
    patient = make_patient()
    response = sign_in(Role.RECEPTION).post(
        f"/patients/{patient.uuid}/edit/", edited(patient, given_name="Другая")
    )
    assert response.status_code == 302
    patient.refresh_from_db()
    assert (patient.given_name, patient.version) == ("Другая", 2)
    assert patient.recipient.email_allowed_at is None


def test_the_edit_page_shows_what_is_known(sign_in: SignIn) -> None:
    patient = make_patient(given_name="Їлюзія")
    page = sign_in(Role.RECEPTION).get(f"/patients/{patient.uuid}/edit/").content.decode()
    assert "Їлюзія" in page
    assert patient.birth_date.strftime("%d.%m.%Y") in page


def test_two_tabs_cannot_overwrite_each_other_and_the_second_sees_what_changed(
    sign_in: SignIn,
) -> None:
    patient, desk = make_patient(), sign_in(Role.RECEPTION)
    address = f"/patients/{patient.uuid}/edit/"
    desk.post(address, edited(patient, given_name="First"))
    late = edited(patient, given_name="Second")
    refused = desk.post(address, late)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Now it says: First" in page
    assert "Second" in page
    patient.refresh_from_db()
    assert patient.given_name == "First"
    assert desk.post(address, late | {"version": patient.version}).status_code == 302


def test_two_patients_in_two_tabs_stay_apart(sign_in: SignIn) -> None:
    """Which patient is changed stands in the address, whatever was open before. R-53."""
    one, other, desk = make_patient(), make_patient(), sign_in(Role.RECEPTION)
    desk.get(f"/patients/{one.uuid}/edit/")
    desk.get(f"/patients/{other.uuid}/edit/")
    desk.post(f"/patients/{one.uuid}/edit/", edited(one, given_name="Changed"))
    other.refresh_from_db()
    one.refresh_from_db()
    assert (one.given_name, other.given_name) == ("Changed", "Fictiona")


def test_no_patient_is_remembered_in_the_session_of_whoever_works(sign_in: SignIn) -> None:
    """R-53: there is no current patient on the server that another tab could change."""
    patient, desk = make_patient(), sign_in(Role.RECEPTION)
    for url in ("", "edit/", "summary/"):
        desk.get(f"/patients/{patient.uuid}/{url}")
    desk.get(patient.get_absolute_url())
    desk.post(f"/patients/{patient.uuid}/edit/", edited(patient, given_name="Changed"))
    kept = {key: value for key, value in desk.session.items() if not key.startswith("_auth")}
    assert str(patient.uuid) not in str(kept)
    assert patient.pk not in kept.values()


def test_a_name_is_never_markup(sign_in: SignIn) -> None:
    make_patient(family_name="<script>alert(1)</script>")
    page = sign_in(Role.RECEPTION).get("/patients/").content.decode()
    assert "<script>alert" not in page
