"""Every page of this app: who may open it, and that it is shut to everybody else."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from clinic.staff.roles import GRANTS, Permission, Role
from patients.intake import Said
from patients.models import Patient
from patients.urls import urlpatterns
from tests.factories.patients import (
    make_handed_in,
    make_history,
    make_intake,
    make_patient,
    make_photo,
    make_synonym,
)
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db
POSTED = {
    "history-none",
    "history-suggest",
    "history-end",
    "history-withdraw",
    "intake-send",
    "intake-send-stop",
    "intake-tablet",
    "link-free",
    "photo-align",
    "photo-use",
    "photo-remove",
    "word-suggest",
}
READS = {
    Permission.SEE_PATIENTS: {"patient-list", "patient-search", "chart-summary"},
    Permission.REGISTER_PATIENTS: {"patient-add", "patient-edit", "link-free"},
    Permission.SEE_CLINICAL: {
        "chart-alerts",
        "chart-history",
        "chart-photos",
        "intake-detail",
        "photo-compare",
        "photo-detail",
        "photo-file",
    },
    Permission.SIGN_OFF: {"synonym-take-back"},
}
ROUTES = {str(route.name): route for route in urlpatterns}


def permission_of(name: str) -> Permission:
    return next((one for one, names in READS.items() if name in names), Permission.RECORD_CLINICAL)


@pytest.fixture
def patient() -> Patient:
    return make_patient()


def address(name: str, patient: Patient) -> str:
    """With rows that exist."""
    facts: dict[str, Any] = {}
    wanted = ROUTES[name].pattern.converters
    if "patient" in wanted:
        facts["patient"] = patient.uuid
    if "item" in wanted:
        facts["item"] = make_history(patient, "allergy", "fish").uuid
    if "intake" in wanted:
        filled = make_handed_in if name == "intake-review" else make_intake
        facts["intake"] = filled(patient).uuid
    if "question" in wanted:
        make_intake(patient, {"CI-FEVER": Said(reply="no", note="blorbitis")})
        facts["question"] = "CI-FEVER"
    if "kind" in wanted:
        facts["kind"] = "condition"
    if "synonym" in wanted:
        facts["synonym"] = make_synonym().uuid
    if "photo" in wanted:
        facts["photo"] = make_photo(patient).uuid
    return reverse(f"patients:{name}", kwargs=facts)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_each_page_names_the_permission_it_needs(name: str) -> None:
    assert getattr(ROUTES[name].callback, "permission", None) == permission_of(name)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", sorted(set(ROUTES) - POSTED))
def test_a_page_opens_to_who_may_and_to_nobody_else(
    name: str, role: Role, patient: Patient, sign_in: SignIn
) -> None:
    allowed = permission_of(name) in GRANTS[role]
    response = sign_in(role).get(address(name, patient))
    assert response.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", sorted(POSTED))
def test_a_change_is_made_by_who_may_and_by_nobody_else(
    name: str, role: Role, patient: Patient, sign_in: SignIn
) -> None:
    data = {"kind": "allergy", "on": "2026-01-01", "because": "refuted", "use": "teaching"}
    allowed = permission_of(name) in GRANTS[role]
    response = sign_in(role).post(address(name, patient), data)
    gone = (404,) if name == "photo-align" else ()  # no two photos are named
    assert response.status_code in ((200, 302, 409, *gone) if allowed else (403,))
    assert sign_in(role).get(address(name, make_patient())).status_code in (403, 405)


@pytest.mark.parametrize("name", sorted(set(ROUTES) - {"patient-list", "patient-search"}))
def test_nobody_signed_in_sees_nothing(name: str, patient: Patient, client: Any) -> None:
    response = client.get(address(name, patient))
    assert response.status_code == 302
    assert response.url.startswith("/account/login/")


@pytest.mark.parametrize(
    "name", sorted(one for one, r in ROUTES.items() if "patient" in r.pattern.converters)
)
def test_an_unknown_patient_and_an_erased_one_are_the_same_404(
    name: str, patient: Patient, sign_in: SignIn
) -> None:
    known = address(name, patient)
    doctor = sign_in(Role.CLINICAL_LEAD)
    ask = doctor.post if name in POSTED else doctor.get
    assert ask(known.replace(str(patient.uuid), str(uuid4()))).status_code == 404
    Patient.objects.filter(pk=patient.pk).update(erased_at=patient.registered_at)
    assert ask(known).status_code == 404


@pytest.mark.parametrize(
    "name", sorted(one for one, r in ROUTES.items() if len(r.pattern.converters) > 1)
)
def test_a_row_of_another_patient_is_not_there(
    name: str, patient: Patient, sign_in: SignIn
) -> None:
    foreign = address(name, patient).replace(str(patient.uuid), str(make_patient().uuid))
    doctor = sign_in(Role.CLINICAL_LEAD)
    ask = doctor.post if name in POSTED else doctor.get
    assert ask(foreign).status_code == 404
