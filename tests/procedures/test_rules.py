"""Rules one by one: what fires them, what lifts them, and when."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from procedures import catalogue
from procedures.domain.facts import (
    Answer,
    Facts,
    PlannedDrug,
    Procedure,
    Reply,
    Stated,
    Topic,
    When,
)
from procedures.domain.findings import Finding, merged
from procedures.domain.outcomes import Outcome, OverrideKind
from procedures.domain.screening import screen

ON = date(2026, 3, 4)


def _findings(facts: Facts) -> dict[str, Finding]:
    return {one.rule: one for one in screen(facts, catalogue.rulebook({})).findings}


def _told(rule: str, *, when: When = When.CURRENT, until: date | None = None) -> Facts:
    one = Stated(
        text="as told",
        concept="a concept",
        rules=frozenset({rule}),
        topic=Topic.CONDITIONS,
        when=when,
        until=until,
    )
    return Facts(on=ON, stated=(one,))


def test_a_date_beside_a_yes_says_when_it_lifts() -> None:
    delivered = date(2026, 1, 22)
    facts = Facts(on=ON, answers={"CI-POSTPARTUM": Answer(reply=Reply.YES, day=delivered)})

    finding = _findings(facts)["CI-POSTPARTUM"]

    assert finding.outcome is Outcome.POSTPONE
    assert finding.lifts_on == delivered + timedelta(days=42)
    assert _findings(replace(facts, on=delivered + timedelta(days=42))) == {}


def test_a_yes_without_a_date_lifts_on_no_day() -> None:
    facts = Facts(on=ON, answers={"CI-POSTPARTUM": Answer(reply=Reply.YES)})

    assert _findings(facts)["CI-POSTPARTUM"].lifts_on is None


def test_a_no_with_a_pregnancy_that_ended_counts_six_weeks_from_its_end() -> None:
    ended = date(2026, 2, 20)
    facts = Facts(
        on=ON,
        answers={"CI-PREGNANCY": Answer(reply=Reply.NO, day=ended)},
        events={"pregnancy_ended": ended},
    )

    assert set(_findings(facts)) == {"CI-POSTPARTUM"}


def test_an_unsure_answer_is_not_lifted_by_a_date() -> None:
    facts = Facts(
        on=ON,
        answers={"CI-PREGNANCY": Answer(reply=Reply.UNSURE, day=date(2020, 1, 1))},
    )

    assert _findings(facts)["CI-PREGNANCY"].outcome is Outcome.HOLD_FOR_DOCTOR


def test_a_medicine_the_prescriber_ended_waits_for_a_doctor() -> None:
    stopped = Answer(reply=Reply.NO, day=date(2026, 2, 1))
    finding = _findings(Facts(on=ON, answers={"CI-CLOTTING-DRUGS": stopped}))["CI-CLOTTING-DRUGS"]

    assert finding.outcome is Outcome.HOLD_FOR_DOCTOR
    assert _findings(Facts(on=ON, answers={"CI-CLOTTING-DRUGS": Answer(reply=Reply.NO)})) == {}


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ("CI-ONCOLOGY", Outcome.BLOCK),  # for ever
        ("CI-EPILEPSY", Outcome.BLOCK),  # the question says: ever
        ("CI-KIDNEY", Outcome.HOLD_FOR_DOCTOR),  # somebody has to say how it ended
        ("CI-HERPES", None),  # healed
        ("CI-PREGNANCY", None),  # its end is a date of its own
    ],
)
def test_what_a_past_case_means_depends_on_the_rule(rule: str, outcome: Outcome | None) -> None:
    finding = _findings(_told(rule, when=When.PAST)).get(rule)

    assert (finding.outcome if finding else None) is outcome


def test_a_doctor_may_confirm_the_end_of_what_nobody_may_override() -> None:
    present, past = _told("MI-HEPARIN"), _told("MI-HEPARIN", when=When.PAST)

    assert _findings(present)["CI-HEPARIN"].override is OverrideKind.NONE
    assert _findings(past)["CI-HEPARIN"].override is OverrideKind.DOCTOR_REASON


def test_what_holds_until_a_day_lifts_on_the_day_after() -> None:
    facts = _told("CI-HERPES", until=date(2026, 3, 8))

    assert _findings(facts)["CI-HERPES"].lifts_on == date(2026, 3, 9)
    assert _findings(replace(facts, on=date(2026, 3, 9))) == {}


def test_what_a_relative_has_never_fires() -> None:
    for rule in ("CI-ONCOLOGY", "CI-DIABETES", "MI-RETINOID-SYSTEMIC", "ID-ROSACEA"):
        assert _findings(_told(rule, when=When.FAMILY)) == {}


def test_an_allergy_to_a_medicine_is_no_sign_that_it_is_taken() -> None:
    allergy = Stated(
        text="aspirin",
        concept="allergy to aspirin",
        rules=frozenset({"MI-SALICYLATE", "AL-SALICYLATE"}),
        topic=Topic.ALLERGIES,
    )

    assert set(_findings(Facts(on=ON, stated=(allergy,)))) == {"CI-ALLERGY-COMPONENT"}


def test_several_reasons_of_one_rule_are_one_finding() -> None:
    facts = _told("CI-DIABETES")
    facts = replace(facts, answers={"CI-DIABETES": Answer(reply=Reply.YES)})

    finding = _findings(facts)["CI-DIABETES"]

    assert finding.because == ("answer: yes", "as told")
    assert finding.about == ("a concept",)


def test_a_later_statement_changes_the_code_an_override_would_name() -> None:
    one = _told("CI-HEART")
    more = Stated(
        text="more",
        concept="another",
        rules=frozenset({"CI-HEART"}),
        topic=Topic.CONDITIONS,
    )

    before = _findings(one)["CI-HEART"].code
    after = _findings(replace(one, stated=(*one.stated, more)))["CI-HEART"].code

    assert before != after


def test_a_finding_of_a_product_names_the_product() -> None:
    drugs = (
        PlannedDrug(name="First", registered=False),
        PlannedDrug(name="Second", registered=False),
    )

    found = screen(Facts(on=ON, drugs=drugs), catalogue.rulebook({})).findings

    assert [(one.rule, one.product) for one in found] == [
        ("CI-UNLICENSED", "First"),
        ("CI-UNLICENSED", "Second"),
    ]
    assert len({one.code for one in found}) == 2


def test_another_laser_or_another_answer_is_another_thing_to_decide() -> None:
    laser = Procedure(what="laser", kind="laser", day=ON - timedelta(days=3))
    codes = {
        _findings(facts)[rule].code
        for rule, facts in (
            ("CI-RECENT-PROCEDURE", Facts(on=ON, procedures=(laser,))),
            (
                "CI-RECENT-PROCEDURE",
                Facts(on=ON, procedures=(replace(laser, day=ON - timedelta(days=1)),)),
            ),
            ("CI-HEART", Facts(on=ON, answers={"CI-HEART": Answer(reply=Reply.UNSURE)})),
            ("CI-HEART", Facts(on=ON, answers={"CI-HEART": Answer(reply=Reply.YES)})),
        )
    }
    assert len(codes) == 4


def test_a_product_whose_leaflet_says_alone_is_not_combined() -> None:
    drugs = (PlannedDrug(name="Solo", monotherapy=True), PlannedDrug(name="Other"))

    assert set(_findings(Facts(on=ON, drugs=drugs))) == {"IN-1"}
    assert _findings(Facts(on=ON, drugs=drugs[:1])) == {}


def test_pain_relief_on_the_skin_is_no_second_product() -> None:
    drugs = (
        PlannedDrug(name="Solo", monotherapy=True),
        PlannedDrug(name="Cream", on_the_skin=True),
    )

    assert _findings(Facts(on=ON, drugs=drugs)) == {}


def test_a_product_that_caused_a_reaction_in_the_test_is_blocked() -> None:
    facts = Facts(on=ON, drugs=(PlannedDrug(name="Tested", tested_positive=True),))

    assert _findings(facts)["CI-ALLERGY-COMPONENT"].outcome is Outcome.BLOCK_PRODUCT


@pytest.mark.parametrize("what", ["composition", "route", "registration"])
def test_what_nobody_read_on_the_leaflet_holds(what: str) -> None:
    facts = Facts(on=ON, drugs=(PlannedDrug(name="New", unread=frozenset({what})),))

    finding = _findings(facts)[f"not-asked:{what}"]

    assert (finding.outcome, finding.product) == (Outcome.HOLD_FOR_DOCTOR, "New")


def test_ergot_of_the_patient_meets_a_macrolide_of_the_plan() -> None:
    takes = Stated(
        text="dihydroergotamine",
        concept="dihydroergotamine ingredient",
        rules=frozenset({"ING-DHE"}),
        topic=Topic.MEDICATIONS,
    )
    drugs = (PlannedDrug(name="Mix", ingredients=frozenset({"ING-ERYTHROMYCIN"})),)

    assert "IN-11" in _findings(Facts(on=ON, stated=(takes,), drugs=drugs))
    assert "IN-11" not in _findings(Facts(on=ON, stated=(takes,)))


def test_merging_keeps_the_gravest_outcome_and_the_latest_day() -> None:
    mild = _findings(_told("CI-HERPES", until=date(2026, 3, 8)))["CI-HERPES"]
    grave = replace(mild, outcome=Outcome.BLOCK, lifts_on=date(2026, 4, 1))
    for pair in ((mild, grave), (grave, mild)):
        (one,) = merged(pair)
        assert (one.outcome, one.lifts_on) == (Outcome.BLOCK, date(2026, 4, 1))
    (endless,) = merged((mild, replace(grave, lifts_on=None)))
    assert endless.lifts_on is None
