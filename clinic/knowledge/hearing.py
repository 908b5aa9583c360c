"""What a patient's sentence names: acts, symptoms, parts of the body; what it denies; what is new.

Whatever no word of ours explains is said to be not understood: unknown is never no.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from clinic.knowledge.entries import Saying, Symptom, Terms
from clinic.knowledge.loader import load
from clinic.knowledge.phrases import Lexicon, Match, Phrasebook, Segment, joined, segments
from clinic.knowledge.wording import listed, stem, words

NEGATIONS = listed(
    """
    no not without except instead dont doesnt didnt isnt arent wasnt havent hasnt never none nor
    не без кроме вместо нет ни никакой никакого никаких никакой
    не без крім окрім замість немає нема ні ані жодного жодної жодних ніякого ніяких
    """
)
ALMOST = listed("чуть едва мало ледь трохи")  # "чуть не упала": she nearly did
DENIED_AFTER = listed("нет немає нема none")
# What may stand between a negation and what it denies.
BETWEEN = listed(
    """
    any a an the really very much of sign signs have had has been feel feeling at all more
    going drinking using wearing doing eating getting taking to into in my
    больше никакой никакого никаких очень особо совсем признаков всякого всякой пить есть идти
    ходить пользоваться в на во
    більше дуже особливо зовсім ознак жодного жодних жодної ніякого ніяких пити їсти йти ходити
    користуватися у з
    """
)
LONGEST_BETWEEN = 3
Books = tuple[Phrasebook, ...]


class Worded(Protocol):
    """An entry that people have words for."""

    @property
    def terms(self) -> Terms: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One stretch of a sentence."""

    text: str
    words: tuple[str, ...]
    named: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    understood: bool = True


def acts(text: str, detail: str = "") -> tuple[Heard, ...]:
    """What somebody asks to do. A detail goes on where the question ended."""
    spoken = joined(segments(text), segments(detail))
    beside = len(segments(text))  # a circumstance alone is no question
    return tuple(
        _heard(one, before, (acts_book(),), (signs_book(),), strict=number < beside)
        for number, (one, before) in enumerate(_with_before(spoken))
    )


def symptoms(text: str) -> tuple[Heard, ...]:
    """What somebody notices."""
    books = (signs_book(), course_book())
    pairs = _with_before(segments(text))
    return tuple(_heard(one, before, books, (acts_book(),)) for one, before in pairs)


def regions(text: str) -> frozenset[str]:
    """The parts of the body a text names: lower-eyelid, scalp, body, face."""
    found = regions_book().matches(words(text))
    return frozenset(name for match in found for name in match.ids)


def tells_a_span(spoken: Iterable[str]) -> bool:
    """Whether a length of time is named: "three days have gone"."""
    spans = _aside("spans")
    return any(word[0].isdigit() or stem(word) in spans for word in spoken)


def says_nearly(spoken: Iterable[str]) -> bool:
    """What is nearly gone is still there."""
    return not _aside("nearly").isdisjoint(map(stem, spoken))


@cache
def acts_book() -> Phrasebook:
    return _book(load().activities)


@cache
def signs_book() -> Phrasebook:
    """What is noticed."""
    return _book({key: one for key, one in load().symptoms.items() if not _is_course(one)})


@cache
def course_book() -> Phrasebook:
    """How it goes and how bad it is; apart, because it is said with the same words."""
    return _book({key: one for key, one in load().symptoms.items() if _is_course(one)})


@cache
def regions_book() -> Phrasebook:
    return _book(load().regions)


@cache
def _aside(name: str) -> frozenset[str]:
    terms = load().asides[name].terms.all()
    return frozenset(stem(word) for term in terms for word in words(term))


@cache
def _asides() -> frozenset[str]:
    return frozenset[str](NEGATIONS).union(*map(_aside, load().asides))


@cache
def _lexicon() -> Lexicon:
    known = load()
    books = (known.activities, known.symptoms, known.regions, known.asides)
    return Lexicon(term for book in books for one in book.values() for term in one.terms.all())


def _is_course(one: Symptom) -> bool:
    return one.says is Saying.SEVERE or (not one.signs and one.says is not Saying.FINE)


def _book(entries: Mapping[str, Worded]) -> Phrasebook:
    return Phrasebook({key: tuple(one.terms.all()) for key, one in entries.items()}, _lexicon())


def _with_before(spoken: Iterable[Segment]) -> Iterable[tuple[Segment, Segment | None]]:
    before: Segment | None = None
    for one in spoken:
        yield one, before if one.continues else None
        before = one


def _heard(
    segment: Segment,
    before: Segment | None,
    books: Books,
    beside: Books,
    *,
    strict: bool = True,
) -> Heard:
    found = _found(segment, books)
    carried = before is not None and _ends_denied(before, books)
    named, denied = _sorted(segment, found, carried=carried)
    new = [word for word in segment.spoken if not _is_aside(word)]
    known = bool(found) or any(other.matches(segment.spoken) for other in beside)
    return Heard(
        text=segment.text,
        words=segment.spoken,
        named=named,
        denied=denied,
        understood=known or not new or not strict,
    )


def _found(segment: Segment, books: Books) -> tuple[Match, ...]:
    found = (match for book in books for match in book.matches(segment.spoken))
    return tuple(sorted(found, key=lambda match: match.start))


def _ends_denied(segment: Segment, books: Books) -> bool:
    """ "without sauna or steam": the second is denied as well."""
    named, denied = _sorted(segment, _found(segment, books), carried=False)
    return bool(denied) and not named


def _sorted(
    segment: Segment, found: tuple[Match, ...], *, carried: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is named, and what is denied."""
    named: dict[str, None] = {}
    denied: dict[str, None] = {}
    open_to = {n for n, word in enumerate(segment.spoken) if word in BETWEEN}
    open_to -= {place for match in found for place in match.taken}
    for match in found:
        is_denied = _is_denied(segment.spoken, match, open_to) or (carried and match is found[0])
        (denied if is_denied else named).update(dict.fromkeys(match.ids))
        if is_denied and not any(_says_how(name) for name in match.ids):
            open_to |= match.taken  # "no swelling of the tongue" denies both
    return tuple(named), tuple(one for one in denied if one not in named)


def _says_how(name: str) -> bool:
    """A word of degree or course: "not very painful" hurts."""
    symptom = load().symptoms.get(name)
    return symptom is not None and _is_course(symptom)


def _is_denied(spoken: tuple[str, ...], match: Match, open_to: Collection[int]) -> bool:
    if not _may_be_denied(match):
        return False
    first, last = match.start, max(match.taken)
    if last + 1 == len(spoken) - 1 and spoken[-1] in DENIED_AFTER:
        return True
    if any(spoken[place] in NEGATIONS for place in range(first, last) if place not in match.taken):
        return True  # "lips are not swollen"
    for place in range(first - 1, max(first - 2 - LONGEST_BETWEEN, -1), -1):
        if spoken[place] in NEGATIONS:
            return place == 0 or spoken[place - 1] not in ALMOST
        if place not in open_to:
            return False
    return False


def _may_be_denied(match: Match) -> bool:
    known = load().symptoms
    return all(name not in known or known[name].deniable for name in match.ids)


def _is_aside(word: str) -> bool:
    return len(word) == 1 or word[0].isdigit() or stem(word) in _asides()
