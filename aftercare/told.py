"""Words that are printed or go into a calendar: data in three languages, like all that is given."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from clinic.knowledge.entries import Words

WORDS: Mapping[str, Words] = {
    name: Words.model_validate(words)
    for name, words in tomllib.loads(
        (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    ).items()
}


def say(name: str, language: str, **values: object) -> str:
    """One of them, with what its placeholders stand for."""
    return WORDS[name].in_(language).format(**values)


def everything(language: str) -> dict[str, str]:
    """All of them by name, for a page that is printed."""
    return {name: words.in_(language) for name, words in WORDS.items()}
