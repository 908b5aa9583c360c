"""Whatever weakens any one rule, a vignette ends differently: nobody loosens a rule unnoticed."""

from dataclasses import replace

from procedures import catalogue
from procedures.domain.findings import Finding
from procedures.domain.rules import Rule
from procedures.domain.screening import Rulebook, screen
from tests.procedures.mutants import Said, mutants
from tests.procedures.vignettes import VIGNETTES

EVERYTHING = [(one, one.facts(), catalogue.rulebook(one.settings)) for one in VIGNETTES]
SAID = [[tuple(rule.look(facts)) for rule in book.rules] for _, facts, book in EVERYTHING]


def test_every_way_to_weaken_a_rule_makes_a_vignette_fail() -> None:
    made = survived = 0
    alive: list[str] = []
    for number, rule in enumerate(catalogue.rulebook({}).rules):
        weakened = _weakened(number)
        made += len(weakened)
        alive += [
            f"{type(rule).__name__} {rule.card.rule}: {how}"
            for how, cases in weakened.items()
            if not any(_noticed(case, number, mutant) for case, mutant in cases)
        ]
    survived = len(alive)

    assert alive == [], f"{survived} of {made} mutants survive"
    assert made > 500


def _weakened(number: int) -> dict[str, list[tuple[int, Rule]]]:
    """Per weakening of a rule the vignettes in which it says something, and the weakened rule."""
    found: dict[str, list[tuple[int, Rule]]] = {}
    made: dict[str, dict[str, Rule]] = {}
    for case, (_, _, book) in enumerate(EVERYTHING):
        if book.version not in made:
            made[book.version] = dict(mutants(book.rules[number]))
        for how, mutant in made[book.version].items():
            touched = found.setdefault(how, [])
            if SAID[case][number]:
                touched.append((case, mutant))
    return found


def _noticed(case: int, number: int, mutant: Rule) -> bool:
    vignette, facts, book = EVERYTHING[case]
    now = tuple(mutant.look(facts))
    if now == SAID[case][number]:
        return False
    return not vignette.holds(screen(facts, _saying(book, case, number, now)))


def _saying(book: Rulebook, case: int, number: int, now: tuple[Finding, ...]) -> Rulebook:
    """The same rulebook with one rule saying something else."""
    others = tuple(
        finding for place, said in enumerate(SAID[case]) if place != number for finding in said
    )
    return replace(book, rules=(Said(card=book.rules[number].card, findings=(*others, *now)),))
