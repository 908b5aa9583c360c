"""What is injected or applied, and what must not be mixed."""

from enum import StrEnum

from clinic.knowledge.entries.base import Basis, Entry, Ids, Text, Trigger


class Confidence(StrEnum):
    """How sure we are which product a source means."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Ingredient(Entry):
    """A drug, an excipient, or a class of them. The leaflet decides, not this list."""

    name: Text
    spellings: tuple[Text, ...] = ()
    drug_class: Text
    role: Text
    identity_confidence: Confidence | None = None
    origin: Text | None = None
    allergen_ids: Ids = ()
    forms: tuple[Text, ...] = ()
    effects_per_source: tuple[Text, ...] = ()
    used_for: tuple[Text, ...] = ()
    cautions: tuple[Text, ...] = ()


class Recipe(Entry):
    """A mix that a source describes: a recorded fact, never a suggestion."""

    ingredient_ids: Ids
    anaesthetic: Text | None = None
    allergen_flags: Ids = ()
    other_flags: tuple[Text, ...] = ()
    status: Text


class Incompatibility(Entry):
    """What must not be mixed, or not used at all."""

    rule: Text
    action: Text
    outcome: Trigger
    outcome_basis: Basis
    ingredient_ids: Ids = ()
