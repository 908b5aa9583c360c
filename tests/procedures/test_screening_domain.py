"""What must hold for any patient and any set of rules."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.knowledge.entries import AskedBy, Trigger
from clinic.knowledge.loader import load
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
from procedures.domain.findings import GRAVITY, Finding, decide, earliest
from procedures.domain.outcomes import Decision
from procedures.domain.screening import Rulebook, screen

BOOK = catalogue.rulebook({})
SEVERITY = {decision: number for number, decision in enumerate(Decision)}
QUESTIONS = sorted(load().contraindications)
NAMES = sorted([*QUESTIONS, *load().medicines, *load().allergens, *load().ingredients])
INGREDIENTS = sorted(load().ingredients)
EVENTS = ["delivery_date", "pregnancy_ended", "lactation_ended", "menstruation_ended"]
EVENTS += ["last_alcohol"]
KINDS = ["laser", "peel", "botulinum", "filler", "tattoo", "vaccination", "other_procedure"]
HARMLESS = {
    entry.id: reply
    for entry in load().contraindications.values()
    for reply, trigger in entry.trigger.by_answer.items()
    if trigger is Trigger.PASS and entry.asked_by is not AskedBy.COMPUTED
}

CALM = settings(deadline=None)  # how long it takes on a busy machine proves nothing
days = st.dates(date(2026, 1, 1), date(2026, 6, 30))  # near enough for windows to overlap
answers = st.dictionaries(
    st.sampled_from(QUESTIONS),
    st.builds(Answer, reply=st.sampled_from(Reply), day=st.none() | days),
    max_size=6,
)
statements = st.builds(
    Stated,
    text=st.just("said"),
    concept=st.sampled_from(["one", "two", "three"]),
    rules=st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=3),
    topic=st.sampled_from(Topic),
    when=st.sampled_from(When),
    until=st.none() | days,
)
drugs = st.builds(
    PlannedDrug,
    name=st.sampled_from(["A", "B", "C"]),
    ingredients=st.frozensets(st.sampled_from(INGREDIENTS), max_size=3),
    allergens=st.frozensets(st.sampled_from(sorted(load().allergens)), max_size=2),
    intradermal=st.none() | st.booleans(),
    registered=st.none() | st.booleans(),
    monotherapy=st.booleans(),
    opened_on=st.none() | days,
    tested_positive=st.booleans(),
    unread=st.frozensets(st.sampled_from(["composition", "route", "registration"]), max_size=1),
)
everything = st.builds(
    Facts,
    on=days,
    birth_date=st.none() | st.dates(date(1940, 1, 1), date(2015, 1, 1)),
    required=st.frozensets(st.sampled_from(QUESTIONS), max_size=5),
    answers=answers,
    events=st.dictionaries(st.sampled_from(EVENTS), days, max_size=3),
    stated=st.lists(statements, max_size=4).map(tuple),
    unresolved=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    drugs=st.lists(drugs, max_size=3, unique_by=lambda one: one.name).map(tuple),
    previous_session=st.none() | days,
    procedures=st.lists(
        st.builds(Procedure, what=st.just("x"), kind=st.sampled_from(KINDS), day=st.none() | days),
        max_size=2,
    ).map(tuple),
    mixed=st.none() | st.booleans(),
    area=st.sampled_from(["", "lower-eyelid"]),
    technique=st.sampled_from(["", "TE-DEVICE", "TE-MESOSCOOTER"]),
    temperature_c=st.none() | st.just(Decimal("37.9")),
    blood_pressure=st.none() | st.just((150, 95)),
    indication=st.sampled_from(["", "ID-AGEING", "ID-SCARS", "ID-RINGWORM", "ID-ROSACEA"]),
)


def _on(facts: Facts, more: int) -> tuple[Finding, ...]:
    return screen(replace(facts, on=facts.on + timedelta(days=more)), BOOK).findings


def _severity(facts: Facts, book: Rulebook = BOOK) -> int:
    return SEVERITY[screen(facts, book).decision]


@CALM
@given(everything, st.sets(st.integers(0, len(BOOK.rules) - 1)))
def test_more_rules_never_make_anybody_safer(facts: Facts, dropped: set[int]) -> None:
    kept = tuple(rule for number, rule in enumerate(BOOK.rules) if number not in dropped)

    assert _severity(facts, replace(BOOK, rules=kept)) <= _severity(facts)


@CALM
@given(everything, st.sampled_from(sorted(HARMLESS)))
def test_a_question_that_was_not_asked_never_lowers_the_decision(facts: Facts, code: str) -> None:
    answer = Answer(reply=Reply(HARMLESS[code]))
    asked = replace(facts, answers={**facts.answers, code: answer})
    open_ = replace(
        facts,
        required=facts.required | {code},
        answers={key: facts.answers[key] for key in facts.answers if key != code},
    )

    assert _severity(open_) >= SEVERITY[Decision.DEFER]
    assert _severity(open_) >= _severity(asked)


@CALM
@given(everything, st.randoms(use_true_random=False))
def test_the_order_of_facts_and_rules_never_matters(facts: Facts, chance: Random) -> None:
    turned = replace(
        facts,
        stated=tuple(chance.sample(facts.stated, len(facts.stated))),
        drugs=facts.drugs[::-1],
        unresolved=facts.unresolved[::-1],
        procedures=facts.procedures[::-1],
        answers=dict(reversed(list(facts.answers.items()))),
    )

    rules = tuple(chance.sample(BOOK.rules, len(BOOK.rules)))
    assert screen(turned, replace(BOOK, rules=rules)) == screen(facts, BOOK)


@CALM
@given(everything, st.integers(1, 400))
def test_a_later_day_never_brings_back_what_a_past_date_has_lifted(facts: Facts, more: int) -> None:
    today = replace(facts, on=max(facts.on, date(2026, 7, 1)))  # now every date is past
    later = replace(today, on=today.on + timedelta(days=more))
    gravest_last = reversed(screen(today, BOOK).findings)
    before = {one.rule: one.outcome for one in gravest_last}
    aged = {note.id for note in load().age_guidance.values() if note.age_max_years}

    for finding in screen(later, BOOK).findings:
        if finding.rule not in aged:
            assert finding.rule in before
            assert GRAVITY[finding.outcome] <= GRAVITY[before[finding.rule]]


@CALM
@given(everything)
def test_what_a_date_has_lifted_stays_lifted(facts: Facts) -> None:
    dated = {"CI-POSTPARTUM", "CI-ALCOHOL-24H", "CI-MENSTRUATION", "CI-AGE-UNDER-18", "SC-1"}
    fired = [{one.rule for one in _on(facts, day)} & dated for day in range(0, 130, 10)]

    for earlier, then in pairwise(fired):
        assert then <= earlier


@CALM
@given(everything)
def test_on_the_day_it_lifts_a_finding_is_gone(facts: Facts) -> None:
    for finding in screen(facts, BOOK).findings:
        if finding.lifts_on is None:
            continue
        assert finding.lifts_on > facts.on
        then = screen(replace(facts, on=finding.lifts_on), BOOK).findings
        assert finding.code not in {one.code for one in then if one.lifts_on == finding.lifts_on}


@CALM
@given(everything)
def test_findings_survive_storage(facts: Facts) -> None:
    found = screen(facts, BOOK).findings

    assert tuple(Finding.from_data(one.as_data()) for one in found) == found


@CALM
@given(everything)
def test_the_decision_and_the_day_follow_from_the_findings(facts: Facts) -> None:
    result = screen(facts, BOOK)
    stops = [one for one in result.findings if one.stops]

    assert result.decision is decide(result.findings)
    assert bool(stops) == (result.decision in {Decision.DEFER, Decision.REFUSE})
    assert result.earliest_date == earliest(result.findings)
    if any(one.lifts_on is None for one in stops) or not stops:
        assert result.earliest_date is None


def test_a_rulebook_without_rules_lets_everybody_through_whom_everything_was_asked() -> None:
    empty = Rulebook(version="empty", rules=())

    assert screen(Facts(on=date(2026, 3, 4)), empty).decision is Decision.PROCEED
    open_ = Facts(on=date(2026, 3, 4), required=frozenset({"CI-HEART"}))
    assert screen(open_, empty).decision is Decision.DEFER
