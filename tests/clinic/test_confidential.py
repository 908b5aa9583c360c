"""What is for doctors only is on no page of anybody else: HIV, oncology, psychiatry."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.knowledge.loader import load
from clinic.record.models import Task
from clinic.staff.models import User
from clinic.staff.roles import GRANTS, Permission, Role
from patients.models import HistoryItem, HistoryKind, Patient
from procedures import screening
from procedures.models import Session
from tests.clinic.demo.pages import Call, calls, pages
from tests.factories.patients import make_history, make_intake
from tests.factories.procedures import make_session
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db

MARK = "quuxember"  # beside every secret word, so that the rulebook's own words are no find
ILLNESSES = ("HIV", "breast cancer", "schizophrenia")
SECRET = re.compile(
    rf"{MARK}|\bHIV\b|\bВИЧ\b|\bcancer\b|schizophreni|oncolog|psychiatr", re.IGNORECASE
)
# They speak of no patient.
GENERAL = re.compile(
    r"(staff|portable|board:worklist|lifecycle:retention|procedures:(rule|draft|version|case"
    r"|rescreening|setting|product|stock|lot|feed))"
)


@pytest.fixture
def session() -> Session:
    """Booked for a patient of whom a doctor has to know three things, and said so twice."""
    session = make_session()
    patient, plan = session.patient, session.course.plan
    confidential = [key for key, rule in load().contraindications.items() if rule.sensitive]
    assert len(confidential) >= 3
    make_intake(patient, dict.fromkeys(confidential, "yes"), at=NOW)
    patient.intakes.latest("pk").answers.filter(sensitive=True).update(note=MARK)
    for illness in ILLNESSES:
        make_history(patient, HistoryKind.CONDITION, f"{illness}, {MARK}", at=NOW)
    assert HistoryItem.objects.filter(patient=patient, sensitive=True).count() == len(ILLNESSES)
    patient.refresh_from_db()
    on, doctor = timezone.localdate(NOW), make_staff(Role.CLINICAL_LEAD)
    screening.screen_patient(patient, plan=plan, on=on, at=NOW, by=doctor)
    screening.flag_unsafe(patient, at=NOW)
    assert Task.objects.open().filter(patient_uuid=patient.uuid).exists()
    return session


def ways(role: Role) -> Iterator[Call]:
    """Every page that this role may open and that can speak of a patient."""
    for page in pages():
        if page.permission in GRANTS[role] and not GENERAL.match(page.name):
            yield from calls(page, most=2)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def told(client: Client, url: str) -> str:
    response = client.get(url)
    if response.streaming or not response.get("Content-Type", "").startswith("text/"):
        return ""
    return response.content.decode()


def test_the_desk_reads_no_reason_on_any_page(session: Session) -> None:
    """Board, calendar, search, chart with all its panels, time line, tasks, consents, messages."""
    client = browser(make_staff(Role.RECEPTION))
    seen = {call.page.name: told(client, call.url) for call in ways(Role.RECEPTION)}
    assert {name for name, text in seen.items() if SECRET.search(text)} == set()
    assert {
        "board:home",
        "procedures:calendar",
        "procedures:appointment-detail",
        "patients:patient-list",
        "chart:patient-chart",
        "chart:time-line",
        "procedures:chart-findings",
        "inbox:task-list",
        "inbox:task-detail",
        "consent:document-list",
    } <= {name for name, text in seen.items() if text}, "these were looked at"
    assert "doctor" in seen["procedures:chart-findings"]


def test_who_treats_is_told_to_ask_a_doctor_and_no_word_more(session: Session) -> None:
    """The questions themselves are asked of everybody; what was answered is not told again."""
    client = browser(make_staff(Role.COSMETOLOGIST))
    seen = {call.page.name: told(client, call.url) for call in ways(Role.COSMETOLOGIST)}
    assert {name for name, text in seen.items() if MARK in text} == set()
    assert "doctor" in seen["procedures:chart-findings"]
    for name in ("patients:chart-history", "patients:chart-alerts", "procedures:chart-findings"):
        assert not SECRET.search(seen[name]), name


def test_the_doctor_reads_it_all(session: Session) -> None:
    client = browser(make_staff(Role.CLINICAL_LEAD))
    page = told(client, reverse("patients:chart-history", args=[session.patient.uuid]))
    assert page.count(MARK) >= len(ILLNESSES)


@pytest.mark.parametrize("what", ["intake", "session", "history"])
def test_findings_while_the_patient_is_asked_name_no_earlier_secret(
    what: str, session: Session
) -> None:
    client = browser(make_staff(Role.COSMETOLOGIST))
    said = {"CI-FEVER": "yes", "kind": "medicine", "text": "warfarin"}
    url = reverse(f"chart:live-{what}", args=[session.patient.uuid])
    page = client.post(url, said, headers={"HX-Request": "true"}).content.decode()
    assert "doctor" in page
    asked = re.sub("Not asked yet: [^<]*", "", page)  # of everybody, whatever was said before
    assert not SECRET.search(asked)


def test_whoever_looks_for_the_illness_finds_nobody(session: Session) -> None:
    client = browser(make_staff(Role.RECEPTION))
    for typed in (MARK, *ILLNESSES):
        page = client.get(reverse("patients:patient-search"), {"q": typed}).content.decode()
        assert session.patient.full_name not in page


def test_nobody_but_doctors_may_see_what_is_confidential() -> None:
    allowed = {role for role in Role if Permission.SEE_SENSITIVE in GRANTS[role]}
    assert allowed == {Role.CLINICAL_LEAD}
    assert Patient.objects.count() == 0
