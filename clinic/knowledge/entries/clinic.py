"""What belongs to the clinic and to language rather than to the sources."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from clinic.knowledge.entries.base import Basis, Kind, Strict, Terms, Text, Words

ICD10_RANGE = re.compile(r"([A-Z]\d{2}(?:\.\d)?)(?:-([A-Z]\d{2}(?:\.\d)?))?")
ATC_CLASS = re.compile(r"[A-Z]\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?")


def _icd10(text: str) -> str:
    match = ICD10_RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no ICD-10 code or range; write E10-E14 or E06.3")
    if match[2] and match[2] < match[1]:
        raise ValueError(f"{text!r} ends before it starts")
    return text


def _atc(text: str) -> str:
    if not ATC_CLASS.fullmatch(text):
        raise ValueError(f"{text!r} is no ATC class; write B01A or B01AF01")
    return text


Icd10Range = Annotated[str, AfterValidator(_icd10)]
AtcClass = Annotated[str, AfterValidator(_atc)]


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


class Codes(Strict):
    """Which codes name a rule: ranges of ICD-10, classes of ATC. An inference, at work at once."""

    id: Text
    basis: Literal[Basis.INFERENCE]
    icd10: tuple[Icd10Range, ...] = ()
    atc: tuple[AtcClass, ...] = ()

    @model_validator(mode="after")
    def names_a_code(self) -> Self:
        if not (self.icd10 or self.atc):
            raise ValueError("this entry can never fire: it names no code")
        return self


class Undecided(Strict):
    """Illnesses that no rule names and that nobody has declared harmless: a doctor looks."""

    id: Text
    basis: Literal[Basis.INFERENCE]
    icd10: tuple[Icd10Range, ...]
    why: Text


class Implied(Strict):
    """Words that are no name of an illness and yet say that somebody has it."""

    id: Text
    basis: Literal[Basis.INFERENCE]
    terms: Terms


class Language(Strict):
    """Words by which people say that something is not so, is over, or is somebody else's."""

    id: Text
    basis: Literal[Basis.TERMINOLOGY]
    en: tuple[Text, ...] = ()
    ru: tuple[Text, ...] = ()
    uk: tuple[Text, ...] = ()

    def all(self) -> Iterator[str]:
        """Every word of every language."""
        yield from (*self.en, *self.ru, *self.uk)
