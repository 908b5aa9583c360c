"""From facts to findings: every rule looks, what was not asked and not understood holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from procedures.domain import words
from procedures.domain.changes import Change, heeded
from procedures.domain.facts import Facts
from procedures.domain.findings import (
    UNASKED,
    Finding,
    Result,
    Words,
    decide,
    earliest,
    in_order,
    merged,
)
from procedures.domain.outcomes import Outcome, OverrideKind
from procedures.domain.rules import Asked, Card, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules of the knowledge with the clinic's settings, and what its questions are called."""

    version: str
    rules: tuple[Rule, ...]
    questions: Mapping[str, Words] = field(default_factory=lambda: MappingProxyType({}))
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def answer_themselves(self) -> frozenset[str]:
        """Questions whose missing answer is a finding of their own rule."""
        return frozenset(
            rule.card.rule for rule in self.rules if isinstance(rule, Asked) and rule.absent
        )


def screen(facts: Facts, rulebook: Rulebook) -> Result:
    """What speaks against treating somebody of whom these facts are known."""
    found = in_order(merged(heeded(_everything(facts, rulebook), rulebook.changes)))
    return Result(
        decision=decide(found),
        findings=found,
        earliest_date=earliest(found),
        unresolved=tuple(sorted(set(facts.unresolved))),
    )


def _everything(facts: Facts, rulebook: Rulebook) -> Iterator[Finding]:
    for rule in rulebook.rules:
        yield from rule.look(facts)
    for key in facts.not_asked - rulebook.answer_themselves:
        yield _not_asked(key, rulebook.questions)
    for text in facts.unresolved:
        yield _unresolved(text)


def _not_asked(key: str, questions: Mapping[str, Words]) -> Finding:
    about = words.ASKED.get(key) or questions.get(key)
    label = words.NOT_ASKED
    if about:
        label = Words(
            en=f"{label.en}: {about.en}", ru=f"{label.ru}: {about.ru}", uk=f"{label.uk}: {about.uk}"
        )
    card = Card(
        rule=f"{UNASKED}{key}",
        category="caution",
        label=label,
        lifts_when=words.ASK_IT,
        override=OverrideKind.NONE,
    )
    return card.finding(Outcome.HOLD_FOR_DOCTOR, f"not asked: {key}")


def _unresolved(text: str) -> Finding:
    card = Card(
        rule=f"unresolved:{text}",
        category="caution",
        label=words.UNRESOLVED.about(text),
        lifts_when=words.CHOOSE_WORD,
        override=OverrideKind.DOCTOR_REASON,
    )
    return card.finding(Outcome.HOLD_FOR_DOCTOR, text)
