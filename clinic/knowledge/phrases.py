"""Phrases in a free text: any order, a word or two between them, endings and slips forgiven."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from clinic.knowledge.wording import listed, stem, words

GAP = 2  # so many other words may stand inside a phrase
STAR = "*"
SLIP_FROM = 5  # shorter words are taken as they stand
WRONG_LETTER_FROM = 7  # in a shorter word only a lost, doubled or swapped letter is a slip
TWO_SLIPS_FROM = 8
SENTENCES = re.compile(r"[,;:!?()\n…\"«»]|(?<!\d)\.|\.(?!\d)|\s[-–—]\s")
ALTERNATIVES = listed("or nor или либо ни або чи ані")
CONJUNCTIONS = ALTERNATIVES | listed(
    "and but then plus while also yet и но а потом затем зато та й і але потім проте"
)
WITHOUT = re.compile(r"\bw/o\b", re.I)


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two marks or conjunctions. `continues`: it goes on with "or"."""

    text: str
    spoken: tuple[str, ...]
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that was found: where it begins, the words it took, and what it names."""

    start: int
    taken: frozenset[int]
    ids: tuple[str, ...]


Pattern = tuple[str, ...]


def segments(text: str) -> tuple[Segment, ...]:
    """What is said one after the other."""
    return tuple(_segments(WITHOUT.sub("without", text)))


def joined(first: Iterable[Segment], then: Iterable[Segment]) -> tuple[Segment, ...]:
    """A second text that goes on where the first ended: "shower", "but a hot one"."""
    head, tail = tuple(first), tuple(then)
    if not head or not tail:
        return (*head, *tail)
    last, rest = head[-1], tail[0]
    middle = Segment(f"{last.text} {rest.text}", (*last.spoken, *rest.spoken), last.continues)
    return (*head[:-1], middle, *tail[1:])


def _segments(text: str) -> Iterator[Segment]:
    for sentence in SENTENCES.split(text):
        begun: list[str] = []
        continues = False
        for word in sentence.split():
            plain = word.casefold().strip("-–—'’")
            if plain not in CONJUNCTIONS:
                begun.append(word)
                continue
            yield from _segment(begun, continues=continues)
            begun, continues = [], plain in ALTERNATIVES
        yield from _segment(begun, continues=continues)


def _segment(begun: list[str], *, continues: bool) -> Iterator[Segment]:
    text = " ".join(begun)
    if spoken := words(text):
        yield Segment(text, spoken, continues)


class Lexicon:
    """Every word that is right as it stands, whichever book it belongs to."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._words = frozenset(word for phrase in phrases for word in _pattern(phrase))

    def __contains__(self, word: str) -> bool:
        return any(one in self._words for one in _spellings(word))


class Phrasebook:
    """What phrases name. A shorter phrase that stands whole inside a longer one says nothing."""

    def __init__(self, phrases: Mapping[str, Iterable[str]], known: Lexicon) -> None:
        found: dict[Pattern, dict[str, None]] = {}
        for key, texts in phrases.items():
            for text in texts:
                found.setdefault(_pattern(text), {})[key] = None
        self.patterns = {pattern: tuple(ids) for pattern, ids in found.items() if pattern}
        self.known = known  # right as they stand: no slips

    @cached_property
    def _using(self) -> Mapping[str, tuple[Pattern, ...]]:
        """By each word, the phrases in which it stands."""
        using: dict[str, list[Pattern]] = {}
        for pattern in self.patterns:
            for word in set(pattern):
                using.setdefault(word, []).append(pattern)
        return {word: tuple(patterns) for word, patterns in using.items()}

    @cached_property
    def _by_length(self) -> Mapping[tuple[int, bool], list[str]]:
        """Words in which a slip is forgiven, by length, those with a star apart."""
        found: dict[tuple[int, bool], list[str]] = {}
        for word in self._using:
            plain = word.removesuffix(STAR)
            if len(plain) >= SLIP_FROM:
                found.setdefault((len(plain), plain != word), []).append(word)
        return found

    def matches(self, spoken: tuple[str, ...]) -> tuple[Match, ...]:
        """Every phrase of a segment, from left to right."""
        meant = [self._meant(word) for word in spoken]
        patterns = {one for names in meant for name in names for one in self._using[name]}
        found: list[Match] = []
        for pattern in sorted(patterns, key=_weight, reverse=True):
            for where in _places(pattern, meant):
                if not any(where <= match.taken for match in found):
                    found.append(Match(min(where), where, self.patterns[pattern]))
        return tuple(sorted(found, key=lambda match: match.start))

    def _meant(self, word: str) -> frozenset[str]:
        """The words of phrases that a spoken word stands for."""
        exact = {one for one in _spellings(word) if one in self._using}
        if exact or word in self.known or len(word) < SLIP_FROM or word[0].isdigit():
            return frozenset(exact)
        return frozenset(self._slips(word))

    def _slips(self, word: str) -> Iterator[str]:
        for (length, starred), names in self._by_length.items():
            allowed = 2 if min(len(word) - 1, length - starred) >= TWO_SLIPS_FROM else 1
            cuts = {word[: length + more] for more in (-1, 0, 1)} if starred else {stem(word)}
            for cut in cuts:
                if abs(len(cut) - length) > allowed:
                    continue
                near = process.extract(
                    cut, names, scorer=OSA.distance, processor=_plain, score_cutoff=allowed
                )
                yield from (name for name, _far, _at in near if _is_slip(cut, _plain(name)))


def _spellings(word: str) -> Iterator[str]:
    """How a phrase may have it: as a stem, or as its beginning with a star."""
    yield stem(word)
    yield from (f"{word[:end]}{STAR}" for end in range(2, len(word) + 1))


def _is_slip(typed: str, meant: str) -> bool:
    """Whether somebody who types this may have meant that: "suana", not "speak" for "steak"."""
    if typed[0] != meant[0]:
        return False
    if len(meant) >= WRONG_LETTER_FROM or len(typed) != len(meant):
        return True
    return sorted(typed) == sorted(meant)


def _plain(word: str) -> str:
    return word.removesuffix(STAR)


def _pattern(text: str) -> Pattern:
    """Words as stems; those with a star as they stand."""
    parts: list[str] = []
    for piece in text.split():
        if piece.endswith(STAR):
            *before, last = words(piece.removesuffix(STAR))
            parts += [*(stem(word) for word in before), last + STAR]
        else:
            parts += [stem(word) for word in words(piece)]
    return tuple(parts)


def _weight(pattern: Pattern) -> tuple[int, int, Pattern]:
    return len(pattern), sum(map(len, pattern)), pattern


def _places(pattern: Pattern, meant: list[frozenset[str]]) -> Iterator[frozenset[int]]:
    """Every place where all words of a phrase stand near each other."""
    reach = len(pattern) + (GAP if len(pattern) > 1 else 0)
    for start, names in enumerate(meant):
        if not names.isdisjoint(pattern):
            where = _near(pattern, meant, range(start, min(start + reach, len(meant))))
            if where is not None:
                yield where


def _near(pattern: Pattern, meant: list[frozenset[str]], places: range) -> frozenset[int] | None:
    used: set[int] = set()
    for word in pattern:
        place = next((n for n in places if n not in used and word in meant[n]), None)
        if place is None:
            return None
        used.add(place)
    return frozenset(used)
