"""What belongs to the clinic and to language rather than to the sources."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import model_validator

from clinic.knowledge.entries.base import Basis, Kind, Strict, Terms, Text, Words


class Article(Strict):
    """One of the five articles everything goes back to."""

    id: Text
    file: Text
    topic: Text


class SettingKind(StrEnum):
    """How a setting is typed in."""

    NUMBER = "number"
    DAYS = "days"
    LIST = "list"
    TEXT = "text"


class ClinicSetting(Strict):
    """A number or a text that no source gives. It is shipped unset; the clinical lead sets it."""

    id: Text
    label: Words
    kind: SettingKind
    unit: Words | None = None
    gap: Text
    holds: bool  # whether a session waits when a fact of this patient needs the unset value
    used_when: Words
    terms: Terms = Terms()  # the words by which a patient's fact calls for it

    @property
    def key(self) -> str:
        return self.id

    @model_validator(mode="after")
    def a_number_has_a_unit(self) -> Self:
        if (self.kind in {SettingKind.NUMBER, SettingKind.DAYS}) != (self.unit is not None):
            raise ValueError("a number needs a `unit`, and only a number has one")
        return self


class QuestionGroup(Strict):
    """A heading of the intake questionnaire; groups are asked in the order of the file."""

    id: Text
    heading: Words


class DateQuestion(Strict):
    """How the date of a fact is asked for, and after which answers."""

    id: Text
    label: Words
    after: tuple[Text, ...]
    with_time: bool = False


class ExtraQuestion(Strict):
    """A question that stands beside the contraindications."""

    id: Text
    text: Words


class Synonyms(Strict):
    """More words for a rule: brands, abbreviations, other forms. No clinical fact."""

    id: Text
    basis: Literal[Basis.TERMINOLOGY]
    terms: Terms


class Harmless(Strict):
    """A common condition, medicine or allergy that no rule names."""

    id: Text
    basis: Literal[Basis.TERMINOLOGY]
    kind: Kind
    label: Words
    terms: Terms = Terms()
