"""Whether words tell somebody else about health: a phone lies on a table and is read by others."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from clinic.knowledge.vocabulary import vocabulary
from clinic.knowledge.wording import stem, words

LONGEST = 5  # words of one name


def telling(text: str) -> list[str]:
    """What in the text names an illness, a medicine, a treatment or a part of the body."""
    return list(dict.fromkeys(_found(words(text))))


def _found(spoken: tuple[str, ...]) -> Iterator[str]:
    known, stemmed = vocabulary().index, tuple(map(stem, spoken))
    for first in range(len(spoken)):
        for end in range(min(first + LONGEST, len(spoken)), first, -1):
            key = stemmed[first:end]
            if key in known or (len(key) == 1 and key[0] in _body()):
                yield " ".join(spoken[first:end])
                break


@cache
def _body() -> frozenset[str]:
    told = tomllib.loads((Path(__file__).parent / "discreet.toml").read_text(encoding="utf-8"))
    return frozenset(stem(word) for text in told.values() for word in words(text))
