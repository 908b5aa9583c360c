"""Rules about what is to be injected, with what, where, and into whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from procedures.domain.facts import Facts, PlannedDrug, Reply, Stated, Topic, When
from procedures.domain.findings import Finding
from procedures.domain.outcomes import Outcome
from procedures.domain.rules import Card

HOLD, CAUTION = Outcome.HOLD_FOR_DOCTOR, Outcome.CAUTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """An allergy meets a component of a planned product: it blocks the product, not the person."""

    card: Card
    spared: frozenset[str]  # allergens that another rule judges

    def look(self, facts: Facts) -> Iterator[Finding]:
        allergies = allergies_of(facts)
        for one in allergies:
            hits = [drug for drug in facts.drugs if self._meets(one, drug)]
            for drug in hits:
                yield self.card.finding(
                    Outcome.BLOCK_PRODUCT, one.text, concept=one.concept, product=drug.name
                )
            if not hits and not (one.harmless or one.rules & self.spared):
                named = one.rules != {self.card.rule}  # an allergy to nobody knows what
                outcome = CAUTION if named else HOLD
                yield self.card.finding(outcome, one.text, concept=one.concept)
        yield from self._answered(facts, named=bool(allergies or facts.unresolved))
        yield from self._tested(facts)

    def _meets(self, one: Stated, drug: PlannedDrug) -> bool:
        return bool((one.rules - self.spared) & (drug.allergens | drug.ingredients))

    def _answered(self, facts: Facts, *, named: bool) -> Iterator[Finding]:
        reply = facts.reply(self.card.rule)
        if reply is Reply.UNSURE:
            yield self.card.finding(HOLD, "answer: unsure")
        elif reply is Reply.YES:
            outcome = CAUTION if named else HOLD
            yield self.card.finding(outcome, "answer: yes")

    def _tested(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            if drug.tested_positive:
                yield self.card.finding(
                    Outcome.BLOCK_PRODUCT, "allergy test: reaction", product=drug.name
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """An allergy to what a product is made from (fish): a doctor decides, per product."""

    card: Card
    allergens: frozenset[str]

    def look(self, facts: Facts) -> Iterator[Finding]:
        reply = facts.reply(self.card.rule)
        stated = [one for one in allergies_of(facts) if one.rules & self.allergens]
        made_of = [drug for drug in facts.drugs if drug.allergens & self.allergens]
        for drug in made_of:
            for one in stated:
                yield self.card.finding(HOLD, one.text, concept=one.concept, product=drug.name)
            if reply is Reply.YES:
                yield self.card.finding(HOLD, "answer: yes", product=drug.name)
        if reply is Reply.UNSURE:
            yield self.card.finding(HOLD, "answer: unsure")
        elif not made_of:
            for one in stated:
                yield self.card.finding(CAUTION, one.text, concept=one.concept)
            if reply is Reply.YES:
                yield self.card.finding(CAUTION, "answer: yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A component that asks for something wherever it is planned."""

    card: Card
    ingredients: frozenset[str]
    outcome: Outcome

    def look(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            if found := drug.ingredients & self.ingredients:
                yield self.card.finding(self.outcome, *sorted(found), product=drug.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A product that is given alone. `flagged`: also those whose leaflet says so; `company` are
    components that count as something else when they stand in the same product."""

    card: Card
    ingredients: frozenset[str]
    outcome: Outcome
    flagged: bool = False
    company: frozenset[str] = frozenset()

    def look(self, facts: Facts) -> Iterator[Finding]:
        injected = injected_of(facts)
        for drug in injected:
            if not (drug.ingredients & self.ingredients or (self.flagged and drug.monotherapy)):
                continue
            others = sorted(one.name for one in injected if one is not drug)
            others += sorted(drug.ingredients & self.company - self.ingredients)
            if others:
                yield self.card.finding(self.outcome, *others, product=drug.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two things that must not meet, in the plan or with a medicine the patient takes."""

    card: Card
    left: frozenset[str]
    right: frozenset[str]

    def look(self, facts: Facts) -> Iterator[Finding]:
        planned = frozenset[str]().union(*(drug.ingredients for drug in facts.drugs))
        taken = {
            rule: one.text
            for one in facts.stated
            if one.topic is not Topic.ALLERGIES and one.when is When.CURRENT
            for rule in one.rules
        }
        if self._meet(planned, planned):
            yield self.card.finding(
                Outcome.BLOCK_PRODUCT_COMBINATION, *sorted(planned & (self.left | self.right))
            )
        elif self._meet(planned, frozenset(taken)):
            known = self.left | self.right
            because = [
                *sorted(planned & known),
                *(taken[one] for one in sorted(taken) if one in known),
            ]
            yield self.card.finding(Outcome.BLOCK_PRODUCT_COMBINATION, *because)

    def _meet(self, one: frozenset[str], other: frozenset[str]) -> bool:
        there = one & self.left and other & self.right
        back = one & self.right and other & self.left
        return bool(there or back)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What is not made for the skin: oil emulsions, and products with another licensed route."""

    card: Card
    ingredients: frozenset[str]

    def look(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            if drug.oil_emulsion or drug.ingredients & self.ingredients:
                yield self.card.finding(Outcome.BLOCK_PRODUCT, "oil emulsion", product=drug.name)
            elif drug.intradermal is False:
                yield self.card.finding(Outcome.BLOCK_PRODUCT, "not intradermal", product=drug.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    """Registered and in date, or not used."""

    card: Card

    def look(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            if drug.registered is False:
                yield self.card.finding(Outcome.BLOCK_PRODUCT, "not registered", product=drug.name)
            if drug.expires and drug.expires < facts.on:
                yield self.card.finding(
                    Outcome.BLOCK_PRODUCT, f"expired: {drug.expires}", product=drug.name
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """An ampoule that was opened before the day is not used."""

    card: Card

    def look(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            if drug.opened_on and drug.opened_on < facts.on:
                yield self.card.finding(
                    Outcome.BLOCK_PRODUCT, f"opened: {drug.opened_on}", product=drug.name
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Topical:
    """Usually used on the skin: injected only where the licence says intradermal."""

    card: Card
    ingredients: frozenset[str]

    def look(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            if drug.ingredients & self.ingredients and drug.intradermal is not True:
                found = sorted(drug.ingredients & self.ingredients)
                yield self.card.finding(Outcome.BLOCK_PRODUCT, *found, product=drug.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unidentified:
    """A name that nobody can identify, until its composition is entered from the leaflet."""

    card: Card
    ingredients: frozenset[str]

    def look(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            if drug.ingredients and drug.ingredients <= self.ingredients:
                yield self.card.finding(
                    Outcome.BLOCK_PRODUCT, *sorted(drug.ingredients), product=drug.name
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Several products in one syringe: only by a recipe that a doctor approved."""

    card: Card

    def look(self, facts: Facts) -> Iterator[Finding]:
        injected = injected_of(facts)
        if facts.mixed and len(injected) > 1:
            yield self.card.finding(HOLD, *sorted(drug.name for drug in injected))


@dataclass(frozen=True, slots=True, kw_only=True)
class InArea:
    """A component in a place where its concentration matters; unknown, nobody starts."""

    card: Card
    ingredients: frozenset[str]
    area: str

    def look(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            planned = drug.ingredients & self.ingredients
            if facts.area == self.area and planned:
                known = planned <= drug.concentrations
                because = f"concentration: {'known' if known else 'not known'}"
                yield self.card.finding(CAUTION if known else HOLD, because, product=drug.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTechnique:
    """A technique with a risk of its own."""

    card: Card
    techniques: frozenset[str]

    def look(self, facts: Facts) -> Iterator[Finding]:
        if facts.technique in self.techniques:
            yield self.card.finding(CAUTION, f"technique: {facts.technique}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What had to be known of a product and is not: its composition, route or registration."""

    card: Card
    what: str

    def look(self, facts: Facts) -> Iterator[Finding]:
        for drug in facts.drugs:
            if self.what in drug.unread:
                yield self.card.finding(HOLD, drug.name, product=drug.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A component the knowledge does not know, in front of somebody with an allergy."""

    card: Card

    def look(self, facts: Facts) -> Iterator[Finding]:
        of_the_plan = {
            text for drug in facts.drugs for text in (drug.name, *drug.unknown_ingredients)
        }
        if not allergies_of(facts) and of_the_plan.issuperset(facts.unresolved):
            return
        for drug in facts.drugs:
            for text in drug.unknown_ingredients:
                yield self.card.finding(HOLD, text, product=drug.name)


def allergies_of(facts: Facts) -> list[Stated]:
    """Whatever the patient reacted to, now or ever."""
    return [
        one for one in facts.stated if one.topic is Topic.ALLERGIES and one.when is not When.FAMILY
    ]


def injected_of(facts: Facts) -> list[PlannedDrug]:
    """What goes into the skin together."""
    return [drug for drug in facts.drugs if not drug.on_the_skin]
