"""What speaks against a treatment, in words with sources, and what follows from all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

from procedures.domain.outcomes import Decision, Outcome, OverrideKind

GRAVITY = {outcome: number for number, outcome in enumerate(Outcome)}
REFUSES = {Outcome.BLOCK, Outcome.BLOCK_PRODUCT, Outcome.BLOCK_PRODUCT_COMBINATION}
CODE_LENGTH = 16
UNASKED = "not-asked:"  # how the rule of a question without an answer begins
DEFERS = {Outcome.HOLD_FOR_DOCTOR, Outcome.POSTPONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One text in the three languages a patient may read."""

    en: str
    ru: str
    uk: str

    def in_(self, language: str) -> str:
        """The text in this language; English where we do not speak it."""
        return {"ru": self.ru, "uk": self.uk}.get(language[:2], self.en)

    def __str__(self) -> str:
        return self.en

    def about(self, what: str) -> Words:
        """The same words with what they are about."""
        return Words(en=f"{self.en}: {what}", ru=f"{self.ru}: {what}", uk=f"{self.uk}: {what}")

    def as_data(self) -> dict[str, str]:
        return {"en": self.en, "ru": self.ru, "uk": self.uk}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """Where a rule is stated: an article and, where it can be named, its line."""

    file: str
    line: int | None

    def as_data(self) -> dict[str, str | int | None]:
        return {"file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason not to treat, not yet, not with this product, or not without a doctor."""

    rule: str
    concept: str = ""
    about: tuple[str, ...] = ()  # every stated concept it rests on
    product: str = ""
    category: str
    outcome: Outcome
    label: Words
    because: tuple[str, ...]
    lifts_on: date | None = None
    lifts_when: Words
    override: OverrideKind
    sources: tuple[Cited, ...] = ()
    basis: str = ""
    sensitive: bool = False

    @property
    def code(self) -> str:
        """What an override names: this product, these answers and statements, none made later.

        It stands in addresses and records, so it tells nobody what it is about.
        """
        facts = (self.rule, self.product, self.outcome.value, *self.about, *self.because)
        return sha256("\n".join(facts).encode()).hexdigest()[:CODE_LENGTH]

    @property
    def stops(self) -> bool:
        return self.outcome is not Outcome.CAUTION

    @property
    def of_the_day(self) -> bool:
        """It passes by itself and is asked again on the day of each session."""
        return self.category == "temporary"

    def as_data(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "rule": self.rule,
            "concept": self.concept,
            "about": list(self.about),
            "product": self.product,
            "category": self.category,
            "outcome": self.outcome.value,
            "label": self.label.as_data(),
            "because": list(self.because),
            "lifts_on": self.lifts_on.isoformat() if self.lifts_on else None,
            "lifts_when": self.lifts_when.as_data(),
            "override": self.override.value,
            "sources": [source.as_data() for source in self.sources],
            "basis": self.basis,
            "sensitive": self.sensitive,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Finding:
        """The finding as it was stored."""
        return cls(
            rule=data["rule"],
            concept=data["concept"],
            about=tuple(data["about"]),
            product=data["product"],
            category=data["category"],
            outcome=Outcome(data["outcome"]),
            label=Words(**data["label"]),
            because=tuple(data["because"]),
            lifts_on=date.fromisoformat(data["lifts_on"]) if data["lifts_on"] else None,
            lifts_when=Words(**data["lifts_when"]),
            override=OverrideKind(data["override"]),
            sources=tuple(Cited(**source) for source in data["sources"]),
            basis=data["basis"],
            sensitive=data["sensitive"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one screening says. `earliest_date` is null when free now, or when nobody can say."""

    decision: Decision
    findings: tuple[Finding, ...]
    earliest_date: date | None
    unresolved: tuple[str, ...]


def decide(findings: Iterable[Finding]) -> Decision:
    """The strictest wins."""
    outcomes = {finding.outcome for finding in findings}
    if outcomes & REFUSES:
        return Decision.REFUSE
    if outcomes & DEFERS:
        return Decision.DEFER
    return Decision.PROCEED_WITH_CAUTION if outcomes else Decision.PROCEED


def earliest(findings: Iterable[Finding]) -> date | None:
    """The day on which the last stopping finding lifts; null as soon as one has no day."""
    days = [finding.lifts_on for finding in findings if finding.stops]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding per rule and product: the gravest outcome, every reason, the latest day."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.product), []).append(finding)
    return tuple(_one_of(group) for group in groups.values())


def _one_of(group: list[Finding]) -> Finding:
    if len(group) == 1 and len(group[0].because) == 1:
        return group[0]
    days = [one.lifts_on for one in group]
    known = [day for day in days if day is not None]
    about = sorted({concept for one in group for concept in one.about})
    return replace(
        max(group, key=lambda one: GRAVITY[one.outcome]),
        concept=about[0] if about else min(one.concept for one in group),
        about=tuple(about),
        because=tuple(sorted({reason for one in group for reason in one.because})),
        lifts_on=max(known) if len(known) == len(days) else None,
    )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Gravest first, then by rule; never by the order in which facts were told."""
    return tuple(
        sorted(
            findings,
            key=lambda one: (-GRAVITY[one.outcome], one.rule, one.product),
        )
    )
