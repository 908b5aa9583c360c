"""What exactly a patient agrees to, as a value with two fingerprints. Standard library only.

Built by whoever knows the treatment; here nobody knows of plans. Words are in the language that is
signed, ids and numbers are the same in every language.
"""

import hashlib
import json
from dataclasses import Field, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Self, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

ACTIVE = "active"
LATER = "later"  # a field that older documents do not have: left out of the data where it is empty


class BrokenContent(ValueError):
    """Data that is not a consent's content: a key too few or too many, or of the wrong kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Who treats, and whom to call."""

    name: str
    legal_name: str
    licence: str
    address: str
    phone: str
    urgent_phone: str
    emergency_number: str
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The patient, as the document names them."""

    name: str
    birth_date: date
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A thing with an id that never changes and its words in the language of the document."""

    id: str
    label: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """One line of a leaflet, as printed on it: the same in every language."""

    name: str
    role: str  # active, or else an excipient
    concentration: str = ""
    notable: bool = field(default=False, metadata={LATER: True})  # people react to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """A product by name with its whole composition, and the volume meant for one session."""

    id: str
    name: str
    maker: str
    registration: str
    purpose: str
    volume_ml: Decimal
    ingredients: tuple[Ingredient, ...]

    @property
    def active(self) -> tuple[Ingredient, ...]:
        return tuple(item for item in self.ingredients if item.role == ACTIVE)

    @property
    def excipients(self) -> tuple[Ingredient, ...]:
        """Whatever is not active: nothing of a leaflet is left out."""
        return tuple(item for item in self.ingredients if item.role != ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """How many, how far apart, and when, as far as they are booked."""

    count: int
    interval_days: int
    booked: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What may improve, when it shows, and why it is no promise."""

    may_improve: str
    visible_when: str
    caveat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A harm that may come, and how often where a source says so."""

    id: str
    label: str
    frequency: str
    of_this_plan: bool = (
        False  # because of these products, this area or this patient: printed first
    )
    kind: str = field(default="", metadata={LATER: True})  # as aftercare knows it
    lasts: str = field(default="", metadata={LATER: True})  # in words, where a source says


@dataclass(frozen=True, slots=True, kw_only=True)
class AftercareItem:
    """What is forbidden, why, for how long after each session, and until when after the first."""

    id: str
    text: str
    why: str = ""
    allowed: str = ""
    period: str = ""  # in words: "for 14 days"
    until: datetime | None = None  # after session 1, where that one is booked
    asked: bool = field(default=False, metadata={LATER: True})  # the check of understanding asks it


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAnswer:
    """A question and what the patient answered."""

    id: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the screening found, in its own words."""

    rule: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideTerm:
    """A doctor decided against a finding, with this reason."""

    rule: str
    label: str
    reason: str
    doctor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyTestTerm:
    """A trial on the skin and what came of it."""

    product: str
    result: str
    read_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is other than in the document before; an empty side was not there."""

    block: str  # the section in which it stands
    what: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentContent:
    """Everything a consent says about one plan of one patient; the fixed words are a template's."""

    language: str
    clinic: Clinic
    patient: Person
    practitioner: str
    indication: Named
    goal: str
    technique: Named
    area: Named
    pain_relief: str
    drugs: tuple[Drug, ...]
    sessions: SessionTerms
    expected: tuple[Expected, ...]
    risks: tuple[Risk, ...]
    preparation: tuple[str, ...]
    aftercare: tuple[AftercareItem, ...]
    other_conditions: tuple[str, ...]
    photo_views: tuple[str, ...]
    health: tuple[HealthAnswer, ...]
    allergy_test_required: bool
    allergy_tests: tuple[AllergyTestTerm, ...]
    findings: tuple[Finding, ...]
    overrides: tuple[OverrideTerm, ...]
    knowledge: str  # version of the rules its words come from
    price: str = field(default="", metadata={LATER: True})  # one line, where the clinic uses it
    changes: tuple[Change, ...] = field(default=(), metadata={LATER: True})

    @property
    def risks_in_order(self) -> tuple[Risk, ...]:
        """Those of this plan first; otherwise as the knowledge lists them."""
        return tuple(sorted(self.risks, key=lambda risk: not risk.of_this_plan))

    def as_data(self) -> dict[str, Any]:
        """Plain JSON: no other value gives the same, and `from_data` gives this value back."""
        data: dict[str, Any] = _plain(self)
        return data

    @classmethod
    def from_data(cls, data: object) -> Self:
        """Strict: what was signed is read back exactly or not at all."""
        content: Self = _read(cls, data, cls.__name__)
        return content

    def sha256(self) -> str:
        """Of every word and number."""
        return digest(self.as_data())

    def terms(self) -> dict[str, Any]:
        """What must equal the plan for the consent to cover it; the same in every language."""
        return {
            "drugs": sorted((_drug_terms(drug) for drug in self.drugs), key=lambda d: str(d["id"])),
            "sessions": self.sessions.count,
            "interval_days": self.sessions.interval_days,
            "technique": self.technique.id,
            "area": self.area.id,
            "indication": self.indication.id,
            "pain_relief": self.pain_relief,
            "overrides": sorted([term.rule, term.reason] for term in self.overrides),
        }

    def terms_sha256(self) -> str:
        return digest(self.terms())


def digest(data: object) -> str:
    """SHA-256 of the canonical JSON: sorted keys, no spaces, UTF-8."""
    return digest_of_bytes(canonical(data))


def digest_of_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical(data: object) -> bytes:
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def document_sha256(content: ConsentContent, *, wording_sha256: str, beside: str = "") -> str:
    """Of the whole text a patient sees: the content, the fixed wording around it, and, where it
    stands in a second language beside it, that text's own fingerprint."""
    parts = {"content": content.sha256(), "wording": wording_sha256}
    return digest(parts | ({"beside": beside} if beside else {}))


def _drug_terms(drug: Drug) -> dict[str, Any]:
    return {
        "id": drug.id,
        "name": drug.name,
        "volume_ml": _number(drug.volume_ml),
        "ingredients": sorted([i.name, i.role, i.concentration] for i in drug.ingredients),
    }


def _number(value: Decimal) -> str:
    """2, 2.0 and 2.00 are the same volume."""
    return f"{value.normalize():f}"


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        said = {one.name: getattr(value, one.name) for one in fields(value) if _says(one, value)}
        return {name: _plain(inner) for name, inner in said.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return value


def _says(one: "Field[Any]", value: object) -> bool:
    """An empty field of later days is left out: what was signed before keeps its fingerprint."""
    return not one.metadata.get(LATER) or getattr(value, one.name) != one.default


def _read(kind: Any, data: Any, place: str) -> Any:
    if get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise BrokenContent(f"{place} is no list")
        return tuple(_read(get_args(kind)[0], item, place) for item in data)
    if isinstance(kind, UnionType):
        inner = next(option for option in get_args(kind) if option is not NoneType)
        return None if data is None else _read(inner, data, place)
    if is_dataclass(kind):
        return _read_fields(kind, data, place)
    return _read_value(kind, data, place)


def _read_fields(kind: Any, data: Any, place: str) -> Any:
    hints = get_type_hints(kind)
    later = {one.name for one in fields(kind) if one.metadata.get(LATER)}
    if not isinstance(data, dict) or not hints.keys() - later <= data.keys() <= hints.keys():
        raise BrokenContent(f"{place} has other keys than {', '.join(hints)}")
    return kind(**{key: _read(hints[key], inner, f"{place}.{key}") for key, inner in data.items()})


def _read_value(kind: Any, data: Any, place: str) -> Any:
    written = str if kind in {Decimal, date, datetime} else kind
    if type(data) is not written:
        raise BrokenContent(f"{place} is no {kind.__name__}")
    try:
        return kind.fromisoformat(data) if kind in {date, datetime} else kind(data)
    except ArithmeticError as error:
        raise BrokenContent(f"{place} is no number") from error
