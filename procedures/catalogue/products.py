"""Rules about what is to be injected, made from the knowledge."""

from collections.abc import Iterator

from clinic.knowledge.loader import Knowledge
from procedures.catalogue.cards import (
    card_of,
    card_of_medicine,
    card_of_mixture,
)
from procedures.domain import words
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

FISH = frozenset({"AL-FISH", "CI-FISH-ALLERGY"})
HYALURONIC = "ING-HA"
LOWER_EYELID = "lower-eyelid"
MULTI_NEEDLE = frozenset({"TE-DEVICE"})
# Which components of a mix a medicine rule means; the sources name them in words only.
COMPONENTS_OF = {
    "MI-HAEMOSTATIC": frozenset({"ING-DICYNONE"}),
    "MI-VASOACTIVE-MESO": frozenset({"ING-TRENTAL", "ING-PIROXICAM", "ING-NICOTINIC", "ING-DHE"}),
    "MI-METRONIDAZOLE-ALCOHOL": frozenset({"ING-METRONIDAZOLE"}),
}
ERGOT, MACROLIDE = frozenset({"ING-DHE"}), frozenset({"ING-ERYTHROMYCIN"})
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
    yield Component(card=card_of(knowledge, "CI-ALLERGY-COMPONENT", "IN-8"), spared=FISH)
    yield Origin(card=card_of(knowledge, "CI-FISH-ALLERGY"), allergens=FISH)
    fat = frozenset(knowledge.incompatibilities["IN-4"].ingredient_ids)
    yield Route(card=card_of(knowledge, "CI-FAT-EMULSION", "IN-4"), ingredients=fat)
    yield Licensed(card=card_of(knowledge, "CI-UNLICENSED", "IN-7"))
    yield InArea(
        card=card_of(knowledge, "CI-HA-LOWER-EYELID"), ingredient=HYALURONIC, area=LOWER_EYELID
    )
    yield ByTechnique(card=card_of(knowledge, "CI-VASCULAR-AREA"), techniques=MULTI_NEEDLE)
    for key, ingredients in COMPONENTS_OF.items():
        entry = knowledge.medicines[key]
        yield Planned(
            card=card_of_medicine(knowledge, entry),
            ingredients=ingredients,
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
    yield Pair(card=card("IN-11", "pair"), left=ERGOT, right=MACROLIDE)
    yield Pair(
        card=card_of_mixture(
            knowledge,
            knowledge.medicines["MI-DHE-MACROLIDE"],
            words.MIXTURES["pair"],
            OverrideKind.NONE,
        ),
        left=ERGOT,
        right=MACROLIDE,
    )
    yield Topical(card=card("IN-12", "topical"), ingredients=ingredients("IN-12"))
    yield Unidentified(card=card("IN-13", "unidentified"), ingredients=ingredients("IN-13"))


def _unread() -> Iterator[Rule]:
    for what, label in words.UNREAD.items():
        yield Unread(
            card=Card(
                rule=f"not-asked:{what}",
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
