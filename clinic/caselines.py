"""Cases from a file: one JSON object a line in, one a line out, in order. Nothing is stored.

A line that cannot be read is answered with an error and the rest goes on.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clinic.errors import Broken

logger = logging.getLogger(__name__)
Answer = Callable[[Mapping[str, Any]], dict[str, Any]]
# What may be expected of an answer beside its own keys: the rules or codes of what it lists.
SUMMED = {"rules": ("findings", "rule"), "codes": ("violations", "code")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One line out; `differences` name each expected key that came out otherwise."""

    data: Mapping[str, Any]
    differences: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The same bytes for the same data, whatever was typed."""
        text = json.dumps(self.data, ensure_ascii=False)
        return text.encode("utf-8", "backslashreplace").decode()  # half a character: as \\ud800

    @property
    def broken(self) -> bool:
        return "error" in self.data


def answer_lines(lines: Iterable[bytes], answer: Answer) -> Iterator[Answered]:
    """Each line answered; empty lines at the end are no lines."""
    empty = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            empty += 1
            continue
        for gone in range(number - empty, number):
            yield _failed(gone, None, "an empty line")
        empty = 0
        yield _answered(number, line, answer)


def _answered(number: int, line: bytes, answer: Answer) -> Answered:
    case: Any = None
    try:
        case = _read(line)
        found = answer(case)
    except Broken as error:
        return _failed(number, case, str(error))
    except Exception as error:  # one case must not keep a thousand others from their answer
        logger.exception("a case broke the program", extra={"line": number})
        return _failed(number, case, f"cannot be judged ({type(error).__name__})")
    data = {"id": _name(case, number), **found}
    return Answered(data=data, differences=_against(case.get("expected"), data))


def _read(line: bytes) -> dict[str, Any]:
    try:
        case = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Broken("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Broken(f"not JSON: {error}") from error
    if not isinstance(case, dict):
        raise Broken("not a JSON object")
    return case


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _failed(number: int, case: object, why: str) -> Answered:
    data = {"id": _name(case, number), "line": number, "error": why}
    expected = case.get("expected") if isinstance(case, dict) else None
    return Answered(data=data, differences=_against(expected, data))


def _name(case: object, number: int) -> object:
    """What the case calls itself, else the number of its line."""
    given = case.get("id") if isinstance(case, dict) else None
    return number if given is None else given


def _against(expected: object, data: Mapping[str, Any]) -> tuple[str, ...]:
    """What was expected and is not so. Only the keys that are given are compared."""
    if expected is None:
        return ()
    if not isinstance(expected, dict):
        return (f"`expected` is no object: {expected!r}",)
    pairs = [(key, wanted, _value(data, key)) for key, wanted in expected.items()]
    return tuple(
        f"{key}: expected {_short(wanted)}, found {_short(found)}"
        for key, wanted, found in pairs
        if not same(wanted, found)
    )


def _value(data: Mapping[str, Any], key: str) -> object:
    if key in SUMMED and key not in data:
        several, one = SUMMED[key]
        return sorted({item[one] for item in data.get(several, ())})
    return data.get(key)


def same(wanted: object, found: object) -> bool:
    """As expected: an object has at least these keys; the order of a list does not matter."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            same(value, found.get(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and _each(wanted, found)
    return type(wanted) is type(found) and wanted == found


def _each(wanted: list[object], found: list[object]) -> bool:
    left = list(found)
    for one in wanted:
        match = next((n for n, other in enumerate(left) if same(one, other)), None)
        if match is None:
            return False
        del left[match]
    return True


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)
