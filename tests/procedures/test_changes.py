"""What a clinic may change about a finding, and what no change can do."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from procedures import catalogue
from procedures.domain.changes import Change, ChangeKind, by_rule, heeded
from procedures.domain.described import described, outcomes_of
from procedures.domain.facts import Answer, Facts, Reply
from procedures.domain.findings import GRAVITY, Finding
from procedures.domain.outcomes import Decision, Outcome, OverrideKind
from procedures.domain.screening import Rulebook, screen

BOOK = catalogue.rulebook({})
KNOWN = described(BOOK.rules)
ON = date(2026, 3, 4)


def changed(*changes: Change) -> Rulebook:
    return replace(BOOK, changes=by_rule(changes))


def answered(rule: str, reply: Reply = Reply.YES, book: Rulebook = BOOK) -> list[Finding]:
    facts = Facts(on=ON, answers={rule: Answer(reply=reply)})
    return [one for one in screen(facts, book).findings if one.rule == rule]


def change(kind: ChangeKind, rule: str, outcome: Outcome | None = None) -> Change:
    return Change(kind=kind, rule=rule, outcome=outcome)


changes = st.builds(
    Change,
    kind=st.sampled_from([ChangeKind.RELAXED, ChangeKind.OFF, ChangeKind.ON]),
    rule=st.sampled_from(sorted(KNOWN)),
    outcome=st.sampled_from(Outcome),
)
tightenings = st.builds(
    Change,
    kind=st.just(ChangeKind.STRICTER),
    rule=st.sampled_from(sorted(KNOWN)),
    outcome=st.sampled_from(Outcome),
)
answers = st.dictionaries(
    st.sampled_from(sorted(KNOWN)), st.builds(Answer, reply=st.sampled_from(Reply)), max_size=8
)


@given(answers, st.lists(changes, max_size=8))
def test_nothing_weakens_a_rule_against_which_nobody_may_decide(
    said: dict[str, Answer], wanted: list[Change]
) -> None:
    facts = Facts(on=ON, answers=said)
    fixed = {
        (one.rule, one.outcome)
        for one in screen(facts, BOOK).findings
        if one.override is OverrideKind.NONE
    }
    after = {(one.rule, one.outcome) for one in screen(facts, changed(*wanted)).findings}
    assert fixed <= after


@given(answers, st.lists(tightenings, max_size=8))
def test_what_is_stricter_never_makes_anybody_safer(
    said: dict[str, Answer], wanted: list[Change]
) -> None:
    facts, severity = Facts(on=ON, answers=said), list(Decision)
    before, after = screen(facts, BOOK), screen(facts, changed(*wanted))
    assert severity.index(after.decision) >= severity.index(before.decision)
    stops = {one.rule for one in before.findings if one.stops}
    assert stops <= {one.rule for one in after.findings if one.stops}


def test_unsure_never_becomes_milder() -> None:
    rule = next(
        key
        for key, one in KNOWN.items()
        if one.may_be_milder and answered(key, Reply.UNSURE) and one.milder
    )
    milder = changed(change(ChangeKind.RELAXED, rule, Outcome.CAUTION))
    assert answered(rule, Reply.UNSURE, milder) == answered(rule, Reply.UNSURE)
    assert [one.outcome for one in answered(rule, Reply.YES, milder)] == [Outcome.CAUTION]


def test_switched_off_a_rule_is_silent_and_the_others_speak_on() -> None:
    rule = next(key for key, one in KNOWN.items() if one.may_be_milder and answered(key))
    assert answered(rule, book=changed(change(ChangeKind.OFF, rule))) == []
    others = changed(change(ChangeKind.OFF, "CI-PREGNANCY"))
    assert answered("CI-PREGNANCY", book=others) == answered("CI-PREGNANCY")


def test_what_became_a_stop_is_no_longer_for_whoever_treats_to_accept() -> None:
    rule = next(
        key
        for key, one in KNOWN.items()
        if one.card.override is OverrideKind.STAFF_ACK and answered(key)
    )
    wanted = change(ChangeKind.STRICTER, rule, Outcome.HOLD_FOR_DOCTOR)
    [found] = answered(rule, book=changed(wanted))
    assert found.outcome is Outcome.HOLD_FOR_DOCTOR
    assert found.override is OverrideKind.DOCTOR_REASON


def test_a_rule_that_is_shipped_closed_can_be_opened_to_the_doctor() -> None:
    facts = Facts(on=ON, birth_date=date(2010, 1, 1))
    opened = changed(change(ChangeKind.ON, "CI-AGE-UNDER-18"))
    before, after = (screen(facts, book).findings for book in (BOOK, opened))
    assert [one.override for one in before] == [OverrideKind.OFF_BY_DEFAULT]
    assert [one.override for one in after] == [OverrideKind.DOCTOR_REASON]
    assert [one.outcome for one in after] == [one.outcome for one in before]


def test_confirmed_by_the_lead_it_says_so() -> None:
    rule = next(key for key, one in KNOWN.items() if one.card.basis == "inference")
    [found] = heeded(
        [KNOWN[rule].card.finding(Outcome.CAUTION, "said")],
        by_rule([change(ChangeKind.CONFIRMED, rule)]),
    )
    assert found.basis == "confirmed"


def test_every_rule_says_what_it_may_ask_for() -> None:
    for rule in BOOK.rules:
        assert outcomes_of(rule), rule.card.rule
    for one in KNOWN.values():
        graver = [GRAVITY[outcome] for outcome in one.stricter]
        assert all(number > min(GRAVITY[out] for out in one.outcomes) for number in graver)
        assert one.changeable or not (one.stricter or one.milder)
