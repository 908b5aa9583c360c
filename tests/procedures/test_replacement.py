"""What may stand in for a product that must not be used."""

from dataclasses import replace
from datetime import date

from procedures import catalogue
from procedures.catalogue.reading import allergens_in
from procedures.domain.facts import Facts, PlannedDrug, Stated, Topic
from procedures.domain.replacement import Candidate, blocked_products, replacements
from procedures.domain.screening import screen

BOOK = catalogue.rulebook({})
CALMS = frozenset({"anaesthetic"})


def _candidate(name: str, *ingredients: str, purposes: frozenset[str] = CALMS) -> Candidate:
    ids = frozenset(ingredients)
    drug = PlannedDrug(name=name, ingredients=ids, allergens=allergens_in(ids), intradermal=True)
    return Candidate(drug=drug, purposes=purposes)


LIDOCAINE = _candidate("Lidocaine 2 %", "ING-LIDOCAINE")
CREAM = _candidate("Numbing cream", "ING-ANAESTHETIC-TOPICAL")
PROCAINE = _candidate("Novocaine", "ING-PROCAINE")
HYALURONIC = _candidate("Hyaluron 1 %", "ING-HA", purposes=frozenset({"ID-DRY"}))
EMULSION = _candidate("Oil with lidocaine", "ING-FAT-EMULSION", "ING-LIDOCAINE")
CATALOGUE = (LIDOCAINE, CREAM, PROCAINE, HYALURONIC, EMULSION)


def _facts(allergy: str) -> Facts:
    said = Stated(text=allergy, concept=allergy, rules=frozenset({allergy}), topic=Topic.ALLERGIES)
    return Facts(on=date(2026, 3, 4), age=30, stated=(said,), drugs=(LIDOCAINE.drug,))


def _names(facts: Facts, blocked: Candidate = LIDOCAINE) -> list[str]:
    found = replacements(blocked, CATALOGUE, facts=facts, rulebook=BOOK)
    return [one.drug.name for one in found]


def test_another_anaesthetic_without_the_allergen_may_be_chosen() -> None:
    facts = _facts("AL-LIDOCAINE")

    assert blocked_products(screen(facts, BOOK).findings) == ("Lidocaine 2 %",)
    assert _names(facts) == ["Novocaine"]


def test_what_serves_another_purpose_is_not_offered() -> None:
    assert "Hyaluron 1 %" not in _names(_facts("AL-PARABEN"))


def test_what_is_planned_already_is_not_offered() -> None:
    facts = _facts("AL-LIDOCAINE")

    assert _names(replace(facts, drugs=(LIDOCAINE.drug, PROCAINE.drug))) == []


def test_what_speaks_against_the_person_does_not_hide_a_replacement() -> None:
    ill = Stated(
        text="diabetes",
        concept="diabetes",
        rules=frozenset({"CI-DIABETES"}),
        topic=Topic.CONDITIONS,
    )
    facts = _facts("AL-LIDOCAINE")

    assert _names(replace(facts, stated=(*facts.stated, ill))) == ["Novocaine"]


def test_the_nearest_come_first_and_new_cautions_last() -> None:
    near = _candidate("Other lidocaine", "ING-LIDOCAINE")
    careful = _candidate("Lidocaine with metronidazole", "ING-LIDOCAINE", "ING-METRONIDAZOLE")
    facts = Facts(on=date(2026, 3, 4), age=30, drugs=(LIDOCAINE.drug,))

    found = replacements(LIDOCAINE, (careful, PROCAINE, near), facts=facts, rulebook=BOOK, limit=3)

    assert [one.drug.name for one in found] == [
        "Other lidocaine",
        "Novocaine",
        "Lidocaine with metronidazole",
    ]
    assert [finding.rule for finding in found[-1].new] == ["MI-METRONIDAZOLE-ALCOHOL"]
