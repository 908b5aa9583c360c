"""What people write about themselves and about products, as statements a rule can look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from clinic.knowledge.entries import Kind, Medicine
from clinic.knowledge.loader import load
from clinic.knowledge.resolver import Concept, Said, Sense, resolve
from clinic.knowledge.vocabulary import Vocabulary, vocabulary
from clinic.knowledge.wording import normal
from procedures.domain.facts import Stated, Topic, When

OIL = "CI-FAT-EMULSION"
SKIN = frozenset({"CI-SKIN-EXACERBATION"})
# What a product is dissolved in and brought to the right acidity with: nobody is allergic to it.
VEHICLES = frozenset(
    (
        "water", "water for injection", "water for injections", "sodium chloride", "saline",
        "sodium hydroxide", "hydrochloric acid", "phosphate buffer", "disodium phosphate",
        "sodium dihydrogen phosphate", "sodium phosphate",
        "вода", "вода для инъекций", "натрия хлорид", "натрия гидроксид", "соляная кислота",
        "фосфатный буфер", "натрия фосфат",
        "вода для ін’єкцій", "натрію хлорид", "натрію гідроксид", "кислота хлоридна",
        "фосфатний буфер", "натрію фосфат",
    )
)  # fmt: skip
NORMAL_VEHICLES = frozenset(normal(one) for one in VEHICLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One text, where it stands, and until when it held. `chosen` is a concept somebody picked."""

    text: str
    topic: Topic
    chosen: str = ""
    when: When = When.CURRENT
    until: date | None = None


def statements(
    spoken: Spoken, *, among: Vocabulary | None = None
) -> tuple[tuple[Stated, ...], bool]:
    """What it says, and whether it was understood; what was not is for a person to look at."""
    words = among or vocabulary()
    meaning = resolve(spoken.text, among=words)
    said = {one.concept.id: one for one in meaning.said if one.sense is not Sense.DENIED}
    chosen = words.by_id.get(spoken.chosen)
    if chosen is not None:
        said[chosen.id] = Said(concept=chosen)
    stated = tuple(_stated(spoken, list(said.values())))
    meant = not said or any(_is_meant(one, spoken.topic) for one in said.values())
    return stated, (meaning.resolved and meant) or chosen is not None


def ingredients_in(text: str) -> frozenset[str]:
    """The ingredients of the knowledge that a text names."""
    rules = resolve(text, kinds=[Kind.INGREDIENT]).rules
    return frozenset(rule for rule in rules if rule in load().ingredients)


def is_vehicle(text: str) -> bool:
    """Water, salt and buffers: "Sodium chloride 0.9%"."""
    words = (word for word in normal(text).split() if word[0].isalpha())
    return " ".join(words) in NORMAL_VEHICLES


def allergens_in(ingredients: frozenset[str]) -> frozenset[str]:
    """Every allergen these ingredients may stand for."""
    known = load()
    found = (known.allergens_of(one) for one in ingredients if one in known.ingredients)
    return frozenset[str]().union(*found)


def medicines_named(text: str) -> frozenset[str]:
    """Medicines with a rule that a product is called by: tranexamic acid is no ingredient here."""
    rules = resolve(text, kinds=[Kind.MEDICINE]).rules
    return frozenset(rule for rule in rules if rule in load().medicines)


def is_oil(text: str) -> bool:
    """A fat emulsion by its name."""
    return OIL in resolve(text, kinds=[Kind.INGREDIENT]).rules


def allergens_named(text: str) -> frozenset[str]:
    """Allergens a product is called by: "Aloe" is what somebody may be allergic to."""
    rules = resolve(text, kinds=[Kind.ALLERGEN]).rules
    return frozenset(rule for rule in rules if rule in load().allergens)


def as_spelled(text: str) -> str:
    """What nobody knows is at least the same as what is written the same."""
    return f"as-spelled:{normal(text)}"


def touched(concept: Concept) -> frozenset[str]:
    """The rules that naming a concept touches. A medicine speaks for itself: what it hints at
    (a heart disease, say) is another question."""
    medicines = load().medicines
    hinted = {
        hint
        for rule in concept.rules
        if isinstance(medicine := medicines.get(rule), Medicine)
        for hint in medicine.contraindication_ids
    }
    return frozenset(concept.rules) - hinted


def _stated(spoken: Spoken, said: list[Said]) -> Iterator[Stated]:
    """Under the heading to which its meaning belongs."""
    for one in said:
        topic = _topic(one, spoken.topic)
        if topic is None:
            continue
        concept = one.concept
        yield Stated(
            text=spoken.text,
            concept=concept.id,
            rules=touched(concept),
            topic=topic,
            when=_when(one, spoken.when),
            until=spoken.until,
            year=one.year,
            harmless=concept.harmless and not _allergy_to_a_medicine(topic, concept),
        )


def _allergy_to_a_medicine(topic: Topic, concept: Concept) -> bool:
    """To take zinc is harmless; to react to it is not, where zinc is injected."""
    return topic is Topic.ALLERGIES and concept.kind is Kind.MEDICINE


def _is_meant(said: Said, listed: Topic) -> bool:
    """What is known only as an allergen or as a part of products is no known medicine."""
    taken = listed is Topic.MEDICATIONS and not said.allergy
    return not (taken and said.concept.kind in {Kind.ALLERGEN, Kind.INGREDIENT})


def _when(said: Said, listed: When) -> When:
    """What the text says of itself, unless it stands in a list of the past or of relatives."""
    senses = {Sense.PAST: When.PAST, Sense.FAMILY: When.FAMILY}
    return senses.get(said.sense, listed) if listed is When.CURRENT else listed


def _topic(said: Said, listed: Topic) -> Topic | None:
    """An illness in the list of allergies is an illness; a medicine there is an allergy.

    None: a word that means something else there. A medicine that is taken is named like the
    allergy to it; the rash that a medicine gave somebody is no skin disease of today.
    """
    allergy = said.allergy or listed is Topic.ALLERGIES
    match said.concept.kind:
        case Kind.CONDITION if allergy and not SKIN.isdisjoint(said.concept.rules):
            return None
        case Kind.CONDITION:
            return Topic.CONDITIONS
        case Kind.ALLERGEN:
            return None if listed is Topic.MEDICATIONS and not said.allergy else Topic.ALLERGIES
        case _ if allergy:
            return Topic.ALLERGIES
        case _:
            return Topic.MEDICATIONS
