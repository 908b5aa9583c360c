"""Candidates for a text that nothing matches: what starts so, contains it, or looks like it."""

from collections.abc import Collection, Iterator
from functools import lru_cache

from rapidfuzz import fuzz

from clinic.knowledge.entries import Kind
from clinic.knowledge.vocabulary import Concept, Vocabulary, vocabulary
from clinic.knowledge.wording import cyrillic, normal

ALL_KINDS = frozenset(Kind)
SIMILAR = 60.0  # per cent of rapidfuzz's ratio
SAME, BEGINS, CONTAINS = 300.0, 200.0, 150.0
REMEMBERED = 2_000


def suggest(
    text: str,
    n: int = 5,
    kinds: Collection[str] | None = None,
    *,
    among: Vocabulary | None = None,
) -> tuple[Concept, ...]:
    """The nearest concepts to choose from: what starts so, what contains it, what looks like it."""
    wanted = ALL_KINDS if kinds is None else frozenset(Kind(kind) for kind in kinds)
    return _suggest(normal(text), n, wanted, among or vocabulary())


@lru_cache(maxsize=REMEMBERED)
def _suggest(typed: str, n: int, wanted: frozenset[Kind], among: Vocabulary) -> tuple[Concept, ...]:
    if not typed:
        return ()
    spelt = tuple(dict.fromkeys((typed, " ".join(map(cyrillic, typed.split())))))
    ranked = sorted(_ranked(spelt, wanted, among), key=lambda pair: -pair[0])
    return tuple(concept for _, concept in ranked[:n])


def _ranked(
    spelt: tuple[str, ...], wanted: frozenset[Kind], among: Vocabulary
) -> Iterator[tuple[float, Concept]]:
    for concept in among.concepts:
        if concept.kind in wanted:
            score = max(likeness(typed, concept) for typed in spelt)
            if score >= SIMILAR:
                yield score, concept


def likeness(typed: str, concept: Concept) -> float:
    """How near a normalised text comes to any phrase of a concept; 0 is nothing alike."""
    return max((_alike(typed, phrase) for phrase in concept.phrases), default=0.0)


def _alike(typed: str, phrase: str) -> float:
    if typed == phrase:
        return SAME
    if phrase.startswith(typed):
        return BEGINS + 50 * len(typed) / len(phrase)
    if f" {typed}" in phrase:
        return CONTAINS
    return fuzz.ratio(typed, phrase, score_cutoff=SIMILAR)
