"""The summary of the chart: for everybody who it is, for some what they are allergic to."""

import pytest

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients import history
from patients.models import Patient
from tests.factories.patients import make_history, make_intake, make_patient
from tests.factories.staff import NOW, make_staff
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient() -> Patient:
    return make_patient(phone="+380440000001")


def summary(sign_in: SignIn, patient: Patient, role: Role) -> str:
    return str(sign_in(role).get(f"/patients/{patient.uuid}/summary/").content.decode())


def test_reception_sees_who_it_is_and_nothing_of_their_health(
    sign_in: SignIn, patient: Patient
) -> None:
    make_history(patient, "allergy", "lidocaine")
    make_history(patient, "condition", "HIV")
    page = summary(sign_in, patient, Role.RECEPTION)
    assert "+380 44 000 0001" in page
    assert str(patient.number) in page
    assert "lidocaine" not in page.lower()
    assert "Allergies" not in page
    assert "HIV" not in page
    assert not AuditEntry.objects.filter(action="allergies.viewed").exists()


def test_who_treats_sees_the_allergies_and_it_is_on_record(
    sign_in: SignIn, patient: Patient
) -> None:
    make_history(patient, "allergy", "lidocaine")
    assert "lidocaine" in summary(sign_in, patient, Role.COSMETOLOGIST)
    assert AuditEntry.objects.get(action="allergies.viewed").patient_uuid == patient.uuid


def test_not_asked_and_none_known_are_told_apart(sign_in: SignIn, patient: Patient) -> None:
    assert "not asked yet" in summary(sign_in, patient, Role.COSMETOLOGIST)
    by = make_staff(Role.COSMETOLOGIST)
    history.assert_none(patient, "allergy", asserted_by="patient", at=NOW, by=by)
    assert "none known (asked" in summary(sign_in, patient, Role.COSMETOLOGIST)


@pytest.mark.parametrize("reply", ["yes", "unsure"])
def test_a_confidential_answer_asks_for_a_doctor_and_never_says_why(
    sign_in: SignIn, patient: Patient, reply: str
) -> None:
    make_intake(patient, {"CI-ONCOLOGY": reply})
    page = summary(sign_in, patient, Role.COSMETOLOGIST)
    assert "ask a doctor" in page
    assert "ancer" not in page
    assert "ask a doctor" not in summary(sign_in, patient, Role.CLINICAL_LEAD)


def test_a_confidential_no_asks_for_nobody(sign_in: SignIn, patient: Patient) -> None:
    make_intake(patient)
    assert "ask a doctor" not in summary(sign_in, patient, Role.COSMETOLOGIST)


def test_who_must_be_called_is_told(sign_in: SignIn) -> None:
    silent = make_patient(email_allowed=False)
    assert "not allowed: call" in summary(sign_in, silent, Role.RECEPTION)


def test_allergies_stand_above_the_chart(sign_in: SignIn, patient: Patient) -> None:
    client, url = sign_in(Role.COSMETOLOGIST), f"/patients/{patient.uuid}/alerts/"
    assert "Allergies were not asked for yet" in client.get(url).content.decode()
    make_history(patient, "allergy", "lidocaine")
    page = client.get(url).content.decode()
    assert "notice-danger" in page
    assert "lidocaine" in page
    by = make_staff(Role.COSMETOLOGIST)
    history.withdraw(patient.history.get(), "refuted", at=NOW, by=by)
    history.assert_none(patient, "allergy", asserted_by="patient", at=NOW, by=by)
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert fragment.strip() == ""
