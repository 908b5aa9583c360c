"""How many slips a word may have: what is understood more, against what is understood wrongly."""

import random
import string
from collections.abc import Callable, Iterator
from typing import Any

from clinic.knowledge import codes, likeness
from clinic.knowledge.resolver import resolve
from clinic.knowledge.vocabulary import vocabulary
from clinic.knowledge.wording import stems, words

SAMPLE = 1500
LIMITS: dict[str, Callable[[int], int]] = {
    "none": lambda length: 0,
    "one letter, whatever the length": lambda length: 1,
    "one letter from 5": lambda length: int(length >= likeness.SHORTEST),
    "as shipped": likeness.slips,
    "one letter more": lambda length: likeness.slips(length) + (length >= likeness.SHORTEST),
}


def test_the_limit_for_slips_is_worth_its_false_hits(figures: dict[str, Any]) -> None:
    fires = [
        key
        for key, concepts in vocabulary().index.items()
        if any(not one.harmless for one in concepts)
    ]
    nearest = likeness.Lookalikes.of(fires)
    known, meant = set(fires), list(slipped(fires))
    ordinary = [word for word in ordinary_words() if (word,) not in known]
    print(f"\n{len(ordinary)} ordinary words, {len(meant)} slips")  # noqa: T201
    for name, limit in LIMITS.items():
        wrong = [word for word in ordinary if nearest.near(word, limit(len(word)))[:1]]
        right = sum(
            any(key == wanted for _far, key in nearest.near(typed, limit(len(typed))))
            for typed, wanted in meant
        )
        row = {
            "false_hits_percent": round(100 * len(wrong) / len(ordinary), 1),
            "slips_understood_percent": round(100 * right / len(meant), 1),
        }
        print(f"{name:34} {row}  {', '.join(wrong[:6])}")  # noqa: T201
        if name == "as shipped":
            figures.update(row)


def ordinary_words() -> list[str]:
    """The words of all official titles of diseases that the resolver itself does not know."""
    found = {
        stems(word)[0]
        for title in codes.titles()
        for word in words(title)
        if word.isalpha() and len(word) >= likeness.SHORTEST
    }
    unknown = [word for word in sorted(found) if not resolve(word).concepts or word.isascii()]
    return random.Random(3).sample(unknown, min(SAMPLE, len(unknown)))


def slipped(keys: list[tuple[str, ...]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Slips of the hand: one in short phrases, one or two in longer ones."""
    chance = random.Random(5)
    long = sorted(key for key in keys if len(" ".join(key)) >= likeness.SHORTEST)
    for key in chance.sample(long, SAMPLE):
        text = _slip(" ".join(key), chance)
        if len(text) > likeness.TWO_FROM and chance.random() < 1 / 2:
            text = _slip(text, chance)
        yield text, key


def _slip(text: str, chance: random.Random) -> str:
    """A letter left out, doubled, exchanged with the next, or another one struck."""
    n = chance.randrange(1, len(text) - 1)
    letters = string.ascii_lowercase if text.isascii() else "абвгдежзиклмнопрстуфхчшья"
    return chance.choice(
        [
            text[:n] + text[n + 1 :],
            text[:n] + text[n] + text[n:],
            text[: n - 1] + text[n] + text[n - 1] + text[n + 1 :],
            text[:n] + chance.choice(letters) + text[n + 1 :],
        ]
    )
