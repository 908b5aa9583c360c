"""A case as it is typed: which facts there are, and how each may be written.

What cannot be read is an error that names its place; a fact that nobody told is not guessed.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from clinic.errors import Broken
from procedures.domain.facts import Reply

YEARS = range(1900, 2201)
PART_OF_DATE = re.compile(r"(\d{4})(?:-(\d\d))?")
PRESSURE = re.compile(r"\s*(\d{2,3})\s*[/\\|-]\s*(\d{2,3})\D*")
DECEMBER = 12
SAYS_YES, SAYS_NO = {"yes", "true", "y", "да", "так"}, {"no", "false", "n", "нет", "ні"}


class Unreadable(ValueError):
    """One value that cannot be read; pydantic adds where it stands."""


def _day(value: object) -> date:
    """A date, or the day of a moment; TOML brings dates, JSON brings text."""
    if isinstance(value, datetime):
        found = value.date()
    elif isinstance(value, date):
        found = value
    elif isinstance(value, str):
        found = _written_day(value.strip())
    else:
        raise Unreadable("not a date: write it as 2026-03-04")
    if found.year not in YEARS:
        raise Unreadable(f"no year of anybody's life: {found.year}")
    return found


def _written_day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise Unreadable("not a date: write it as 2026-03-04") from None


def _end(value: object) -> date:
    """Until when; of a year or a month its last day."""
    part = PART_OF_DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if part is None:
        return _day(value)
    year, month = int(part[1]), int(part[2] or DECEMBER)
    if not 1 <= month <= DECEMBER:
        raise Unreadable("no month of a year")
    return _day(date(year, month, monthrange(year, month)[1]))


def _reply(value: object) -> Reply:
    """Asked and nothing said is no; anything but a clear yes or no is unsure."""
    if isinstance(value, list | Mapping):
        raise Unreadable('not an answer: true, false or "unknown"')
    if value is None or value is False or str(value).strip().lower() in SAYS_NO:
        return Reply.NO
    said = value is True or str(value).strip().lower() in SAYS_YES
    return Reply.YES if said else Reply.UNSURE


def _flag(value: object) -> bool | None:
    """True, false, or not known."""
    if value is None:
        return None
    return {Reply.YES: True, Reply.NO: False}.get(_reply(value))


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Unreadable("not a number")
    try:
        found = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        raise Unreadable("not a number") from None
    if not found.is_finite():
        raise Unreadable("not a number")
    return found


def _pressure(value: object) -> tuple[int, int]:
    found = PRESSURE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Unreadable("not a blood pressure: write it as 120/80")
    return int(found[1]), int(found[2])


def _words(value: object) -> str:
    """A text that says something."""
    if not isinstance(value, str):
        raise Unreadable("not a text")
    if not value.strip():
        raise Unreadable("an empty text")
    return value.strip()


def _maybe_words(value: object) -> str:
    return _words(value) if value else ""


def _several(value: object) -> object:
    """One thing is a list of one; nothing is an empty list."""
    if value is None:
        return []
    return [value] if isinstance(value, str | Mapping) else value


def _sex(value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise Unreadable('not a sex: "F" or "M"')
    return "M" if value and value.strip().upper() in {"M", "MALE"} else ""


Day = Annotated[date, BeforeValidator(_day)]
End = Annotated[date, BeforeValidator(_end)]
Said = Annotated[Reply, BeforeValidator(_reply)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Number = Annotated[Decimal, BeforeValidator(_number)]
Text = Annotated[str, BeforeValidator(_words)]
MaybeText = Annotated[str, BeforeValidator(_maybe_words)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)


class Item(_Told):
    """One thing of a list: as it was said, coded, or both."""

    text: MaybeText = ""
    code: MaybeText = ""
    since: object = None
    until: End | None = None
    status: MaybeText = ""

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, value: object) -> object:
        return {"text": _words(value)} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> "Item":
        if not self.text and not self.code:
            raise Unreadable("neither text nor code")
        return self


class Happened(_Told):
    """Something that was drunk or done, and when; a bare text has no date."""

    what: MaybeText = ""
    day: Day | None = Field(default=None, validation_alias=AliasChoices("at", "date"))

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, value: object) -> object:
        return {"what": _words(value)} if isinstance(value, str) else value


class Drug(_Told):
    """One product of the plan, and what is known of it."""

    name: Text
    ingredients: Annotated[tuple[Text, ...], BeforeValidator(_several)] = ()
    route: MaybeText = ""
    registered: Said | None = None
    opened_on: Day | None = None
    expires: End | None = None
    concentration: object = None
    monotherapy: Flag = None
    oil_emulsion: Flag = None
    tested_positive: Flag = None

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value


class Menstruation(_Told):
    bleeding_now: Said | None = None
    started: Day | None = None
    last_day: Day | None = None


Items = Annotated[tuple[Item, ...], BeforeValidator(_several)]
Events = Annotated[tuple[Happened, ...], BeforeValidator(_several)]


class Told(_Told):
    """Everything a case may tell. `asked` are the keys it tells at all."""

    on: Day
    session_at: Day | None = None
    birth_date: Day | None = None
    age: Annotated[Number, Field(ge=0, le=130)] | None = None
    sex: Annotated[Literal["", "M"], BeforeValidator(_sex)] = ""
    conditions: Items = ()
    history: Items = ()
    family_history: Items = ()
    medications: Items = ()
    allergies: Items = ()
    pregnant: Said = Reply.NO
    breastfeeding: Said = Reply.NO
    delivery_date: Day | None = None
    pregnancy_ended: Day | None = None
    breastfeeding_ended: Day | None = None
    menstruation: Menstruation | None = None
    previous_session: Day | None = None
    recent_procedures: Events = ()
    vaccinations: Events = ()
    alcohol: Events = ()
    temperature_c: Annotated[Number, Field(ge=30, le=45)] | None = None
    blood_pressure: Annotated[tuple[int, int], BeforeValidator(_pressure)] | None = None
    planned_drugs: Annotated[tuple[Drug, ...], BeforeValidator(_several)] = ()
    mixed_in_one_syringe: Flag = None
    technique: MaybeText = ""
    area: MaybeText = ""
    indication: MaybeText = ""
    protocol: MaybeText = ""
    must_ask: Annotated[tuple[Text, ...], BeforeValidator(_several)] = ()
    answers: dict[str, Reply] = {}

    @model_validator(mode="after")
    def _was_born(self) -> "Told":
        if self.birth_date and self.birth_date > self.on:
            raise Unreadable("born after the day of the session")
        return self

    @property
    def asked(self) -> frozenset[str]:
        return frozenset(self.model_fields_set)


def told(facts: object) -> Told:
    """The facts of one case; `Broken` says what cannot be read, and where."""
    if not isinstance(facts, Mapping):
        raise Broken("`facts` is missing: an object of what is known")
    if not facts.get("on"):
        raise Broken("`on` is missing: the date of the session")
    try:
        return Told.model_validate(dict(facts))
    except ValidationError as error:
        raise Broken("; ".join(_where(one) for one in error.errors()[:3])) from error


def _where(error: Any) -> str:
    place = ".".join(str(step) for step in error["loc"])
    why = str(error["msg"]).removeprefix("Value error, ")
    return f"cannot be read: {place}: {why}" if place else f"cannot be read: {why}"
