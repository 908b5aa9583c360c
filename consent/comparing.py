"""What two wordings say differently, word by word."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

SAME, ADDED, REMOVED = "same", "added", "removed"
Blocks = Mapping[str, Mapping[str, Any]]  # heading and text, by block key


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words that stayed, came or went."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One block of one language that is not the same."""

    key: str
    heading: str
    language: str
    pieces: tuple[Piece, ...]


def differences(before: Blocks, after: Blocks, language: str) -> list[Difference]:
    """In the order of the later one; a block that only the earlier one has comes last."""
    return [
        Difference(
            key=key,
            heading=str((after.get(key) or before[key])["heading"]),
            language=language,
            pieces=tuple(pieces(_whole(before.get(key)), _whole(after.get(key)))),
        )
        for key in dict.fromkeys((*after, *before))
        if _whole(before.get(key)) != _whole(after.get(key))
    ]


def pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = (re.findall(r"\n+|[^\S\n]+|\S+", text) for text in (before, after))
    for how, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            yield Piece(kind=SAME, words="".join(new[k:m]))
            continue
        if i < j:
            yield Piece(kind=REMOVED, words="".join(old[i:j]))
        if k < m:
            yield Piece(kind=ADDED, words="".join(new[k:m]))


def _whole(block: Mapping[str, Any] | None) -> str:
    return "\n".join([block["heading"], *block["text"]]) if block else ""
