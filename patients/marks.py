"""What is drawn over a photo: strokes and points in ten-thousandths of its sides, each with a note.

They come from a browser as JSON, and nothing of it is believed.
"""

import json
from typing import Any

from clinic.errors import Broken

SIDE = 10_000
MOST_MARKS = 100
MOST_PLACES = 500  # of one stroke
LONGEST_NOTE = 200
LONGEST_TEXT = 400_000  # characters of JSON

Place = tuple[int, int]
Mark = dict[str, Any]


def read(text: str) -> list[Mark]:
    """Marks as they are kept, or Broken."""
    marks = _json(text)
    if len(marks) > MOST_MARKS:
        raise Broken("too many marks")
    return [_mark(one) for one in marks]


def read_pairs(text: str) -> list[Place]:
    """Two places of one photo and the same two of another, or Broken."""
    first, second, third, fourth = _four(_json(text))
    if first == second or third == fourth:
        raise Broken("two places must differ")
    return [first, second, third, fourth]


def _four(places: list[Any]) -> list[Place]:
    if len(places) != len("xyxy"):
        raise Broken("four places are needed")
    return [_place(one) for one in places]


def _json(text: str) -> list[Any]:
    if len(text) > LONGEST_TEXT:
        raise Broken("too long")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Broken("not JSON") from error
    if not isinstance(data, list):
        raise Broken("not a list")
    return data


def _mark(data: Any) -> Mark:
    if not isinstance(data, dict) or data.keys() != {"places", "note"}:
        raise Broken("not a mark")
    note, places = data["note"], data["places"]
    if not isinstance(note, str) or len(note) > LONGEST_NOTE:
        raise Broken("not a note")
    if not isinstance(places, list) or not 1 <= len(places) <= MOST_PLACES:
        raise Broken("not a stroke")
    return {"places": [list(_place(one)) for one in places], "note": note.strip()}


def _place(data: Any) -> Place:
    match data:
        case [int(x), int(y)] if 0 <= x <= SIDE and 0 <= y <= SIDE:
            return x, y
    raise Broken("not a place on the photo")
