"""Which characters our fonts can print; asked before a patient signs, never after."""

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.ROOT) / "static" / "vendor" / "fonts"
BLANK = frozenset("\n\r\t ")
INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})  # controls, direction marks, unassigned
MOST_NAMED = 8


@cache
def printable() -> frozenset[str]:
    """All characters of all bundled fonts."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415  half a second, for who prints alone

    found: set[str] = set()
    for path in sorted(FOLDER.glob("*.ttf")):
        with TTFont(path, lazy=True) as font:
            found |= {chr(code) for code in font.getBestCmap()}
    if not found:
        raise RuntimeError("there are no fonts: run make setup")
    return frozenset(found)


def missing(data: object) -> list[str]:
    """The characters anywhere in these words that cannot be printed, each once."""
    used = set("".join(_strings(data))) - BLANK
    return sorted(c for c in used if c not in printable() or unicodedata.category(c) in INVISIBLE)


def named(characters: list[str]) -> str:
    """For a person to find them: the sign, its code, its name."""
    names = [_name(character) for character in characters[:MOST_NAMED]]
    return ", ".join(names) + (", …" if len(characters) > MOST_NAMED else "")


def _name(character: str) -> str:
    shown = "" if unicodedata.category(character) in INVISIBLE else f"{character} "
    name = unicodedata.name(character, "without a name").lower()
    return f"{shown}(U+{ord(character):04X}, {name})"


def _strings(data: object) -> Iterable[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _strings(value)
    elif isinstance(data, list | tuple):
        for item in data:
            yield from _strings(item)
