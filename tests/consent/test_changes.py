"""What is other than in the paper before, told block by block, and nothing when nothing is."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from consent.changes import changes
from consent.content import AftercareItem, Change, Finding, HealthAnswer, OverrideTerm
from consent.models import ConsentState
from consent.text import latest_template, text_of
from tests.factories.consent import make_content, make_drug, make_offered, make_signed
from tests.factories.patients import make_patient

pytestmark = pytest.mark.django_db
BASE = make_content()
ONE, TWO = BASE.drugs


def told(**new: Any) -> list[tuple[str, str, str]]:
    labels = latest_template("en").texts["labels"]
    found = changes(BASE, replace(BASE, **new), labels)
    return [(change.block, change.was, change.now) for change in found]


def test_the_same_plan_has_changed_in_nothing() -> None:
    assert told() == []
    assert told(drugs=(TWO, ONE)) == []


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"drugs": (ONE,)}, ("drugs", "Vitafict, 2.5 ml", "")),
        ({"drugs": (ONE, TWO, make_drug(3))}, ("drugs", "", "Hyalofict 3, 2.5 ml")),
        (
            {"drugs": (ONE, replace(TWO, volume_ml=Decimal("3.10")))},
            ("drugs", "Vitafict, 2.5 ml", "Vitafict, 3.1 ml"),
        ),
        ({"sessions": replace(BASE.sessions, count=6)}, ("sessions", "4", "6")),
        ({"sessions": replace(BASE.sessions, interval_days=7)}, ("sessions", "14", "7")),
        (
            {"technique": replace(BASE.technique, id="TE-LINEAR", label="Linear")},
            ("method", "Papules", "Linear"),
        ),
        ({"area": replace(BASE.area, id="neck", label="Neck")}, ("method", "Face", "Neck")),
        ({"pain_relief": ""}, ("method", "Numbing cream, 30 minutes", "")),
        (
            {"practitioner": "Somebody Else"},
            ("people", "Colleague One, cosmetologist", "Somebody Else"),
        ),
        ({"price": "4 at 2,000"}, ("price", "", "4 at 2,000")),
        ({"overrides": ()}, ("findings", "A finding: Examined, mild", "")),
        ({"other_conditions": ()}, ("other", "Sessions are given on weekdays", "")),
    ],
)
def test_each_change_is_told_once_in_words(
    new: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert told(**new) == [expected]


def test_another_mixture_under_the_same_name_is_told() -> None:
    (change,) = told(drugs=(ONE, replace(TWO, ingredients=TWO.ingredients[:1])))
    assert change[2] == "Sodium hyaluronate 10 mg/ml"
    assert "Water for injections" in change[1]


def test_what_came_to_a_list_is_told_with_its_block() -> None:
    rule = AftercareItem(id="RX-NEW", text="No new thing", period="for 3 days")
    decided = OverrideTerm(rule="CI-Y", label="B", reason="Mild", doctor="D")
    risks = tuple(replace(risk, of_this_plan=risk.id == "RK-PAIN") for risk in BASE.risks)
    found = told(
        aftercare=(*BASE.aftercare, rule),
        findings=(*BASE.findings, Finding(rule="CI-Z", label="A new finding")),
        overrides=(*BASE.overrides, decided),
        health=(
            *BASE.health[:1],
            replace(BASE.health[1], answer="yes"),
        ),
        risks=risks,
    )
    assert ("aftercare", "", "No new thing (for 3 days)") in found
    assert ("findings", "", "A new finding") in found
    assert ("findings", "", "B: Mild") in found
    assert ("health", "", "Are you pregnant? yes") in found
    assert [block for block, _was, _now in found].count("risks") == 2


def test_another_language_alone_changes_nothing() -> None:
    labels = latest_template("uk").texts["labels"]
    other = replace(
        make_content(language="uk"),
        health=(HealthAnswer(id="CI-DIABETES", question="?", answer="ні"),),
    )
    assert changes(BASE, other, labels) == ()


def test_a_new_document_says_what_is_new_and_its_fingerprint_covers_it() -> None:
    patient = make_patient()
    old = make_signed(patient, subject="plan:1")
    assert old.content.get("changes") is None
    new = make_offered(patient, subject="plan:1", sessions=replace(BASE.sessions, count=6))
    old.refresh_from_db()
    assert (old.state, new.supersedes) == (ConsentState.SUPERSEDED, old)
    text = text_of(new)
    assert text.content.changes == (
        Change(block="sessions", what="Number of sessions", was="4", now="6"),
    )
    assert [section.key for section in text.sections][:2] == ["about", "changes"]
    fresh = make_offered(make_patient(), sessions=replace(BASE.sessions, count=6))
    assert "changes" not in [section.key for section in text_of(fresh).sections]
    assert text_of(old).content == make_content(patient)  # the old one stays readable
