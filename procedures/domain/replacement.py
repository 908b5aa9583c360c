"""Which products may stand in for one that must not be used. Facts in, names out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from procedures.domain.facts import Facts, PlannedDrug
from procedures.domain.findings import Finding
from procedures.domain.outcomes import Outcome
from procedures.domain.screening import Rulebook, screen

BLOCKS = {Outcome.BLOCK_PRODUCT, Outcome.BLOCK_PRODUCT_COMBINATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A product of the catalogue, and what it is for (indications, roles)."""

    drug: PlannedDrug
    purposes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A product that may be planned instead; `new` are findings it would bring, all mild."""

    drug: PlannedDrug
    new: tuple[Finding, ...] = ()


def replacements(
    blocked: Candidate,
    among: Iterable[Candidate],
    *,
    facts: Facts,
    rulebook: Rulebook,
    limit: int = 5,
) -> tuple[Replacement, ...]:
    """Products to choose instead of `blocked`, the best first; at most `limit`.

    `facts` are the facts of the screening that blocked it (its drugs hold `blocked.drug`, matched
    by name), `among` the products of the clinic. One is offered if it serves a purpose of the
    blocked one or shares an ingredient with it, and if, planned in its place, nothing stops the
    plan that would not stop it without either. Without new cautions first, then by shared
    purposes and ingredients, then by name.
    """
    others = tuple(one for one in facts.drugs if one.name != blocked.drug.name)
    without = _codes(screen(replace(facts, drugs=others), rulebook).findings)
    taken = {one.name for one in facts.drugs}
    found: list[tuple[tuple[int, int, str], Replacement]] = []
    for one in among:
        likeness = _likeness(blocked, one)
        if not likeness or one.drug.name in taken:
            continue
        planned = screen(replace(facts, drugs=(*others, one.drug)), rulebook).findings
        new = tuple(finding for finding in planned if finding.code not in without)
        if not any(finding.stops for finding in new):
            found.append(
                ((len(new), -likeness, one.drug.name), Replacement(drug=one.drug, new=new))
            )
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0])[:limit])


def blocked_products(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The names of the products that must not be used as planned."""
    names = {one.product for one in findings if one.outcome in BLOCKS and one.product}
    return tuple(sorted(names))


def _likeness(one: Candidate, other: Candidate) -> int:
    return len(one.purposes & other.purposes) + len(one.drug.ingredients & other.drug.ingredients)


def _codes(findings: Collection[Finding]) -> frozenset[str]:
    return frozenset(one.code for one in findings)
