"""Whatever the knowledge names can be typed, in each of its languages, and then speaks."""

from datetime import date
from typing import Any

import pytest

from clinic.knowledge.entries import Concern, Trigger
from clinic.knowledge.loader import load
from procedures import cases, catalogue
from procedures.catalogue.planned import area_in, is_alcohol, is_intradermal, technique_in
from procedures.catalogue.reading import ingredients_in
from procedures.domain.screening import screen

KNOWN = load()
TAKEN = sorted(
    one.id
    for one in KNOWN.medicines.values()
    if one.concerns is not Concern.IN_PLAN
    and one.outcome not in {Trigger.PASS, Trigger.BLOCK_PRODUCT_COMBINATION}
)
LANGUAGES = ("en", "ru", "uk")


def _fired(**told: Any) -> set[str]:
    facts = cases.facts_of({"on": date(2026, 3, 4), "age": 35} | told)
    return {one.rule for one in screen(facts, catalogue.rulebook({})).findings}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(KNOWN.allergens))
def test_an_allergy_by_its_name_meets_each_component_that_holds_it(
    rule: str, language: str
) -> None:
    allergen = KNOWN.allergens[rule]
    named = allergen.label.in_(language)

    for component in allergen.ingredient_ids:
        drug = {"name": KNOWN.ingredients[component].name}
        fired = _fired(allergies=[named], planned_drugs=[drug])
        assert fired & {"CI-ALLERGY-COMPONENT", "CI-FISH-ALLERGY"}, component


@pytest.mark.parametrize("component", sorted(KNOWN.ingredients))
def test_a_component_by_its_name_is_found(component: str) -> None:
    assert component in ingredients_in(KNOWN.ingredients[component].name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_technique_by_its_name_is_found(language: str) -> None:
    for one in KNOWN.techniques.values():
        device = {"TE-DEVICE"} if "device" in one.label.en.lower() else set()  # the stricter name
        assert technique_in(one.label.in_(language)) in {one.id} | device


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", TAKEN)
def test_a_medicine_by_its_name_is_a_finding(rule: str, language: str) -> None:
    assert rule in _fired(medications=[KNOWN.medicines[rule].label.in_(language)])


@pytest.mark.parametrize("taken", ["warfarin", "Eliquis", "rivaroxaban", "dabigatran"])
def test_a_rule_on_a_group_meets_every_member_of_it(taken: str) -> None:
    """R-52: any anticoagulant, whichever of them the patient names."""
    assert "CI-CLOTTING-DRUGS" in _fired(medications=[taken])


@pytest.mark.parametrize("known", ["lidocaine", "articaine", "mepivacaine", "local anaesthetics"])
def test_an_allergy_to_one_of_a_group_stops_the_others_of_it(known: str) -> None:
    """R-52: any amide anaesthetic."""
    fired = _fired(allergies=[known], planned_drugs=[{"name": "Lidocaine 2 %"}])
    assert "CI-ALLERGY-COMPONENT" in fired


def test_places_routes_and_drinks_are_read_as_people_write_them() -> None:
    assert [area_in(one) for one in ("Нижние веки", "under the eyes", "Back of the hands")] == [
        "lower-eyelid",
        "lower-eyelid",
        "back-of-the-hands",
    ]
    routes = ("в/к", "ID", "intradermal or s.c.", "subcutaneous", "?", "")
    assert [is_intradermal(one) for one in routes] == [True, True, True, False, None, None]
    drinks = ("wine", "", "non-alcoholic beer", "безалкогольне пиво", "нет")
    assert [is_alcohol(one) for one in drinks] == [True, True, False, False, False]
