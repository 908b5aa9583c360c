"""How patients name what they want to do and what they feel. Words, bound to the rules they mean.

A term that ends with a star stands for every word that begins so: "swim*".
"""

from enum import StrEnum
from typing import Literal, Self

from pydantic import model_validator

from clinic.knowledge.entries.base import Basis, Ids, Strict, Terms, Text


class Act(Strict):
    """Something a patient may want to do, and the entries that say whether it may be done."""

    id: Text
    basis: Literal[Basis.TERMINOLOGY]
    terms: Terms
    forbidden_by: Ids = ()  # restrictions, while they last
    eased_by: Ids = ()  # restrictions that allow exactly this, on the condition they name
    advised_by: Ids = ()  # recommendations, from their day on
    only_as_advised: bool = False  # the words of the advice are a condition
    lifts: Ids = ()  # restrictions that do not count for the rest of the question either
    vague: bool = False  # counts only when nothing else is named: "a drink"
    open: bool = False  # recognised, and no source says anything about it

    @model_validator(mode="after")
    def open_or_ruled(self) -> Self:
        if self.open == bool(self.forbidden_by or self.eased_by or self.advised_by):
            raise ValueError("an act is ruled by an entry or it is `open`, never both")
        return self


class Saying(StrEnum):
    """What a patient says about a sign: how it goes, or how bad it is."""

    WORSE = "worse"
    STILL = "still"
    FADING = "fading"
    GONE = "gone"
    SEVERE = "severe"
    FINE = "fine"  # nothing to complain about


class Symptom(Strict):
    """Something a patient may notice, the side effects it is, and what is said about it."""

    id: Text
    basis: Literal[Basis.TERMINOLOGY]
    terms: Terms
    signs: Ids = ()
    says: Saying | None = None
    deniable: bool = True  # false where "not" makes it worse: "not breathing well"
    emergency: bool = False  # help at once: breathing; lips, tongue, throat; faintness

    @model_validator(mode="after")
    def means_something(self) -> Self:
        if not self.signs and self.says is None:
            raise ValueError("a symptom names `signs` or `says` how it goes")
        return self


class Region(Strict):
    """What people call a part of the body that has rules of its own, or none."""

    id: Text
    basis: Literal[Basis.TERMINOLOGY]
    terms: Terms


class Aside(Strict):
    """Words beside a question or a complaint that change nothing about it."""

    id: Text
    basis: Literal[Basis.TERMINOLOGY]
    terms: Terms
