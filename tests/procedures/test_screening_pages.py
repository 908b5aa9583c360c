"""Findings and consents at a screen: who reads what, who decides, what the chart says."""

import re
from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from consent.models import ConsentDocument, ConsentState
from patients.models import Patient
from procedures import plans, screening
from tests.factories.patients import make_healthy_patient, make_history, make_patient
from tests.factories.plans import make_plan, make_screening, make_signed_plan
from tests.factories.procedures import make_consent
from tests.procedures.browsing import form_of, signed_in, url

pytestmark = pytest.mark.django_db
FINE = "Healthy skin, nothing against it."


@pytest.fixture
def now() -> datetime:
    """Pages ask the clock; what they look at has to be of today."""
    return timezone.now()


@pytest.fixture
def patient(now: datetime) -> Patient:
    return make_healthy_patient(at=now)


@pytest.fixture
def takes_warfarin(patient: Patient, now: datetime) -> Patient:
    make_history(patient, "medicine", "warfarin", at=now)
    return patient


# Findings and decisions


def test_a_finding_is_shown_with_its_reason_source_and_who_decides(
    now: datetime, takes_warfarin: Patient
) -> None:
    plan = make_plan(takes_warfarin, at=now)
    make_screening(plan, at=now)
    text = signed_in().get(url("plan-detail", plan)).content.decode()
    for words in ("warfarin", "Do not treat", "line 95", "stated in the source", "A doctor may"):
        assert words in text
    assert url("override-add", plan) not in text
    assert url("override-add", plan) in signed_in(Role.CLINICAL_LEAD).get(
        url("plan-detail", plan)
    ).content.decode()  # fmt: skip


def test_sign_off_is_refused_on_the_page_while_findings_stop(
    now: datetime, takes_warfarin: Patient
) -> None:
    plan = make_plan(takes_warfarin, at=now)
    page = signed_in(Role.CLINICAL_LEAD).post(url("plan-sign-off", plan), {"examination": FINE})
    assert page.status_code == 422
    assert "Findings still stop this plan" in page.content.decode()
    assert page.context["form"]["examination"].value() == FINE
    plan.refresh_from_db()
    assert plan.signed_off_at is None


def test_a_doctor_decides_with_a_reason_and_signs_off(
    now: datetime, takes_warfarin: Patient
) -> None:
    plan = make_plan(takes_warfarin, at=now)
    made = make_screening(plan, at=now)
    client = signed_in(Role.CLINICAL_LEAD)
    for finding in screening.stopping(made, plan):
        page = client.get(url("override-add", plan), {"code": finding.code})
        assert page.context["finding"].label == finding.label.en
        data = {"code": finding.code, "reason": "Ended by the prescriber"}
        assert client.post(url("override-add", plan), data).status_code == 302
    client.post(url("plan-sign-off", plan), {"examination": FINE})
    plan.refresh_from_db()
    assert plan.signed_off_at is not None
    assert "Ended by the prescriber" in client.get(url("plan-detail", plan)).content.decode()


@pytest.mark.parametrize(
    ("role", "code", "reason", "words"),
    [
        (Role.COSMETOLOGIST, "", "Because", "Ask the doctor"),
        (Role.CLINICAL_LEAD, "", "", "This field is required"),
        (Role.CLINICAL_LEAD, "CI-NOTHING", "Because", "no such finding"),
    ],
)
def test_a_decision_that_is_not_ones_own_is_refused(
    now: datetime, takes_warfarin: Patient, role: Role, code: str, reason: str, words: str
) -> None:
    plan = make_plan(takes_warfarin, at=now)
    first = screening.stopping(make_screening(plan, at=now), plan)[0]
    data = {"code": code or first.code, "reason": reason}
    page = signed_in(role).post(url("override-add", plan), data)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not plan.overrides.exists()


def test_questions_nobody_asked_are_counted_and_lead_to_the_questionnaire(now: datetime) -> None:
    stranger = make_patient(at=now)
    plan = make_plan(stranger, at=now)
    make_screening(plan, at=now)
    client = signed_in()
    page = client.get(url("plan-detail", plan))
    verdict = page.context["verdict"]
    assert len(verdict.unasked) > 30
    assert all(not finding.unasked for finding in verdict.found)
    assert reverse("patients:intake-fill", args=[stranger.uuid]) in page.content.decode()
    alerts = client.get(url("chart-findings", stranger)).content.decode()
    assert f"{len(verdict.unasked)} questions are not answered" in alerts
    doctor = signed_in(Role.CLINICAL_LEAD)
    refused = doctor.post(url("plan-sign-off", plan), {"examination": FINE})
    assert "more. Change the plan" in refused.content.decode()


