"""What every entry has: an id, a basis, its sources, and words in three languages."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

SOURCE = re.compile(r"(?P<article>\d{3})(?::(?P<line>[1-9]\d*))?")
Text = Annotated[str, Field(min_length=1)]
Ids = tuple[Text, ...]


class Strict(BaseModel):
    """No coercion, no unknown key, no change afterwards: a typo must not disarm a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Basis(StrEnum):
    """Why we believe an entry."""

    SEED = "seed"  # stated in one of the five articles
    DERIVED = "derived"  # follows from them by our reasoning
    INFERENCE = "inference"  # knowledge from outside them; a clinician must confirm it
    TERMINOLOGY = "terminology"  # names and synonyms: no clinical fact


class Trigger(StrEnum):
    """What follows when a rule fires, from the gravest to the mildest."""

    BLOCK = "block"
    BLOCK_PRODUCT = "block_product"
    BLOCK_PRODUCT_COMBINATION = "block_product_combination"
    HOLD_FOR_DOCTOR = "hold_for_doctor"
    POSTPONE = "postpone"
    CAUTION = "caution"
    PASS = "pass"  # noqa: S105  an outcome, no password

    @property
    def severity(self) -> int:
        """The larger, the stricter; `pass` is 0."""
        return len(Trigger) - 1 - list(Trigger).index(self)


class Override(StrEnum):
    """Who may go on although a rule fired."""

    NONE = "none"
    DOCTOR_REASON = "doctor_reason"
    STAFF_ACK = "staff_ack"
    OFF_BY_DEFAULT = "off_by_default"


class Moment(StrEnum):
    """When a rule is asked again."""

    BOOKING = "booking"
    INTAKE = "intake"
    ANNUAL = "annual"
    SESSION = "session"
    COURSE = "course"
    PLAN = "plan"
    PRODUCT = "product"
    AREA = "area"
    TECHNIQUE = "technique"


class AskedBy(StrEnum):
    """Who knows the answer."""

    PATIENT = "patient"
    STAFF = "staff"
    COMPUTED = "computed"


class Kind(StrEnum):
    """What sort of thing a word means."""

    CONDITION = "condition"
    MEDICINE = "medicine"
    ALLERGEN = "allergen"
    INGREDIENT = "ingredient"
    INDICATION = "indication"


class Area(StrEnum):
    """An area with rules of its own."""

    LOWER_EYELID = "lower-eyelid"


class Words(Strict):
    """One text in the three languages a patient may read."""

    en: Text
    ru: Text
    uk: Text

    def in_(self, language: str) -> str:
        """The text in this language ("uk", "ru-RU"); English where we do not speak it."""
        return {"ru": self.ru, "uk": self.uk}.get(language[:2], self.en)

    def __str__(self) -> str:
        return self.en


class Terms(Strict):
    """What people call a thing, by language."""

    en: tuple[Text, ...] = ()
    ru: tuple[Text, ...] = ()
    uk: tuple[Text, ...] = ()

    def all(self) -> Iterator[str]:
        """Every term of every language."""
        yield from (*self.en, *self.ru, *self.uk)


class Source(str):
    """Where a fact stands: "002:103" is article 002, line 103."""

    __slots__ = ()

    @property
    def article(self) -> str:
        return self.partition(":")[0]

    @property
    def line(self) -> int | None:
        """None where only the article is named."""
        number = self.partition(":")[2]
        return int(number) if number else None

    @classmethod
    def parse(cls, text: str) -> "Source":
        if not SOURCE.fullmatch(text):
            raise ValueError(f"{text!r} is no source; write article:line, for example 002:103")
        return cls(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.parse, handler(str))


def _cited(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    if not sources:
        raise ValueError("an entry without a source is an opinion; name at least one")
    return sources


def _clinical(basis: Basis) -> Basis:
    if basis is Basis.TERMINOLOGY:
        raise ValueError("terminology is for words; a rule needs seed, derived or inference")
    return basis


ClinicalBasis = Annotated[Basis, AfterValidator(_clinical)]
Sources = Annotated[tuple[Source, ...], AfterValidator(_cited)]


class Entry(Strict):
    """One thing the sources say, or that we concluded from them."""

    id: Text
    basis: ClinicalBasis
    source: Sources
    conflicts: Ids = ()
    note: Text | None = None
