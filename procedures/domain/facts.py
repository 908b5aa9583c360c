"""What is known of somebody on the day of a session, without saying who it is.

Nothing here is guessed: what was not asked is absent, and an absent key of `required` holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Reply(StrEnum):
    """What somebody says to one question."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    ASSESSED = "assessed"
    NOT_ASSESSED = "not_assessed"


class When(StrEnum):
    """Whether a statement holds now, held once, or is about a relative."""

    CURRENT = "current"
    PAST = "past"
    FAMILY = "family"


class Topic(StrEnum):
    """In which list of the record something was stated."""

    CONDITIONS = "conditions"
    MEDICATIONS = "medications"
    ALLERGIES = "allergies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One reply; `day` is when what it says ended or happened, as the question asks."""

    reply: Reply
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One thing of the history that the vocabulary knows, and the rules that name it."""

    text: str
    concept: str
    rules: frozenset[str]
    topic: Topic
    when: When = When.CURRENT
    until: date | None = None
    year: int | None = None  # in which it was so, where only that is said
    harmless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDrug:
    """One product of the plan; `None` means that nobody looked at its leaflet."""

    name: str
    ingredients: frozenset[str] = frozenset()
    allergens: frozenset[str] = frozenset()
    unknown_ingredients: tuple[str, ...] = ()
    concentrations: frozenset[str] = frozenset()  # ingredients whose concentration is known
    intradermal: bool | None = None
    registered: bool | None = None
    monotherapy: bool = False
    oil_emulsion: bool = False
    opened_on: date | None = None
    expires: date | None = None
    tested_positive: bool = False
    on_the_skin: bool = False  # pain relief beside the mix: never in the syringe
    unread: frozenset[str] = frozenset()  # what had to be known of it and is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """What else was done to the skin, or a vaccination; `kind` as the settings call it."""

    what: str
    kind: str
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a screening looks at. `events` are dates of facts: delivery_date, last_alcohol."""

    on: date
    birth_date: date | None = None
    age: int | None = None
    required: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    answers: Mapping[str, Answer] = field(default_factory=lambda: MappingProxyType({}))
    events: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    stated: tuple[Stated, ...] = ()
    unresolved: tuple[str, ...] = ()
    drugs: tuple[PlannedDrug, ...] = ()
    mixed: bool | None = None
    technique: str = ""
    area: str = ""
    indication: str = ""
    protocol: str = ""
    previous_session: date | None = None
    procedures: tuple[Procedure, ...] = ()
    temperature_c: Decimal | None = None
    blood_pressure: tuple[int, int] | None = None

    @property
    def not_asked(self) -> frozenset[str]:
        """What had to be asked and was not."""
        return self.required - self.known - frozenset(self.answers)

    def reply(self, question: str) -> Reply | None:
        answer = self.answers.get(question)
        return answer.reply if answer else None

    def age_on(self, day: date) -> int | None:
        """Whole years on that day, as the law counts them."""
        if self.birth_date is None:
            return self.age
        born = self.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def as_data(self) -> dict[str, object]:
        """For storage: plain values only, in an order that does not depend on chance."""
        return {name: plain(getattr(self, name)) for name in Facts.__dataclass_fields__}


def plain(value: object) -> object:
    """A value as JSON can hold it; sets are sorted."""
    match value:
        case date():
            found: object = value.isoformat()
        case Decimal():
            found = str(value)
        case Mapping():
            found = {str(key): plain(value[key]) for key in sorted(value)}
        case frozenset():
            found = sorted(str(one) for one in value)
        case tuple():
            found = [plain(one) for one in value]
        case Answer() | Stated() | PlannedDrug() | Procedure():
            found = {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
        case _:
            found = value
    return found
