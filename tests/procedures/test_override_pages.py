"""Decisions against findings, reviewed: who decided what, when and why."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from procedures import screening
from procedures.models import Override, Plan
from tests.factories.patients import make_history
from tests.factories.plans import make_plan, make_screening
from tests.factories.staff import NOW, make_staff
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db
LIST, TABLE = "/treatment/decisions/", "/treatment/decisions/table.csv"
REASON = "=HYPERLINK(1) the prescriber agrees"


@pytest.fixture
def plan() -> Plan:
    plan = make_plan()
    make_history(plan.patient, "medicine", "warfarin")
    return plan


@pytest.fixture
def decided(plan: Plan) -> Override:
    made = make_screening(plan)
    finding = next(
        one for one in screening.findings_of(made) if one.override.value == "doctor_reason"
    )
    doctor = make_staff(Role.CLINICAL_LEAD, full_name="Dr Fictiona Decides")
    return screening.override(plan, finding.code, REASON, at=NOW, by=doctor)


@pytest.fixture
def doctor() -> Client:
    return signed_in(Role.CLINICAL_LEAD)


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_each_decision_is_listed_with_its_reason(doctor: Client, decided: Override) -> None:
    page = shown(doctor, LIST)
    assert decided.label in page
    assert "the prescriber agrees" in page
    assert "Dr Fictiona Decides" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("since={day}&until={day}", True),
        ("since={after}", False),
        ("until={before}", False),
        ("rule={rule}", True),
        ("rule=no-such-rule", False),
        ("doctor={doctor}", True),
        ("doctor=00000000-0000-0000-0000-000000000000", True),
        ("since=gibberish", True),
    ],
)
def test_they_are_found_by_period_rule_and_doctor(
    doctor: Client, decided: Override, query: str, found: bool
) -> None:
    words = {
        "day": NOW.date(),
        "after": NOW.date() + timedelta(days=2),
        "before": NOW.date() - timedelta(days=2),
        "rule": decided.rule.partition(":")[0].lower(),
        "doctor": decided.made_by.uuid,
    }
    assert ("the prescriber agrees" in shown(doctor, f"{LIST}?{query.format(**words)}")) is found


def test_the_table_runs_no_formula_and_taking_it_is_on_record(
    doctor: Client, decided: Override
) -> None:
    rows = list(csv.reader(StringIO(shown(doctor, TABLE))))
    assert rows[1][4:] == [decided.rule, decided.label, f"'{REASON}"]
    assert AuditEntry.objects.get(action="overrides.exported").facts["rows"] == 1
    assert list(csv.reader(StringIO(shown(doctor, f"{TABLE}?rule=nothing"))))[1:] == []


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.CLINICAL_LEAD])
@pytest.mark.parametrize("address", [LIST, TABLE])
def test_the_review_is_for_doctors(role: Role, address: str) -> None:
    assert signed_in(role).get(address).status_code == 403
