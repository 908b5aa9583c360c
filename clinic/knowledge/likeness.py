"""What looks alike: typing slips, and candidates to choose from.

How many letters may differ is a compromise that `make bench-vocabulary` measures: false hits of
ordinary words against slips that are understood. Short words are compared whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

Key = tuple[str, ...]
T = TypeVar("T")
SHORTEST = 5  # letters; "вич" is no slip of "вес"
TWO_FROM = 9
THREE_FROM = 16
HARMLESS_FROM = 7  # a slip that makes somebody harmless must be clearer than one that stops
HARMLESS_TWO_FROM = 12


def slips(length: int) -> int:
    """How many letters may differ in a word or phrase of that length that stops."""
    if length < SHORTEST:
        return 0
    return 1 + (length >= TWO_FROM) + (length >= THREE_FROM)


def harmless_slips(length: int) -> int:
    """The same where nothing would be stopped."""
    if length < HARMLESS_FROM:
        return 0
    return 1 + (length >= HARMLESS_TWO_FROM)


@dataclass(frozen=True)
class Lookalikes:
    """Phrases by length, to be searched for the nearest."""

    by_length: Mapping[int, tuple[tuple[str, ...], tuple[Key, ...]]] = field(repr=False)

    @classmethod
    def of(cls, keys: Iterable[Key]) -> "Lookalikes":
        grouped: dict[int, tuple[list[str], list[Key]]] = {}
        for key in keys:
            text = " ".join(key)
            texts, kept = grouped.setdefault(len(text), ([], []))
            texts.append(text)
            kept.append(key)
        return cls({n: (tuple(texts), tuple(kept)) for n, (texts, kept) in grouped.items()})

    def near(self, typed: str, within: int) -> list[tuple[int, Key]]:
        """Every phrase at most so many slips away, the nearest first."""
        found: list[tuple[int, Key]] = []
        for length in range(len(typed) - within, len(typed) + within + 1):
            texts, keys = self.by_length.get(length, ((), ()))
            hits = process.extract(
                typed, texts, scorer=OSA.distance, score_cutoff=within, limit=None
            )
            found += ((int(distance), keys[index]) for _, distance, index in hits)
        return sorted(found)
