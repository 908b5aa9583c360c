"""Words that decide how a statement is meant: denied, over, uncertain, about somebody else."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clinic.knowledge.entries import Language
from clinic.knowledge.wording import words


class Mark(StrEnum):
    """What a word or a few words say about what stands beside them; the lists of the language."""

    DENIES = "denies"
    DENIES_AFTER = "denies_after"
    ALTERNATIVES = "alternatives"
    UNCERTAIN = "uncertain"
    RELATIVES = "relatives"
    CHILDREN = "children"
    OWN_AFTER_ALL = "own_after_all"
    FROM_THEM = "from_them"
    FAMILY_HEADING = "family_heading"
    OVER = "over"
    OVER_IF_IT_PASSES = "over_if_it_passes"
    STOPPED = "stopped"
    STILL = "still"
    ALLERGIC = "allergic"
    AGAINST = "against"
    AFFIRMS = "affirms"
    ALARMS = "alarms"


@dataclass(frozen=True, slots=True)
class Marked:
    """One mark in a clause, from word to word."""

    mark: Mark
    start: int
    end: int


@dataclass(frozen=True)
class Marks:
    """Every list of the language, ready to be found in a clause."""

    by_first: Mapping[str, tuple[tuple[tuple[str, ...], frozenset[Mark]], ...]]
    nothing: frozenset[tuple[str, ...]]
    weak: frozenset[tuple[str, ...]]
    everywhere: frozenset[str]
    beside_what_is_so: frozenset[str]

    @classmethod
    def of(cls, language: Mapping[str, Language]) -> "Marks":
        phrases: dict[tuple[str, ...], set[Mark]] = {}
        for mark in Mark:
            for phrase in _phrases(language, mark.value):
                phrases.setdefault(phrase, set()).add(mark)
        by_first: dict[str, list[tuple[tuple[str, ...], frozenset[Mark]]]] = {}
        for phrase, names in sorted(phrases.items(), key=lambda item: (-len(item[0]), item[0])):
            by_first.setdefault(phrase[0], []).append((phrase, frozenset(names)))
        everywhere = _single(_phrases(language, "fills_everywhere"))
        return cls(
            by_first={first: tuple(ones) for first, ones in by_first.items()},
            nothing=frozenset(_phrases(language, "nothing")),
            weak=frozenset(_phrases(language, "weak")),
            everywhere=everywhere,
            beside_what_is_so=everywhere | _single(_phrases(language, "fills_beside_what_is_so")),
        )

    def found_in(self, spoken: tuple[str, ...], covered: frozenset[int]) -> tuple[Marked, ...]:
        """The marks of a clause, outside of what was recognised; the longest at each place."""
        found: list[Marked] = []
        end = 0
        for start in range(len(spoken)):
            if start in covered or start < end:
                continue
            for phrase, names in self.by_first.get(spoken[start], ()):
                stop = start + len(phrase)
                free = covered.isdisjoint(range(start, stop))
                if free and spoken[start:stop] == phrase:
                    found += (Marked(name, start, stop) for name in names)
                    end = stop
                    break
        return tuple(found)


def fills(word: str, among: frozenset[str]) -> bool:
    """Whether a word changes nothing: a number, a letter, or a word of these."""
    return word in among or word[0].isdigit() or len(word) == 1


def _phrases(language: Mapping[str, Language], name: str) -> Iterator[tuple[str, ...]]:
    if name in language:
        yield from filter(None, map(words, language[name].all()))


def _single(phrases: Iterable[tuple[str, ...]]) -> frozenset[str]:
    """The words of a list of fillers; of several words each counts by itself."""
    return frozenset(word for phrase in phrases for word in phrase)
