"""Vignettes a clinician can read: who comes, what is decided, and because of which rules."""

import re

import pytest

from clinic.knowledge.entries import Trigger
from clinic.knowledge.loader import load
from procedures import catalogue
from procedures.catalogue.person import EVERYBODY
from procedures.catalogue.products import JUDGED_ELSEWHERE
from procedures.views.reasons import reasons_of
from tests.procedures.vignettes import VIGNETTES, Vignette

MACHINE = re.compile(r"\d{4}-\d\d-\d\d|\b[A-Z]{2,3}-[A-Z]{2}|\w_\w|: \?$")
# What only a product of the clinic's own list can say: a leaflet nobody entered.
IN_THE_PRODUCT_ONLY = {"not-asked:composition"}


@pytest.mark.parametrize("vignette", VIGNETTES, ids=[one.story for one in VIGNETTES])
def test_what_is_decided_and_because_of_what(vignette: Vignette) -> None:
    assert vignette.outcome(vignette.result()) == vignette.expected


def test_every_story_is_told_once() -> None:
    stories = [one.story for one in VIGNETTES]

    assert len(stories) == len(set(stories)) >= 300


def test_every_rule_fires_in_a_story_and_keeps_quiet_in_another() -> None:
    rules = {rule.card.rule for rule in catalogue.rulebook({}).rules} - IN_THE_PRODUCT_ONLY
    told = {rule for one in VIGNETTES for rule in one.because}

    assert rules - told == set()
    for rule in rules:
        assert any(rule not in one.because for one in VIGNETTES if one.decision == "proceed")


def test_every_entry_of_the_knowledge_that_can_speak_is_a_rule() -> None:
    known = load()
    medicines = {one.id for one in known.medicines.values() if one.outcome is not Trigger.PASS}
    mixtures = set(known.incompatibilities) - set(JUDGED_ELSEWHERE)
    notes = {one.id for one in known.age_guidance.values() if one.indication_ids}
    refused = {one.id for one in known.indications.values() if not one.offered}
    refused |= {one.id for one in known.techniques.values() if not one.offered}
    entries = set(known.contraindications) - EVERYBODY | medicines | mixtures | notes | refused

    assert entries - {rule.card.rule for rule in catalogue.rulebook({}).rules} == set()


def test_a_third_of_the_stories_end_well() -> None:
    well = [one for one in VIGNETTES if one.decision in {"proceed", "proceed_with_caution"}]

    assert len(well) * 3 >= len(VIGNETTES)


def test_no_reason_is_left_in_the_spelling_of_a_machine() -> None:
    findings = (finding for one in VIGNETTES for finding in one.result().findings)
    reasons = {reason for finding in findings for reason in reasons_of(finding)}

    assert len(reasons) > 50
    assert [reason for reason in sorted(reasons) if MACHINE.search(reason)] == []
