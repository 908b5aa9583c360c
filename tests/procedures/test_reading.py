"""Cases and leaflets as people type them."""

from datetime import date

import pytest

from clinic.errors import Broken
from procedures import cases, catalogue
from procedures.catalogue.reading import ingredients_in, is_vehicle
from procedures.domain.facts import Reply
from procedures.domain.screening import screen


def test_a_case_without_a_day_cannot_be_read() -> None:
    with pytest.raises(Broken, match="`on` is missing"):
        cases.facts_of({"conditions": []})


@pytest.mark.parametrize(
    "broken",
    [
        {"on": "soon"},
        {"on": "2026-03-04", "blood_pressure": "high"},
        {"on": "2026-03-04", "temperature_c": "warm"},
        {"on": "2026-03-04", "planned_drugs": [{}]},
        {"on": "2026-03-04", "conditions": [{}]},
    ],
)
def test_what_cannot_be_read_says_so(broken: dict[str, object]) -> None:
    with pytest.raises(Broken, match="cannot be read"):
        cases.facts_of(broken)


def test_null_and_an_empty_list_mean_asked_and_none() -> None:
    told = {"on": "2026-03-04", "age": 30, "conditions": None, "medications": [], "sex": "M"}

    assert cases.facts_of(told).not_asked == {"allergies", "planned_drugs"}


def test_true_false_and_anything_else_are_yes_no_and_unsure() -> None:
    for value, reply in ((True, "yes"), (False, "no"), (None, "no"), ("unknown", "unsure")):
        told = {"on": "2026-03-04", "pregnant": value}
        assert cases.facts_of(told).reply("CI-PREGNANCY") is Reply(reply)


def test_an_answer_has_the_keys_a_reader_expects() -> None:
    told = {"on": "2026-03-04", "conditions": ["type 2 diabetes"], "birth_date": "1990-01-01"}
    book = catalogue.rulebook({})

    answer = cases.as_answer(screen(cases.facts_of(told), book), book.version)

    assert list(answer) == ["decision", "findings", "earliest_date", "unresolved", "knowledge"]
    first = answer["findings"][0]
    assert (first["rule"], first["concept"], first["outcome"]) == (
        "CI-DIABETES",
        "diabetes",
        "block",
    )
    assert first["because"] == ["type 2 diabetes"]
    assert {"file", "line"} == set(first["sources"][0])


def test_a_status_or_an_end_puts_a_statement_into_the_past() -> None:
    items = [{"text": "cold sore", "status": "resolved"}, {"text": "flu", "until": "2026-03-01"}]
    facts = cases.facts_of({"on": "2026-03-04", "conditions": items})

    assert not {"CI-HERPES", "CI-INFECTION"} & {
        one.rule for one in screen(facts, catalogue.rulebook({})).findings
    }
    assert facts.stated[1].until == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "vehicle"),
    [
        ("Sodium chloride 0.9%", True),
        ("Вода для инъекций", True),
        ("натрію хлорид", True),
        ("Sodium metabisulphite", False),
        ("", False),
    ],
)
def test_water_and_salt_are_no_allergens(text: str, vehicle: bool) -> None:
    assert is_vehicle(text) is vehicle


def test_ingredients_are_found_under_their_brands_and_spellings() -> None:
    assert ingredients_in("Placentex") == {"ING-PLACENTEX"}
    assert ingredients_in("гиалуроновая кислота") == {"ING-HA"}
    assert ingredients_in("mystery") == frozenset()


def test_an_allergy_to_a_medicine_that_no_rule_names_is_a_caution_and_the_medicine_is_none() -> (
    None
):
    def decided(**told: list[str]) -> str:
        facts = cases.facts_of(
            {"on": "2026-03-04", "age": 30, "sex": "M", "planned_drugs": []}
            | {"conditions": [], "medications": [], "allergies": []}
            | told
        )
        return screen(facts, catalogue.rulebook({})).decision.value

    assert decided(medications=["zinc"]) == "proceed"
    assert decided(allergies=["zinc"]) == "proceed_with_caution"
    assert decided(allergies=["birch pollen"]) == "proceed"
