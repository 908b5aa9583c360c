"""Rules made weaker in every way one could weaken them, to see whether a vignette notices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from procedures.domain.facts import Facts
from procedures.domain.findings import Finding
from procedures.domain.outcomes import Outcome
from procedures.domain.rules import Card, Interval, Rule

STEPS = list(Outcome)
UP = {"max_years", "raised", "from_c", "limit"}  # a higher number here is the weaker rule
LONG = 20  # a longer list is a section of the knowledge, not of one rule: only all of it at once
STRICTER = {"spared"}  # less of it makes a rule stricter


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What rules have said already."""

    card: Card
    findings: tuple[Finding, ...]

    def look(self, _facts: Facts) -> Iterator[Finding]:
        yield from self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Milder:
    """A rule whose every finding is one step milder; the mildest are gone."""

    card: Card
    rule: Rule

    def look(self, facts: Facts) -> Iterator[Finding]:
        for finding in self.rule.look(facts):
            milder = milder_than(finding.outcome)
            if milder is not None:
                yield replace(finding, outcome=milder)


def milder_than(outcome: Outcome) -> Outcome | None:
    step = STEPS.index(outcome)
    return STEPS[step - 1] if step else None


def mutants(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Each weakening of a rule with its name: dropped, milder, a shorter window, a term less."""
    yield "dropped", Said(card=rule.card, findings=())
    yield "milder", Milder(card=rule.card, rule=rule)
    for field in fields(rule):  # type: ignore[arg-type]
        value = getattr(rule, field.name)
        if field.name in STRICTER or isinstance(value, Card):
            continue
        for how, less in weaker(field.name, value):
            mutant: Rule = replace(rule, **{field.name: less})  # type: ignore[type-var]
            if not _the_same(rule, field.name, value, less):
                yield f"{field.name} {how}", mutant


def _the_same(rule: Rule, name: str, value: Any, less: Any) -> bool:
    """An interval shorter than the floor is the floor."""
    if not isinstance(rule, Interval) or not name.startswith("by_"):
        return False
    changed = [key for key in value if value[key] != less[key]]
    return all(value[key] <= rule.floor_days for key in changed)


def weaker(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What a value of a rule may be instead, so that the rule says less."""
    match value:
        case Outcome():
            milder = milder_than(value)
            yield from [("milder", milder)] if milder else []
        case Mapping():
            for key in value:
                for how, less in weaker(name, value[key]):
                    yield f"{key} {how}", {**value, key: less}
        case frozenset() | tuple():
            yield from _less(name, value)
        case _:
            yield from _smaller(name, value)


def _smaller(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case bool():
            yield from [("off", False)] if value else []
        case int():
            step = 1 if name in UP else -1
            yield f"by {step}", value + step
        case Decimal():
            yield "by 0.1", value + Decimal("0.1")
        case str() if name == "absent":
            yield "gone", None


def _less(name: str, value: frozenset[str] | tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    if value and all(isinstance(one, str) for one in value):
        yield "emptied", type(value)()
        for one in sorted(value) if len(value) <= LONG else ():
            yield f"without {one}", type(value)(other for other in value if other != one)
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            for how, less in weaker(name, one):
                yield f"{number} {how}", (*value[:number], less, *value[number + 1 :])
