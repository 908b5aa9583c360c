"""Facts: what was asked, how old somebody is, how they are kept."""

import json
from datetime import date
from decimal import Decimal

import pytest

from procedures.domain.facts import (
    Answer,
    Facts,
    PlannedDrug,
    Procedure,
    Reply,
    Stated,
    Topic,
)
from procedures.domain.rules import birthday

ON = date(2026, 3, 4)


def test_what_had_to_be_asked_and_was_not_is_named() -> None:
    facts = Facts(
        on=ON,
        required=frozenset({"CI-FEVER", "CI-HEART", "allergies"}),
        known=frozenset({"allergies"}),
        answers={"CI-FEVER": Answer(reply=Reply.UNSURE)},
    )

    assert facts.not_asked == {"CI-HEART"}


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2008, 11, 23), date(2026, 11, 22), 17),
        (date(2008, 11, 23), date(2026, 11, 23), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_is_counted_on_the_day_of_the_session(born: date, on: date, age: int) -> None:
    assert Facts(on=on, birth_date=born).age_on(on) == age


def test_an_age_without_a_birthday_is_taken_as_told() -> None:
    assert Facts(on=ON, age=17).age_on(ON) == 17
    assert Facts(on=ON).age_on(ON) is None


def test_who_is_born_on_29_february_comes_of_age_on_1_march() -> None:
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 29), 16) == date(2024, 2, 29)
    assert birthday(None, 18) is None


def test_facts_are_kept_as_plain_values_in_one_order() -> None:
    facts = Facts(
        on=ON,
        required=frozenset({"b", "a"}),
        answers={"CI-FEVER": Answer(reply=Reply.NO, day=ON)},
        events={"last_alcohol": ON},
        stated=(
            Stated(text="x", concept="y", rules=frozenset({"2", "1"}), topic=Topic.CONDITIONS),
        ),
        drugs=(PlannedDrug(name="d"),),
        procedures=(Procedure(what="laser", kind="laser", day=ON),),
        temperature_c=Decimal("36.6"),
        blood_pressure=(120, 80),
    )

    kept = json.loads(json.dumps(facts.as_data()))

    assert kept == facts.as_data()
    assert kept["required"] == ["a", "b"]
    assert kept["answers"] == {"CI-FEVER": {"reply": "no", "day": "2026-03-04"}}
    assert kept["temperature_c"] == "36.6"
    assert kept["stated"][0]["rules"] == ["1", "2"]
