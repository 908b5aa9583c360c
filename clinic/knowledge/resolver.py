"""From what people write to what the knowledge knows: "СД2", "Eliquis 5 mg", "denies asthma".

Whatever nothing matches is unresolved and waits for a person: unknown is never no.
"""

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from clinic.knowledge.entries import Kind
from clinic.knowledge.vocabulary import Concept, Vocabulary, vocabulary
from clinic.knowledge.wording import (
    ALTERNATIVES,
    GENERIC,
    NEGATED_AFTER,
    NEGATIONS,
    carries_nothing,
    clauses,
    normal,
    stem,
    stems,
    words,
)

__all__ = ["Concept", "Resolution", "resolve", "suggest"]

ALL_KINDS = frozenset(Kind)
SIMILAR = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a text means. Not `resolved`: somebody has to look at it."""

    text: str
    concepts: tuple[Concept, ...] = ()
    negated: tuple[Concept, ...] = ()
    leftover: str = ""

    @property
    def resolved(self) -> bool:
        """A rule was named, or nothing but harmless or denied things was said."""
        fires = any(not concept.harmless for concept in self.concepts)
        return fires or (bool(self.concepts or self.negated) and not self.leftover)

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule the text touches, each once."""
        return tuple(dict.fromkeys(rule for concept in self.concepts for rule in concept.rules))


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    concepts: tuple[Concept, ...]
    generic: bool


@dataclass(frozen=True, slots=True)
class _Clause:
    """One clause: its words, and what was recognised in them, from left to right."""

    spoken: tuple[str, ...]
    matches: tuple[_Match, ...]

    def denied(self) -> frozenset[_Match]:
        """What the clause says is not so: "no diabetes or asthma", "hepatitis ruled out"."""
        found: set[_Match] = set()
        end, before = 0, False
        for match in self.matches:
            gap = self.spoken[end : match.start]
            before = not NEGATIONS.isdisjoint(gap) or (before and not ALTERNATIVES.isdisjoint(gap))
            if before:
                found.add(match)
            end = match.end
        if len(self.matches) == 1 and " ".join(self.spoken[end:]) in NEGATED_AFTER:
            found.add(self.matches[0])
        return frozenset(found)

    def leftover(self) -> list[str]:
        """The words that nothing explains."""
        covered = {n for match in self.matches for n in range(match.start, match.end)}
        rest = [word for n, word in enumerate(self.spoken) if n not in covered]
        if self.matches and " ".join(self.spoken[self.matches[-1].end :]) in NEGATED_AFTER:
            rest = rest[: -len(self.spoken[self.matches[-1].end :])]
        return [word for word in rest if not carries_nothing(word)]


def resolve(
    text: str, kinds: Collection[str] | None = None, *, among: Vocabulary | None = None
) -> Resolution:
    """Every concept of these kinds that a text names, longest phrases first.

    A denied concept counts as denied only where its clause says nothing else: "no asthma" does,
    "not well controlled hypertension" does not. A word that names no particular thing ("allergy")
    resolves nothing unless it is denied.
    """
    wanted = _kinds(kinds)
    among = among or vocabulary()
    whole = among.index.get(stems(text), ())
    if exact := tuple(concept for concept in whole if concept.kind in wanted):
        return Resolution(text=text, concepts=() if stems(text) in GENERIC else exact)
    found: dict[str, Concept] = {}
    negated: dict[str, Concept] = {}
    leftover: list[str] = []
    for part in clauses(text):
        clause = _read(words(part), wanted, among)
        rest = clause.leftover()
        denied = frozenset() if rest else clause.denied()
        for match in clause.matches:
            for concept in match.concepts:
                if match in denied:
                    negated[concept.id] = concept
                elif not match.generic:
                    found[concept.id] = concept
        leftover += rest
    return Resolution(
        text=text,
        concepts=tuple(found.values()),
        negated=tuple(concept for key, concept in negated.items() if key not in found),
        leftover=" ".join(leftover),
    )


def _kinds(kinds: Collection[str] | None) -> frozenset[Kind]:
    return ALL_KINDS if kinds is None else frozenset(Kind(kind) for kind in kinds)


def _read(spoken: tuple[str, ...], wanted: frozenset[Kind], among: Vocabulary) -> _Clause:
    roots = tuple(stem(word) for word in spoken)
    taken = [False] * len(roots)
    matches: list[_Match] = []
    for start, end in _spans(len(roots), among.longest):
        if any(taken[start:end]):
            continue
        hits = among.index.get(roots[start:end], ())
        concepts = tuple(concept for concept in hits if concept.kind in wanted)
        if concepts:
            taken[start:end] = [True] * (end - start)
            matches.append(_Match(start, end, concepts, roots[start:end] in GENERIC))
    return _Clause(spoken, tuple(sorted(matches, key=lambda match: match.start)))


def _spans(length: int, longest: int) -> Iterator[tuple[int, int]]:
    """Every stretch of words, the longest first."""
    for size in range(min(length, longest), 0, -1):
        for start in range(length - size + 1):
            yield start, start + size


def suggest(
    text: str,
    n: int = 5,
    kinds: Collection[str] | None = None,
    *,
    among: Vocabulary | None = None,
) -> tuple[Concept, ...]:
    """The nearest concepts to choose from: what starts so, what contains it, what looks like it."""
    wanted = _kinds(kinds)
    typed = normal(text)
    if not typed:
        return ()
    concepts = [one for one in (among or vocabulary()).concepts if one.kind in wanted]
    ranked = [(likeness(typed, concept), concept) for concept in concepts]
    near = [(score, one) for score, one in ranked if score >= SIMILAR]
    return tuple(one for _, one in sorted(near, key=lambda pair: -pair[0])[:n])


def likeness(typed: str, concept: Concept) -> float:
    """How near a normalised text comes to any phrase of a concept: 3 is the same, 0 nothing."""
    return max((_alike(typed, phrase) for phrase in concept.phrases), default=0.0)


def _alike(typed: str, phrase: str) -> float:
    if typed == phrase:
        return 3.0
    if phrase.startswith(typed):
        return 2.0 + len(typed) / len(phrase) / 2
    if f" {typed}" in phrase:
        return 1.5
    matcher = difflib.SequenceMatcher(None, typed, phrase, autojunk=False)
    if matcher.real_quick_ratio() < SIMILAR or matcher.quick_ratio() < SIMILAR:
        return 0.0
    return matcher.ratio()
