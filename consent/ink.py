"""A signature as it was drawn: strokes of points on a canvas. Standard library only.

Only strokes are taken from a browser; what is printed is drawn from them here.
"""

from dataclasses import dataclass, fields
from itertools import pairwise
from math import dist, isfinite
from typing import Any, Self

MOST_STROKES = 300
MOST_POINTS = 8000
MOST_PIXELS = 10_000
MOST_RATIO = 20
LEAST_POINTS = 6
LEAST_SHARE = 0.08  # of the canvas width: a dot, a tap or a slip of the hand is smaller
PEN = 2.4  # width of the line, in the canvas's own pixels


class BrokenInk(ValueError):
    """Not the strokes of our own signature pad."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where the pen was, when (milliseconds of the browser's clock), and how hard it pressed."""

    x: float
    y: float
    time: int
    pressure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """All strokes, with the size of the canvas in CSS pixels and the screen's pixel ratio."""

    width: float
    height: float
    ratio: float
    strokes: tuple[tuple[Point, ...], ...]

    @classmethod
    def from_data(cls, data: object) -> Self:
        """Strict about shape and size; the numbers are kept as they came."""
        if not isinstance(data, dict) or data.keys() != {"width", "height", "ratio", "strokes"}:
            raise BrokenInk("ink has width, height, ratio and strokes")
        strokes = data["strokes"]
        if not isinstance(strokes, list) or len(strokes) > MOST_STROKES:
            raise BrokenInk("ink has no more than a few hundred strokes")
        width, height, ratio = (_number(data[key]) for key in ("width", "height", "ratio"))
        if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS and 0 < ratio <= MOST_RATIO):
            raise BrokenInk("this is no size of a canvas")
        ink = cls(
            width=width, height=height, ratio=ratio, strokes=tuple(_stroke(s) for s in strokes)
        )
        if sum(len(stroke) for stroke in ink.strokes) > MOST_POINTS:
            raise BrokenInk("too many points")
        return ink

    def as_data(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "height": self.height,
            "ratio": self.ratio,
            "strokes": [[[p.x, p.y, p.time, p.pressure] for p in s] for s in self.strokes],
        }

    @property
    def points(self) -> list[Point]:
        return [point for stroke in self.strokes for point in stroke]

    def is_a_signature(self) -> bool:
        """Nothing, dots and taps are not: there must be a line that goes somewhere."""
        points = self.points
        if len(points) < LEAST_POINTS:
            return False
        least = self.width * LEAST_SHARE
        drawn = sum(dist((a.x, a.y), (b.x, b.y)) for s in self.strokes for a, b in pairwise(s))
        left, top, right, bottom = self._edges()
        return drawn >= least and dist((left, top), (right, bottom)) >= least

    def view_box(self) -> str:
        """The part of the canvas that was drawn on, with a margin, for an SVG."""
        left, top, right, bottom = self._edges()
        margin = PEN * 2
        numbers = (
            left - margin,
            top - margin,
            right - left + 2 * margin,
            bottom - top + 2 * margin,
        )
        return " ".join(f"{number:.1f}" for number in numbers)

    def paths(self) -> list[str]:
        """An SVG path per stroke: through the middles between points, as the pad itself smooths."""
        return [_path(stroke) for stroke in self.strokes if stroke]

    def _edges(self) -> tuple[float, float, float, float]:
        xs = [point.x for point in self.points]
        ys = [point.y for point in self.points]
        return min(xs), min(ys), max(xs), max(ys)


def _stroke(data: object) -> tuple[Point, ...]:
    if not isinstance(data, list):
        raise BrokenInk("a stroke is a list of points")
    return tuple(_point(item) for item in data)


def _point(data: object) -> Point:
    if not isinstance(data, list) or len(data) != len(fields(Point)):
        raise BrokenInk("a point is x, y, time, pressure")
    x, y, time, pressure = (_number(item) for item in data)
    if abs(x) > MOST_PIXELS or abs(y) > MOST_PIXELS:
        raise BrokenInk("a point lies far outside of its canvas")
    return Point(x=x, y=y, time=int(time), pressure=pressure)


def _number(data: object) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not isfinite(data):
        raise BrokenInk("not a number")
    return float(data)


def _path(stroke: tuple[Point, ...]) -> str:
    first = stroke[0]
    parts = [f"M{first.x:.1f} {first.y:.1f}"]
    for a, b in pairwise(stroke):
        parts.append(f"Q{a.x:.1f} {a.y:.1f} {(a.x + b.x) / 2:.1f} {(a.y + b.y) / 2:.1f}")
    last = stroke[-1]
    parts.append(f"L{last.x + (0 if len(stroke) > 1 else 0.1):.1f} {last.y:.1f}")
    return " ".join(parts)
