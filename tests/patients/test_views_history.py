"""The history, as it is entered and read."""

from typing import Any

import pytest

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients.models import Asserter, HistoryItem, Patient, Verification
from tests.factories.patients import make_history, make_patient
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db
SAID = {"kind": "condition", "text": "гипертония", "status": "active", "asserted_by": "patient"}
UNKNOWN = "blorbitis of the third kind"


@pytest.fixture
def patient() -> Patient:
    return make_patient()


def page_of(sign_in: SignIn, patient: Patient, role: Role = Role.COSMETOLOGIST) -> str:
    response = sign_in(role).get(f"/patients/{patient.uuid}/history/")
    return str(response.content.decode())


def add(sign_in: SignIn, patient: Patient, **changes: Any) -> Any:
    return sign_in().post(f"/patients/{patient.uuid}/history/add/", SAID | changes, follow=False)


def test_words_are_recorded_as_typed_and_what_was_understood_is_said(
    sign_in: SignIn, patient: Patient
) -> None:
    assert add(sign_in, patient).status_code == 302
    assert patient.history.get().text == "гипертония"
    assert "High blood pressure" in page_of(sign_in, patient)


def test_what_was_not_understood_says_so_and_is_kept(sign_in: SignIn, patient: Patient) -> None:
    add(sign_in, patient, text=UNKNOWN)
    page = page_of(sign_in, patient)
    assert UNKNOWN in page
    assert "not recognised" in page


def test_it_says_at_once_whether_the_words_are_understood(
    sign_in: SignIn, patient: Patient
) -> None:
    address = f"/patients/{patient.uuid}/history/suggest/"
    treats = sign_in()
    known = treats.post(address, {"kind": "condition", "text": "гипертония"}).content.decode()
    assert "Understood as" in known
    assert "High blood pressure" in known
    near = treats.post(address, {"kind": "condition", "text": "hipertenzeon"}).content.decode()
    assert "Not recognised" in near
    assert "High blood pressure" in near
    assert 'type="radio"' in near
    assert treats.post(address, {"kind": "condition", "text": ""}).content.decode().strip() == ""


def test_one_of_the_suggestions_may_be_chosen(sign_in: SignIn, patient: Patient) -> None:
    concept = make_history(make_patient(), "condition", "diabetes").concept
    add(sign_in, patient, text=UNKNOWN, concept=concept)
    item = patient.history.get()
    assert (item.text, item.concept) == (UNKNOWN, concept)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("text", ""),
        ("kind", "mood"),
        ("concept", "nothing we know"),
        ("onset_date", "yesterday"),
        ("onset_date", "2999-01-01"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    sign_in: SignIn, patient: Patient, field: str, wrong: str
) -> None:
    response = add(sign_in, patient, **{"end_date": "2020-01-01", field: wrong})
    assert response.status_code == 422
    assert "2020-01-01" in response.content.decode()
    assert not patient.history.exists()


def test_only_a_doctor_speaks_as_a_doctor(sign_in: SignIn, patient: Patient) -> None:
    assert add(sign_in, patient, asserted_by=Asserter.DOCTOR).status_code == 422
    said = SAID | {"asserted_by": "doctor"}
    doctor = sign_in(Role.CLINICAL_LEAD)
    assert doctor.post(f"/patients/{patient.uuid}/history/add/", said).status_code == 302


def test_an_entry_is_corrected_ended_and_withdrawn(sign_in: SignIn, patient: Patient) -> None:
    item, treats = make_history(patient, "condition", "acne"), sign_in()
    base = f"/patients/{patient.uuid}/history/"
    treats.post(f"{base}{item.uuid}/correct/", SAID | {"text": "diabetes"})
    corrected = patient.history.current().get()
    assert corrected.text == "diabetes"
    treats.post(f"{base}{corrected.uuid}/end/", {"on": "2026-01-05"})
    ended = patient.history.current().get()
    assert str(ended.end_date) == "2026-01-05"
    treats.post(f"{base}{ended.uuid}/withdraw/", {"because": "refuted"})
    assert not patient.history.current().exists()
    assert HistoryItem.objects.get(pk=ended.pk).verification == Verification.REFUTED


def test_the_page_to_correct_shows_what_stands(sign_in: SignIn, patient: Patient) -> None:
    item = make_history(patient, "condition", UNKNOWN)
    address = f"/patients/{patient.uuid}/history/{item.uuid}/correct/"
    assert UNKNOWN in sign_in().get(address).content.decode()


def test_a_correction_of_what_was_corrected_meanwhile_is_refused(
    sign_in: SignIn, patient: Patient
) -> None:
    item, treats = make_history(patient, "condition", "acne"), sign_in()
    address = f"/patients/{patient.uuid}/history/{item.uuid}/"
    treats.post(f"{address}correct/", SAID | {"text": "rosacea"})
    late = treats.post(f"{address}correct/", SAID | {"text": "eczema"})
    assert late.status_code == 422
    assert "Somebody changed this" in late.content.decode()
    assert "eczema" in late.content.decode()
    assert treats.post(f"{address}withdraw/", {"because": "refuted"}).status_code == 409
    assert patient.history.current().get().text == "rosacea"


def test_an_end_that_has_not_come_is_refused_beside_its_field(
    sign_in: SignIn, patient: Patient
) -> None:
    item = make_history(patient, "condition", "acne")
    address = f"/patients/{patient.uuid}/history/{item.uuid}/end/"
    for on in ("", "2999-01-01"):
        assert sign_in().post(address, {"on": on}).status_code == 422


def test_not_asked_is_shown_as_another_thing_than_none(sign_in: SignIn, patient: Patient) -> None:
    assert page_of(sign_in, patient).count("Not asked yet") == 3
    response = sign_in().post(f"/patients/{patient.uuid}/history/none/", {"kind": "allergy"})
    assert response.status_code == 302
    page = page_of(sign_in, patient)
    assert page.count("Not asked yet") == 2
    assert "None known: asked on" in page


def test_none_known_beside_an_allergy_is_refused(sign_in: SignIn, patient: Patient) -> None:
    make_history(patient, "allergy", "fish")
    response = sign_in().post(f"/patients/{patient.uuid}/history/none/", {"kind": "allergy"})
    assert response.status_code == 409
    assert "End or withdraw them first" in response.content.decode()


def test_a_confidential_entry_is_there_and_not_readable(sign_in: SignIn, patient: Patient) -> None:
    item = make_history(patient, "condition", "HIV")
    page = page_of(sign_in, patient)
    assert "HIV" not in page
    assert "for doctors only" in page
    assert "ask a doctor" in page
    assert "HIV" in page_of(sign_in, patient, Role.CLINICAL_LEAD)
    address = f"/patients/{patient.uuid}/history/{item.uuid}/correct/"
    assert sign_in().get(address).status_code == 404


def test_each_look_at_the_history_is_on_record(sign_in: SignIn, patient: Patient) -> None:
    page_of(sign_in, patient)
    entry = AuditEntry.objects.get(action="history.viewed")
    assert entry.patient_uuid == patient.uuid


def test_as_a_fragment_it_is_one_panel(sign_in: SignIn, patient: Patient) -> None:
    htmx = {"HX-Request": "true"}
    for part in ("summary", "history", "photos"):
        response = sign_in().get(f"/patients/{patient.uuid}/{part}/", headers=htmx)
        assert response.content.decode().strip().startswith('<section class="panel"')
        assert "HX-Request" in response["Vary"]
