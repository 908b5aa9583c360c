"""Vignettes a clinician can read: who comes, what is decided, and because of which rules."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clinic.knowledge.entries import Trigger
from clinic.knowledge.loader import load
from procedures import cases, catalogue
from procedures.catalogue.person import EVERYBODY
from procedures.catalogue.products import JUDGED_ELSEWHERE
from procedures.domain.findings import Result, decide, earliest
from procedures.domain.outcomes import Outcome
from procedures.domain.screening import Rulebook, screen
from procedures.views.reasons import reasons_of

MACHINE = re.compile(r"\d{4}-\d\d-\d\d|\b[A-Z]{2,3}-[A-Z]{2}|\w_\w|: \?$")
FOLDER = Path(__file__).parent / "cases"
SOMEBODY: dict[str, Any] = {
    "on": date(2026, 3, 4),
    "birth_date": date(1990, 5, 1),
    "sex": "F",
    "conditions": [],
    "medications": [],
    "allergies": [],
    "planned_drugs": [],
    "pregnant": False,
    "breastfeeding": False,
}


def _read() -> Iterator[dict[str, Any]]:
    for path in sorted(FOLDER.glob("*.toml")):
        yield from tomllib.loads(path.read_text())["case"]


VIGNETTES = list(_read())


def _facts(vignette: dict[str, Any]) -> dict[str, Any]:
    told = SOMEBODY | vignette["facts"]
    return {key: told[key] for key in told if key not in vignette.get("leave_out", ())}


def _result(vignette: dict[str, Any], rules: Rulebook | None = None) -> Result:
    rulebook = rules or catalogue.rulebook(vignette.get("settings", {}))
    return screen(cases.facts_of(_facts(vignette)), rulebook)


def _holds(vignette: dict[str, Any], result: Result) -> bool:
    fired = sorted({finding.rule for finding in result.findings})
    expected = vignette.get("earliest_date")
    outcomes = {finding.rule: finding.outcome.value for finding in result.findings}
    return vignette.get("outcomes", {}).items() <= outcomes.items() and (
        result.decision.value == vignette["decision"]
        and fired == sorted(vignette["because"])
        and result.earliest_date == expected
    )


@pytest.mark.parametrize("vignette", VIGNETTES, ids=[one["story"] for one in VIGNETTES])
def test_what_is_decided_and_because_of_what(vignette: dict[str, Any]) -> None:
    result = _result(vignette)

    assert sorted({finding.rule for finding in result.findings}) == sorted(vignette["because"])
    assert result.decision.value == vignette["decision"]
    assert result.earliest_date == vignette.get("earliest_date")
    assert _holds(vignette, result)


def test_every_story_is_told_once() -> None:
    stories = [one["story"] for one in VIGNETTES]

    assert len(stories) == len(set(stories)) >= 120


def test_every_rule_fires_in_a_story_and_keeps_quiet_in_another() -> None:
    known = load()
    medicines = {m.id for m in known.medicines.values() if m.outcome is not Trigger.PASS}
    mixtures = set(known.incompatibilities) - set(JUDGED_ELSEWHERE) - {"IN-1"}
    told = {rule for one in VIGNETTES for rule in one["because"]}

    silent = (set(known.contraindications) - EVERYBODY | medicines | mixtures) - told
    assert silent == set()
    assert all(
        any(rule not in one["because"] for one in VIGNETTES if one["decision"] == "proceed")
        for rule in told
    )


def test_without_any_rule_that_fires_a_story_ends_differently() -> None:
    told = {rule for one in VIGNETTES for rule in one["because"]}
    for rule in sorted({one.card.rule for one in catalogue.rulebook({}).rules} & told):
        stories = [one for one in VIGNETTES if rule in one["because"]]
        noticed = [one for one in stories if not _holds(one, _without(rule, one))]
        assert noticed, f"nobody would notice that {rule} is gone"


def test_made_milder_any_rule_that_stops_ends_a_story_differently() -> None:
    for rule in catalogue.rulebook({}).rules:
        stories = [one for one in VIGNETTES if rule.card.rule in one["because"]]
        stops = [
            one for one in stories if one["decision"] not in {"proceed", "proceed_with_caution"}
        ]
        noticed = [one for one in stops if not _holds(one, _milder(rule.card.rule, one))]
        assert noticed or not stops, f"nobody would notice that {rule.card.rule} became milder"


def _milder(rule: str, vignette: dict[str, Any]) -> Result:
    """What would be decided if this rule only cautioned."""
    result = _result(vignette)
    findings = tuple(
        replace(one, outcome=Outcome.CAUTION) if one.rule == rule else one
        for one in result.findings
    )
    day = earliest(findings)
    return replace(result, findings=findings, decision=decide(findings), earliest_date=day)


def _without(rule: str, vignette: dict[str, Any]) -> Result:
    book = catalogue.rulebook(vignette.get("settings", {}))
    kept = tuple(one for one in book.rules if one.card.rule != rule)
    return _result(vignette, replace(book, rules=kept))


def test_no_reason_is_left_in_the_spelling_of_a_machine() -> None:
    findings = (finding for one in VIGNETTES for finding in _result(one).findings)
    reasons = {reason for finding in findings for reason in reasons_of(finding)}

    assert len(reasons) > 50
    assert [reason for reason in sorted(reasons) if MACHINE.search(reason)] == []
