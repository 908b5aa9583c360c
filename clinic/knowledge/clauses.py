"""One clause of what somebody wrote: what is recognised in it, and how it is meant."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from clinic.knowledge.entries import Kind
from clinic.knowledge.likeness import harmless_slips, slips
from clinic.knowledge.marks import Mark, Marked, fills
from clinic.knowledge.vocabulary import Concept, Vocabulary
from clinic.knowledge.wording import GENERIC, cyrillic, stem, words

Kinds = frozenset[Kind]
YEAR = re.compile(r"(?:19|20)\d\d")
CODE = re.compile(r"xxcode(\d+)xx")
SLIP_WORDS = 3  # a slip is looked for in at most so many words at once
LONG_ENOUGH = 3  # letters of a word that may be a slip of something harmless
NEAR_BEFORE = 2  # words between "from" and the relative
OF_THE_MOTHER = frozenset({"CI-LACTATION", "CI-POSTPARTUM", "CI-PREGNANCY"})
ENDED_BY_STOPPING = frozenset({"CI-LACTATION"})


class Sense(StrEnum):
    """How a thing that is named is meant."""

    CURRENT = "current"
    PAST = "past"
    FAMILY = "family"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Match:
    """Some words of a clause, and every concept they name."""

    start: int
    end: int
    concepts: tuple[Concept, ...]
    generic: bool = False
    code: bool = False


@dataclass(frozen=True, kw_only=True)
class Clause:
    """The words of a clause, with everything that was found in them."""

    spoken: tuple[str, ...]
    joint: str  # what joins it to the clause before: "and", ",", …
    asks: bool  # there is a question mark
    matches: tuple[Match, ...]
    marks: tuple[Marked, ...]
    vocabulary: Vocabulary = field(repr=False)

    @cached_property
    def covered(self) -> frozenset[int]:
        return frozenset(n for match in self.matches for n in range(match.start, match.end))

    @cached_property
    def marked(self) -> frozenset[int]:
        return frozenset(n for one in self.marks for n in range(one.start, one.end))

    def has(self, *marks: Mark) -> bool:
        return any(one.mark in marks for one in self.marks)

    @cached_property
    def substantial(self) -> tuple[str, ...]:
        """The words that even a denial cannot overlook."""
        return tuple(self._rest(self.vocabulary.marks.everywhere))

    @cached_property
    def unexplained(self) -> tuple[str, ...]:
        """The words that nothing explains."""
        if any(match.code for match in self.matches):  # beside it stands its title
            return () if any(match.concepts for match in self.matches) else self.spoken
        if self.has(Mark.RELATIVES) and not self.matches and self.marks[0].start <= 1:
            return ()  # whatever the mother had
        return tuple(self._rest(self.vocabulary.marks.beside_what_is_so))

    def _rest(self, among: frozenset[str]) -> Iterator[str]:
        explained = self.covered | self.marked
        for n, word in enumerate(self.spoken):
            if n not in explained and not fills(word, among):
                yield word

    @property
    def alarming(self) -> tuple[str, ...]:
        """What makes an illness that no rule names a question: "severe", "two weeks ago"."""
        return tuple(
            word
            for mark in self.marks
            if self._alarms(mark)
            for word in self.spoken[mark.start : mark.end]
        )

    def _alarms(self, mark: Marked) -> bool:
        """A denial that denies nothing ("not well controlled") alarms too."""
        if not self.matches:
            return mark.mark is Mark.ALARMS and not self.has(Mark.DENIES, Mark.DENIES_AFTER)
        illnesses = [
            match
            for match in self.matches
            if any(one.kind is Kind.CONDITION for one in match.concepts) and not self.denies(match)
        ]
        if mark.mark is Mark.DENIES:
            return any(mark.end <= match.start for match in illnesses)
        return mark.mark is Mark.ALARMS and bool(illnesses)

    @property
    def bare(self) -> bool:
        """Nothing but names: "hypertension", "or epilepsy"."""
        plain = {Mark.ALTERNATIVES, Mark.ALLERGIC}
        return bool(self.matches) and not self.substantial and self.only(*plain)

    def only(self, *marks: Mark) -> bool:
        return all(one.mark in marks for one in self.marks)

    @property
    def just_says(self) -> bool:
        """Nothing is named: it is about the clause before ("…, ruled out")."""
        return not self.matches and bool(self.marks) and not self.substantial

    def denies(self, match: Match) -> bool:
        """Whether the clause says that this is not so."""
        if self.substantial or self.has(Mark.UNCERTAIN):
            return False
        if self.asks:
            return self._denied_after()  # "diabetes? no"
        return self._denied_before(match) or self._denied_after()

    def _denied_before(self, match: Match) -> bool:
        """A denial, and between it and the match only others that it denies too."""
        starts = [m.start for m in self.marks if m.mark is Mark.DENIES and m.end <= match.start]
        if not starts:
            return False
        between = [
            one for one in self.matches if max(starts) < one.start < match.start and not one.generic
        ]
        if not between:
            return True
        last = between[-1].end
        return any(
            one.mark is Mark.ALTERNATIVES and last <= one.start < match.start for one in self.marks
        )

    def _denied_after(self) -> bool:
        last = self.matches[-1].end
        return any(one.mark is Mark.DENIES_AFTER and one.start >= last for one in self.marks)

    def is_of_somebody_else(self, concept: Concept) -> bool:
        if self.has(Mark.OWN_AFTER_ALL) or self._came_from_them():
            return False
        if self.has(Mark.RELATIVES, Mark.FAMILY_HEADING):
            return True
        return self.has(Mark.CHILDREN) and OF_THE_MOTHER.isdisjoint(concept.rules)

    def _came_from_them(self) -> bool:
        others = [one.start for one in self.marks if one.mark in {Mark.RELATIVES, Mark.CHILDREN}]
        giving = [one.end for one in self.marks if one.mark is Mark.FROM_THEM]
        return any(0 <= start - end < NEAR_BEFORE for start in others for end in giving)

    def is_over(self, concept: Concept) -> bool:
        """Whether the clause says that it is no longer so."""
        if self.has(Mark.STILL, Mark.UNCERTAIN) or self.asks:
            return False
        if self.has(Mark.OVER):
            return True
        medicine = concept.kind in {Kind.MEDICINE, Kind.INGREDIENT}
        if self.has(Mark.STOPPED):
            return medicine or not ENDED_BY_STOPPING.isdisjoint(concept.rules)
        return concept.passes and self.has(Mark.OVER_IF_IT_PASSES)

    @property
    def year(self) -> int | None:
        """The year in which it was so, where only one is named and nothing goes on since."""
        years = {int(word) for word in self.spoken if YEAR.fullmatch(word)}
        return years.pop() if len(years) == 1 and not self.has(Mark.STILL) else None

    @property
    def of_an_allergy(self) -> bool:
        """Whether it tells of a reaction to what it names, not of a medicine against one."""
        allergic = [one.start for one in self.marks if one.mark is Mark.ALLERGIC]
        against = [one.end for one in self.marks if one.mark is Mark.AGAINST]
        return any(start - 1 not in against and start not in against for start in allergic)


def read(
    text: str, joint: str, wanted: Kinds, among: Vocabulary, codes: tuple[tuple[Concept, ...], ...]
) -> Clause:
    """Longest phrases first, then slips in what is left, then how it is meant."""
    spoken = words(text)
    roots = tuple(stem(word) for word in spoken)
    taken = [False] * len(roots)
    matches = list(_coded(spoken, taken, codes))
    matches += _phrases(roots, taken, wanted, among)
    covered = frozenset(n for n, is_taken in enumerate(taken) if is_taken)
    marks = among.marks.found_in(spoken, covered)
    for one in marks:
        taken[one.start : one.end] = [True] * (one.end - one.start)
    matches += _slipped(spoken, taken, wanted, among)
    strong = [match for match in matches if roots[match.start : match.end] not in among.marks.weak]
    return Clause(
        spoken=spoken,
        joint=joint,
        asks="?" in text,
        matches=tuple(sorted(strong or matches, key=lambda match: match.start)),
        marks=marks,
        vocabulary=among,
    )


def _coded(
    spoken: tuple[str, ...], taken: list[bool], codes: tuple[tuple[Concept, ...], ...]
) -> Iterator[Match]:
    for n, word in enumerate(spoken):
        if code := CODE.fullmatch(word):
            taken[n] = True
            yield Match(n, n + 1, codes[int(code[1])], code=True)


def _phrases(
    roots: tuple[str, ...], taken: list[bool], wanted: Kinds, among: Vocabulary
) -> Iterator[Match]:
    for start, end in _spans(len(roots), among.longest):
        if any(taken[start:end]):
            continue
        key = roots[start:end]
        hits = among.index.get(key) or (
            among.any_order.get(tuple(sorted(key)), ()) if end - start > 1 else ()
        )
        concepts = tuple(concept for concept in hits if concept.kind in wanted)
        if concepts:
            taken[start:end] = [True] * (end - start)
            yield Match(start, end, concepts, generic=key in GENERIC)


def _slipped(
    spoken: tuple[str, ...], taken: list[bool], wanted: Kinds, among: Vocabulary
) -> Iterator[Match]:
    """What was typed with a slip, or in the letters of the other alphabet."""
    filler = among.marks.beside_what_is_so
    free = [not is_taken and not fills(spoken[n], filler) for n, is_taken in enumerate(taken)]
    for start, end in _spans(len(spoken), SLIP_WORDS):
        if not any(free[start:end]) or any(taken[start:end]):
            continue
        concepts = nearest(spoken[start:end], wanted, among)
        if concepts:
            taken[start:end] = [True] * (end - start)
            free[start:end] = [False] * (end - start)
            yield Match(start, end, concepts)


def nearest(spoken: tuple[str, ...], wanted: Kinds, among: Vocabulary) -> tuple[Concept, ...]:
    """What these words name but for a slip. What stops is believed sooner than what is harmless."""
    spelt = [spoken]
    if all(word.isascii() for word in spoken):
        spelt.append(tuple(cyrillic(word) for word in spoken))
        key = tuple(stem(word) for word in spelt[1])
        exact = tuple(one for one in among.index.get(key, ()) if one.kind in wanted)
        if exact:
            return exact
    for one in spelt:
        typed = " ".join(stem(word) for word in one)
        for distance, key in among.lookalikes.near(typed, slips(len(typed))):
            found = tuple(
                concept
                for concept in among.index[key]
                if concept.kind in wanted
                and (not concept.harmless or distance <= _harmless_slips(one))
            )
            if found:
                return found
    return ()


def _harmless_slips(spoken: tuple[str, ...]) -> int:
    """How far a slip may lead to something harmless; "vitamin K" is no slip of "vitamin D"."""
    if any(len(word) < LONG_ENOUGH for word in spoken):
        return 0
    return harmless_slips(len(" ".join(stem(word) for word in spoken)))


def _spans(length: int, longest: int) -> Iterator[tuple[int, int]]:
    """Every stretch of words, the longest first."""
    for size in range(min(length, longest), 0, -1):
        for start in range(length - size + 1):
            yield start, start + size
