"""Rules about what is to be injected, made from the knowledge."""

from collections.abc import Iterator

from clinic.knowledge.entries import Concern, Ingredient
from clinic.knowledge.loader import Knowledge
from procedures.catalogue.cards import (
    card_of,
    card_of_medicine,
    card_of_mixture,
)
from procedures.domain import words
from procedures.domain.findings import UNASKED
from procedures.domain.mixture import (
    Alone,
    ByTechnique,
    Component,
    InArea,
    Licensed,
    Mixed,
    Origin,
    Pair,
    Planned,
    Route,
    Topical,
    Unidentified,
    Unmatched,
    Unopened,
    Unread,
)
from procedures.domain.outcomes import Outcome, OverrideKind
from procedures.domain.rules import Card, Rule

IN_THE_PLAN = ("MI-HAEMOSTATIC", "MI-VASOACTIVE-MESO", "MI-METRONIDAZOLE-ALCOHOL")
# Incompatibilities that are steps of the work or judged by another rule here, with that rule.
JUDGED_ELSEWHERE = {
    "IN-4": "CI-FAT-EMULSION",
    "IN-5": "a step at the session: label and lot of every syringe",
    "IN-7": "CI-UNLICENSED",
    "IN-8": "CI-ALLERGY-COMPONENT",
    "IN-9": "a check when a product enters the catalogue",
    "IN-10": "the doctor's sign-off of every plan",
}


def product_rules(knowledge: Knowledge) -> Iterator[Rule]:
    """Allergies, licences, routes, mixtures, places."""
    known = knowledge.contraindications
    fish = frozenset({"CI-FISH-ALLERGY", *known["CI-FISH-ALLERGY"].allergen_ids})
    yield Component(card=card_of(knowledge, "CI-ALLERGY-COMPONENT", "IN-8"), spared=fish)
    yield Origin(card=card_of(knowledge, "CI-FISH-ALLERGY"), allergens=fish)
    yield Route(
        card=card_of(knowledge, "CI-FAT-EMULSION", "IN-4"),
        ingredients=frozenset(known["CI-FAT-EMULSION"].ingredient_ids),
    )
    yield Licensed(card=card_of(knowledge, "CI-UNLICENSED", "IN-7"))
    yield InArea(
        card=card_of(knowledge, "CI-HA-LOWER-EYELID"),
        ingredients=frozenset(known["CI-HA-LOWER-EYELID"].ingredient_ids),
        area=str(known["CI-HA-LOWER-EYELID"].area),
    )
    yield ByTechnique(
        card=card_of(knowledge, "CI-VASCULAR-AREA"),
        techniques=frozenset(known["CI-VASCULAR-AREA"].technique_ids),
    )
    for key in IN_THE_PLAN:
        entry = knowledge.medicines[key]
        itself = {key} if entry.concerns is Concern.BOTH else set()
        yield Planned(
            card=card_of_medicine(knowledge, entry),
            ingredients=frozenset(entry.ingredient_ids) | itself,
            outcome=Outcome(entry.outcome.value),
        )
    yield from _mixtures(knowledge)
    yield from _unread()


def _mixtures(knowledge: Knowledge) -> Iterator[Rule]:
    rules = knowledge.incompatibilities

    def card(key: str, label: str, override: OverrideKind = OverrideKind.NONE) -> Card:
        return card_of_mixture(knowledge, rules[key], words.MIXTURES[label], override)

    def ingredients(key: str) -> frozenset[str]:
        return frozenset(rules[key].ingredient_ids)

    combination = Outcome.BLOCK_PRODUCT_COMBINATION
    yield Alone(
        card=card_of(knowledge, "CI-PLACENTEX-COMBO", "IN-1"),
        ingredients=ingredients("IN-1"),
        outcome=combination,
        company=frozenset(one.id for one in knowledge.ingredients.values() if _acts(one)),
    )
    yield Alone(
        card=card("IN-1", "alone", OverrideKind.DOCTOR_REASON),
        ingredients=frozenset(),
        outcome=combination,
        flagged=True,
    )
    yield Alone(
        card=card("IN-2", "alone", OverrideKind.STAFF_ACK),
        ingredients=ingredients("IN-2"),
        outcome=Outcome.CAUTION,
    )
    yield Mixed(card=card("IN-3", "mixed", OverrideKind.DOCTOR_REASON))
    yield Unopened(card=card("IN-6", "opened"))
    ergot, *macrolides = rules["IN-11"].ingredient_ids
    left, right = frozenset({ergot}), frozenset(macrolides)
    yield Pair(card=card("IN-11", "pair"), left=left, right=right)
    medicine = knowledge.medicines["MI-DHE-MACROLIDE"]
    label, never = words.MIXTURES["pair"], OverrideKind.NONE
    yield Pair(card=card_of_mixture(knowledge, medicine, label, never), left=left, right=right)
    yield Topical(card=card("IN-12", "topical"), ingredients=ingredients("IN-12"))
    yield Unidentified(card=card("IN-13", "unidentified"), ingredients=ingredients("IN-13"))


def _acts(entry: Ingredient) -> bool:
    """No mere filler or care product: something that is combined with others."""
    return (entry.role or "").startswith(("active", "anaesthetic"))


def _unread() -> Iterator[Rule]:
    for what, label in words.UNREAD.items():
        yield Unread(
            card=Card(
                rule=f"{UNASKED}{what}",
                category="product",
                label=label,
                lifts_when=words.READ_THE_LEAFLET,
                override=OverrideKind.NONE,
            ),
            what=what,
        )
    yield Unmatched(
        card=Card(
            rule="unresolved:composition",
            category="product",
            label=words.UNMATCHED,
            lifts_when=words.OTHER_PRODUCT,
            override=OverrideKind.DOCTOR_REASON,
        )
    )
