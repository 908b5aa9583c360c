"""Rules about the person and the day. Each looks at the facts and says what it finds.

No rule knows another: more rules never make anybody safer, and their order never matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from procedures.domain.facts import Answer, Facts, Reply, Stated, Topic, When
from procedures.domain.findings import Cited, Finding, Words
from procedures.domain.outcomes import Outcome, OverrideKind


class Rule(Protocol):
    """Facts in, findings out."""

    @property
    def card(self) -> Card: ...

    def look(self, facts: Facts) -> Iterator[Finding]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is shown of a rule whenever it fires."""

    rule: str
    concept: str = ""
    category: str
    label: Words
    lifts_when: Words
    override: OverrideKind
    sources: tuple[Cited, ...] = ()
    basis: str = ""
    sensitive: bool = False

    def finding(
        self,
        outcome: Outcome,
        *because: str,
        concept: str = "",
        product: str = "",
        lifts_on: date | None = None,
        override: OverrideKind | None = None,
    ) -> Finding:
        return Finding(
            rule=self.rule,
            concept=concept or self.concept,
            about=(concept,) if concept else (),
            product=product,
            category=self.category,
            outcome=outcome,
            label=self.label,
            because=because,
            lifts_on=lifts_on,
            lifts_when=self.lifts_when,
            override=override or self.override,
            sources=self.sources,
            basis=self.basis,
            sensitive=self.sensitive,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A contraindication or medicine: what is answered, stated, or dated by an event.

    `names` are the rule ids whose mention in the history counts as a yes. `days` after its event
    the rule lifts by itself; without `days` only somebody's decision lifts it.
    """

    card: Card
    replies: Mapping[Reply, Outcome] = field(default_factory=lambda: MappingProxyType({}))
    names: frozenset[str] = frozenset()
    stated: Outcome | None = None
    past: Outcome | None = None
    events: tuple[str, ...] = ()
    days: int | None = None
    absent: Reply | None = None

    def look(self, facts: Facts) -> Iterator[Finding]:
        yield from self._answered(facts)
        yield from self._stated(facts)
        yield from self._happened(facts)

    def _answered(self, facts: Facts) -> Iterator[Finding]:
        answer = facts.answers.get(self.card.rule)
        if answer is None and self.absent and self.card.rule in facts.not_asked:
            answer = Answer(reply=self.absent)
        if answer is None:
            return
        outcome = self.replies.get(answer.reply)
        lifts_on = self._lifts_on(answer.day) if answer.reply is not Reply.UNSURE else None
        if answer.reply is Reply.NO and answer.day and outcome is None:
            outcome = self.replies.get(Reply.YES) if lifts_on else self.past
        if outcome and (lifts_on is None or facts.on < lifts_on):
            yield self.card.finding(outcome, _said(answer), lifts_on=lifts_on)

    def _stated(self, facts: Facts) -> Iterator[Finding]:
        for one in facts.stated:
            if self.names.isdisjoint(one.rules) or one.topic is Topic.ALLERGIES:
                continue
            when = held(one, facts.on)
            outcome = {When.CURRENT: self.stated, When.PAST: self.past}.get(when)
            if outcome:
                asks_doctor = outcome is not self.stated  # a past case: somebody has to confirm
                ends = one.until if when is When.CURRENT and self.past is None else None
                yield self.card.finding(
                    outcome,
                    one.text,
                    concept=one.concept,
                    lifts_on=ends + timedelta(days=1) if ends else None,
                    override=OverrideKind.DOCTOR_REASON if asks_doctor else None,
                )

    def _happened(self, facts: Facts) -> Iterator[Finding]:
        outcome = self.replies.get(Reply.YES)
        for event in self.events:
            lifts_on = self._lifts_on(facts.events.get(event))
            if outcome and lifts_on and facts.on < lifts_on:
                yield self.card.finding(
                    outcome, f"{event}: {facts.events[event]}", lifts_on=lifts_on
                )

    def _lifts_on(self, day: date | None) -> date | None:
        return day + timedelta(days=self.days) if day and self.days is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderAge:
    """Too young on the day of the session, whatever the day of the booking."""

    card: Card
    years: int

    def look(self, facts: Facts) -> Iterator[Finding]:
        age = facts.age_on(facts.on)
        if age is not None and age < self.years:
            yield self.card.finding(
                Outcome.BLOCK, f"age: {age}", lifts_on=birthday(facts.birth_date, self.years)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeNote:
    """What the sources advise about age: no exclusion, the practitioner states the indication."""

    card: Card
    indications: frozenset[str]
    min_years: int | None = None
    max_years: int | None = None

    def look(self, facts: Facts) -> Iterator[Finding]:
        age = facts.age_on(facts.on)
        if age is None or facts.indication not in self.indications:
            return
        too_young = self.min_years is not None and age < self.min_years
        too_old = self.max_years is not None and age > self.max_years
        if too_young or too_old:
            yield self.card.finding(Outcome.CAUTION, f"age: {age}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Days that must lie between two sessions: the protocol's, or the floor."""

    card: Card
    floor_days: int
    by_protocol: Mapping[str, int]
    by_indication: Mapping[str, int]

    def look(self, facts: Facts) -> Iterator[Finding]:
        if facts.previous_session is None:
            return
        days = self.days(facts)
        lifts_on = facts.previous_session + timedelta(days=days)
        if facts.on < lifts_on:
            because = f"previous session: {facts.previous_session}"
            yield self.card.finding(Outcome.POSTPONE, because, lifts_on=lifts_on)

    def days(self, facts: Facts) -> int:
        by_indication = self.by_indication.get(facts.indication, self.floor_days)
        return max(self.floor_days, self.by_protocol.get(facts.protocol, by_indication))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fever:
    """A measured temperature from which nobody is treated."""

    card: Card
    from_c: Decimal

    def look(self, facts: Facts) -> Iterator[Finding]:
        if facts.temperature_c is not None and facts.temperature_c >= self.from_c:
            yield self.card.finding(Outcome.POSTPONE, f"temperature: {facts.temperature_c}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """A measured blood pressure. The limit is the clinic's; unset, a raised one waits for it."""

    card: Card
    unset: Card
    limit: tuple[Decimal, Decimal] | None
    raised: tuple[int, int]

    def look(self, facts: Facts) -> Iterator[Finding]:
        measured = facts.blood_pressure
        if measured is None:
            return
        because = f"blood pressure: {measured[0]}/{measured[1]}"
        if self.limit is None:
            if measured[0] >= self.raised[0] or measured[1] >= self.raised[1]:
                yield self.unset.finding(Outcome.HOLD_FOR_DOCTOR, because)
        elif measured[0] > self.limit[0] or measured[1] > self.limit[1]:
            yield self.card.finding(Outcome.BLOCK, because)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterProcedure:
    """Another procedure before the session. How long to wait is the clinic's to set, by kind."""

    card: Card
    kind: str
    days: int | None
    unset: Card
    recent_days: int
    cosmetic: bool

    def look(self, facts: Facts) -> Iterator[Finding]:
        for one in facts.procedures:
            if one.kind == self.kind:
                yield from self._after(one.day, f"{one.what}: {one.day or '?'}", facts.on)

    def _after(self, day: date | None, because: str, on: date) -> Iterator[Finding]:
        if day is None:
            yield self.card.finding(Outcome.HOLD_FOR_DOCTOR, because)
        elif self.days is not None:
            lifts_on = day + timedelta(days=self.days)
            if on < lifts_on:
                yield self.card.finding(Outcome.HOLD_FOR_DOCTOR, because, lifts_on=lifts_on)
        elif on < day + timedelta(days=self.recent_days):
            yield self.unset.finding(Outcome.HOLD_FOR_DOCTOR, because)
            if self.cosmetic:
                yield self.card.finding(Outcome.HOLD_FOR_DOCTOR, because)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterMedicine:
    """A medicine that works on after it was stopped. How long is the clinic's to set."""

    card: Card
    names: frozenset[str]
    outcome: Outcome
    days: int | None
    unset: Card

    def look(self, facts: Facts) -> Iterator[Finding]:
        for one in facts.stated:
            when = held(one, facts.on)
            if one.topic is Topic.ALLERGIES or when is When.FAMILY or not one.rules & self.names:
                continue
            ended = one.until if when is When.PAST else None
            lifts_on = self._lifts_on(ended)
            if lifts_on is None or facts.on < lifts_on:
                yield self.card.finding(
                    self.outcome, one.text, concept=one.concept, lifts_on=lifts_on
                )
                if self.days is None:
                    yield self.unset.finding(Outcome.HOLD_FOR_DOCTOR, one.text)

    def _lifts_on(self, ended: date | None) -> date | None:
        return ended + timedelta(days=self.days) if ended and self.days is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicated:
    """An indication or technique that must not be planned, or only by a doctor."""

    card: Card
    what: str
    outcome: Outcome
    stated: bool = False  # also where it is only mentioned in the history

    def look(self, facts: Facts) -> Iterator[Finding]:
        if self.what in (facts.indication, facts.technique):
            yield self.card.finding(self.outcome, f"planned: {self.what}")
        for one in facts.stated if self.stated else ():
            if self.what in one.rules and held(one, facts.on) is When.CURRENT:
                yield self.card.finding(self.outcome, one.text, concept=one.concept)


def held(one: Stated, on: date) -> When:
    """Whether what was stated still holds on that day."""
    ended = one.until is not None and one.until < on
    long_ago = one.year is not None and one.year < on.year
    return When.PAST if one.when is When.CURRENT and (ended or long_ago) else one.when


def birthday(born: date | None, years: int) -> date | None:
    """The day on which somebody reaches that age; born on 29 February: on 1 March."""
    if born is None:
        return None
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def _said(answer: Answer) -> str:
    return f"answer: {answer.reply}, {answer.day}" if answer.day else f"answer: {answer.reply}"
