"""What a text of the clinic promises that nobody can keep, and how hard its English is to read."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clinic.knowledge.entries import Claim
from clinic.knowledge.loader import load

FILE = Path(__file__).resolve().parent / "wording" / "promises.toml"
PLAIN = 8.0  # the grade at school up to which English counts as plain
FEW_WORDS = 20  # of fewer a grade says nothing
VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?<=[^aeiouyl])e(s|d)?$|(?<=[^aeiouy])es$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Words of a text, and the claim of which they are a part."""

    words: str
    claim: Claim


def promises(text: str, language: str) -> list[Promise]:
    """The claims that are to be avoided, as far as they are found in this text."""
    said = " ".join(text.lower().split())
    return [
        Promise(words=words, claim=load().claims_to_avoid[claim])
        for claim, every in _words(language).items()
        for words in every
        if re.search(rf"(?<!\w){re.escape(words)}", said)
    ]


@cache
def _words(language: str) -> dict[str, tuple[str, ...]]:
    """As the file says them; in English also as the knowledge does."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = {claim: tuple(words[language]) for claim, words in data.items()}
    if language == "en":
        for key, claim in load().claims_to_avoid.items():
            parts = tuple(part.strip().lower() for part in claim.claim.split(";"))
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), *parts)))
    return found


def grade(text: str) -> float | None:
    """Flesch-Kincaid grade of an English text; None where it is too short to tell."""
    words = re.findall(r"[a-z’']+", text.lower())
    if len(words) < FEW_WORDS:
        return None
    sentences = max(1, len(re.findall(r"[.!?](?=\s|$)", text)))
    spoken = sum(syllables(word) for word in words)
    return round(0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59, 1)


def syllables(word: str) -> int:
    """About: groups of vowels, without an e that nobody hears."""
    return max(1, len(VOWELS.findall(SILENT.sub("", word.strip("’'")))))
