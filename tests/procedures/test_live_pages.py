"""Findings while the patient is still being asked: nothing is kept, nothing is missed."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from clinic.staff.roles import Role
from patients import intake
from patients.models import Answer, HistoryItem, Patient
from procedures import screening
from tests.factories.patients import make_healthy_patient, make_patient
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient() -> Patient:
    return make_patient()


def ask(client: Client, patient: Patient, what: str, said: dict[str, Any], **more: Any) -> str:
    response = client.post(f"/chart/{patient.uuid}/live/{what}/", said, **more)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def in_part(client: Client, patient: Patient, what: str, said: dict[str, Any]) -> str:
    return ask(client, patient, what, said, headers={"HX-Request": "true"})


def test_an_answer_shows_its_finding_with_reason_source_and_lift(patient: Patient) -> None:
    page = in_part(signed_in(), patient, "intake", {"CI-FEVER": "yes"})
    assert "answer: yes" in page
    assert "What lifts it:" in page
    assert "Source" in page
    assert "<html" not in page


def test_a_dated_answer_shows_the_day_on_which_it_lifts(patient: Patient) -> None:
    born = timezone.localdate() - timedelta(days=10)
    said = {"can_be_pregnant": "yes", "CI-POSTPARTUM": "yes", "CI-POSTPARTUM-date": str(born)}
    assert "Lifts on" in in_part(signed_in(), patient, "intake", said)


def test_what_is_not_asked_yet_is_counted_and_stops_nothing_so_far(patient: Patient) -> None:
    page = in_part(signed_in(), patient, "intake", {"CI-FEVER": "no"})
    assert "questions are open" in page
    assert "Nothing speaks against it" in page
    one_less = len([one for one in intake.asked(patient, "intake") if one.answers]) - 1
    assert f"{one_less} questions are open" in page


def test_looking_keeps_nothing(patient: Patient) -> None:
    in_part(signed_in(), patient, "intake", {"CI-FEVER": "yes", "can_be_pregnant": "no"})
    in_part(signed_in(), patient, "history", {"kind": "medicine", "text": "warfarin"})
    patient.refresh_from_db()
    assert patient.can_be_pregnant is True
    assert not Answer.objects.exists()
    assert not HistoryItem.objects.exists()


def test_a_statement_shows_its_finding_before_it_is_recorded() -> None:
    patient = make_healthy_patient(at=timezone.now())
    said = {"kind": "medicine", "text": "Эликвис", "status": "active", "asserted_by": "patient"}
    page = in_part(signed_in(), patient, "history", said)
    assert "finding tone-" in page
    assert "Эликвис" in page
    assert "Nothing was found." in in_part(signed_in(), patient, "history", {"kind": "medicine"})


def test_a_session_counts_what_was_said_before_and_what_is_said_now() -> None:
    patient = make_healthy_patient(at=timezone.now())
    page = in_part(signed_in(), patient, "session", {"CI-FEVER": "yes"})
    assert "questions are open" not in page
    assert "answer: yes" in page


def test_without_a_script_it_is_a_page(patient: Patient) -> None:
    page = ask(signed_in(), patient, "intake", {"CI-FEVER": "yes"})
    assert "<h1" in page
    assert "answer: yes" in page


def test_what_is_confidential_is_told_to_doctors_only() -> None:
    patient = make_healthy_patient(at=timezone.now())
    said = {"kind": "condition", "text": "HIV", "status": "active", "asserted_by": "patient"}
    assert "HIV" not in in_part(signed_in(), patient, "history", said)
    assert "HIV" in in_part(signed_in(Role.CLINICAL_LEAD), patient, "history", said)


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_does_not_treat_sees_no_findings(patient: Patient, role: Role) -> None:
    response = signed_in(role).post(f"/chart/{patient.uuid}/live/intake/", {"CI-FEVER": "yes"})
    assert response.status_code == 403


def test_the_preview_of_what_is_kept_says_the_same(patient: Patient) -> None:
    now = timezone.now()
    today = timezone.localdate(now)
    healthy = make_healthy_patient(at=now)
    assert screening.preview(healthy, None, on=today, at=now).findings == ()