def test_what_is_for_doctors_only_is_no_word_on_the_others_pages(
    now: datetime, patient: Patient
) -> None:
    make_history(patient, "condition", "HIV", at=now)
    plan = make_plan(patient, at=now)
    made = make_screening(plan, at=now)
    detail = reverse("procedures:screening-detail", args=[made.uuid])
    pages = (url("plan-detail", plan), url("chart-findings", patient), detail)
    for page in pages:
        doctor, other = signed_in(Role.CLINICAL_LEAD).get(page), signed_in().get(page)
        assert "HIV" in doctor.content.decode()
        assert "HIV" not in other.content.decode()
        assert "A doctor must look at this" in other.content.decode()


def test_the_desk_reads_only_that_a_doctor_must_look(
    now: datetime, takes_warfarin: Patient
) -> None:
    plan = make_plan(takes_warfarin, at=now)
    make_screening(plan, at=now)
    text = signed_in(Role.RECEPTION).get(url("chart-findings", takes_warfarin)).content.decode()
    assert "A doctor must look before the treatment" in text
    assert "clotting" not in text
    assert url("plan-detail", plan) not in text


def test_findings_of_a_plan_that_no_longer_counts_raise_no_alarm(
    now: datetime, takes_warfarin: Patient
) -> None:
    plan = make_plan(takes_warfarin, at=now)
    make_screening(plan, at=now)
    plans.close(plan, at=now, by=plan.practitioner)
    page = signed_in().get(url("chart-findings", takes_warfarin))
    assert page.context["screening"] is None


# Consent and chart


def test_the_consent_is_offered_in_the_language_that_is_pressed(
    now: datetime, patient: Patient
) -> None:
    make_consent(make_signed_plan(), at=now)  # makes the seal ready
    plan = make_signed_plan(patient, at=now)
    response = signed_in(Role.RECEPTION).post(url("consent-offer", plan), {"language": "uk"})
    document = ConsentDocument.objects.get(patient=patient)
    assert (document.state, document.language) == (ConsentState.OFFERED, "uk")
    assert response["Location"] == reverse("consent:document-detail", args=[document.uuid])
    text = signed_in().get(url("plan-detail", plan)).content.decode()
    assert reverse("consent:document-detail", args=[document.uuid]) in text
    assert url("consent-offer", plan) not in text


def test_a_consent_is_not_offered_before_the_sign_off_or_in_no_language(
    now: datetime, patient: Patient
) -> None:
    client = signed_in()
    refused = client.post(url("consent-offer", make_plan(patient)), {"language": "en"})
    assert refused.status_code == 409
    assert "sign off this plan" in refused.content.decode()
    signed = make_signed_plan(patient, at=now)
    assert client.post(url("consent-offer", signed), {"language": "fr"}).status_code == 404
    assert not ConsentDocument.objects.exists()


def test_the_chart_shows_each_plan_once_with_its_next_step(patient: Patient) -> None:
    plan = make_plan(patient)
    client = signed_in()
    client.post(url("plan-revise", plan), form_of(plan, sessions="7"))
    page = client.get(url("chart-plans", patient))
    (entry,) = page.context["plans"]
    assert (entry["plan"].revision, entry["next"].label) == (2, "Doctor's sign-off")
    assert url("plan-detail", entry["plan"]) in page.content.decode()


def test_the_desk_sees_where_a_plan_stands_and_no_health_word(
    now: datetime, patient: Patient
) -> None:
    plan = make_signed_plan(patient, at=now)
    text = signed_in(Role.RECEPTION).get(url("chart-plans", patient)).content.decode()
    assert "Course of 6 sessions" in text
    assert url("consent-offer", plan) in text
    for words in ("complexion", "Face", "Fictivit", f'href="{url("plan-detail", plan)}"'):
        assert words not in text


def test_who_read_a_plan_or_a_screening_is_on_the_record(
    now: datetime, takes_warfarin: Patient
) -> None:
    plan = make_plan(takes_warfarin, at=now)
    made = make_screening(plan, at=now)
    client = signed_in()
    for name, row in (("plan-detail", plan), ("screening-detail", made)):
        client.get(url(name, row))
    read = AuditEntry.objects.filter(action__endswith=".viewed", patient_uuid=takes_warfarin.uuid)
    assert set(read.values_list("action", "subject_uuid")) == {
        ("plan.viewed", plan.uuid),
        ("screening.viewed", made.uuid),
    }


def test_no_address_on_the_page_of_a_plan_says_what_was_found(
    now: datetime, takes_warfarin: Patient
) -> None:
    make_history(takes_warfarin, "condition", "qwertose", at=now)
    plan = make_plan(takes_warfarin, at=now)
    make_screening(plan, at=now)
    page = signed_in(Role.CLINICAL_LEAD).get(url("plan-detail", plan)).content.decode()
    addresses = re.findall(r'href="([^"]*code=[^"]*)"', page)
    assert addresses
    assert not [one for one in addresses if "qwertose" in one or "CI-" in one or "MI-" in one]
