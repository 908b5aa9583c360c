"""Where on a drawing something was given: places in percent, and the zone that lies nearest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import dist, isfinite

Mark = tuple[float, float]
MOST_MARKS = 600
CORNERS = 3  # fewer make no zone


class BadMarks(ValueError):
    """Places that no drawing has."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a drawing by its middle, in percent of width and height."""

    code: str
    x: float
    y: float


ZONES: Mapping[str, tuple[Zone, ...]] = {
    "face": (
        Zone("forehead", 50, 24),
        Zone("between-brows", 50, 37),
        Zone("right-eye", 36, 43),
        Zone("left-eye", 64, 43),
        Zone("nose", 50, 52),
        Zone("right-cheek", 31, 59),
        Zone("left-cheek", 69, 59),
        Zone("mouth", 50, 69),
        Zone("right-jaw", 33, 75),
        Zone("left-jaw", 67, 75),
        Zone("chin", 50, 81),
    ),
    "neck": (
        Zone("neck-right", 38, 42),
        Zone("neck-middle", 50, 42),
        Zone("neck-left", 62, 42),
        Zone("decollete-right", 34, 76),
        Zone("decollete-middle", 50, 76),
        Zone("decollete-left", 66, 76),
    ),
    "hands": (
        Zone("right-hand", 27, 60),
        Zone("right-fingers", 27, 30),
        Zone("left-hand", 73, 60),
        Zone("left-fingers", 73, 30),
    ),
    "scalp": (
        Zone("scalp-front", 50, 24),
        Zone("crown", 50, 52),
        Zone("right-temple", 28, 44),
        Zone("left-temple", 72, 44),
        Zone("back-of-head", 50, 78),
    ),
    "body": (
        Zone("right-arm", 12, 38),
        Zone("abdomen", 26, 38),
        Zone("left-arm", 40, 38),
        Zone("front-of-thighs", 26, 63),
        Zone("front-of-legs", 26, 84),
        Zone("back", 74, 32),
        Zone("buttocks", 74, 50),
        Zone("back-of-thighs", 74, 64),
        Zone("back-of-legs", 74, 84),
    ),
}
DRAWING_OF: Mapping[str, str] = {
    "face": "face",
    "lower-eyelid": "face",
    "neck": "neck",
    "decollete": "neck",
    "hands": "hands",
    "scalp": "scalp",
    "body": "body",
}


def checked(marks: object, *, zone: bool) -> tuple[Mark, ...]:
    """The places as typed values, two decimals each; raises BadMarks with what is wrong."""
    if not isinstance(marks, list) or not 0 < len(marks) <= MOST_MARKS:
        raise BadMarks("between 1 and 600 places")
    found = tuple(_place(mark) for mark in marks)
    if zone and len(found) < CORNERS:
        raise BadMarks("a zone has at least three corners")
    return found


def middle(marks: Sequence[Mark]) -> Mark:
    """The mean of all places."""
    return (
        sum(x for x, _y in marks) / len(marks),
        sum(y for _x, y in marks) / len(marks),
    )


def nearest(drawing: str, marks: Sequence[Mark]) -> str:
    """Code of the zone whose middle lies nearest to the middle of these places."""
    here = middle(marks)
    return min(ZONES[drawing], key=lambda zone: dist(here, (zone.x, zone.y))).code


def _place(mark: object) -> Mark:
    if not isinstance(mark, list) or len(mark) != 2:  # noqa: PLR2004  across and down
        raise BadMarks("a place is two numbers")
    x, y = (_percent(number) for number in mark)
    return x, y


def _percent(number: object) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
        raise BadMarks("a place is two numbers")
    if not 0 <= number <= 100:  # noqa: PLR2004  percent
        raise BadMarks("a place lies on the drawing")
    return round(float(number), 2)
