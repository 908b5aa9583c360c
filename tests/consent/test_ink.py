"""Only a line that goes somewhere is a signature, and only our own pad's strokes are ink."""

import json
from typing import Any

import pytest

from consent.ink import MOST_POINTS, MOST_STROKES, BrokenInk, Ink
from tests.factories.consent import make_ink


def ink(*strokes: list[list[float]], **changes: Any) -> Ink:
    data = {"width": 600, "height": 200, "ratio": 2, "strokes": list(strokes)}
    return Ink.from_data(data | changes)


def test_two_real_strokes_are_a_signature() -> None:
    assert make_ink().is_a_signature()


@pytest.mark.parametrize(
    "strokes",
    [
        [],
        [[]],
        [[[5, 5, 0, 0.5]]],
        [[[5, 5, n, 0.5] for n in range(50)]],
        [[[5 + n % 2, 5, n, 0.5] for n in range(500)]],
        [[[5, 5, 0, 0.5]], [[595, 195, 9, 0.5]]],
        [[[n * 5, 5, n, 0.5]] for n in range(20)],
    ],
    ids=["nothing", "empty stroke", "dot", "pressed long", "trembling", "two dots", "twenty dots"],
)
def test_nothing_dots_and_taps_are_no_signature(strokes: list[list[list[float]]]) -> None:
    assert not ink(*strokes).is_a_signature()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"width": 600, "height": 200, "ratio": 2},
        {"width": 0, "height": 200, "ratio": 2, "strokes": []},
        {"width": float("nan"), "height": 200, "ratio": 2, "strokes": []},
        {"width": "600", "height": 200, "ratio": 2, "strokes": []},
        {"width": True, "height": 200, "ratio": 2, "strokes": []},
        {"width": 600, "height": 200, "ratio": 2, "strokes": ["<svg onload=alert(1)>"]},
        {"width": 600, "height": 200, "ratio": 2, "strokes": [[[1, 2, 3]]]},
        {"width": 600, "height": 200, "ratio": 2, "strokes": [[[1e9, 2, 3, 0.5]]]},
        {"width": 600, "height": 200, "ratio": 2, "strokes": [[]] * (MOST_STROKES + 1)},
        {
            "width": 600,
            "height": 200,
            "ratio": 2,
            "strokes": [[[1, 1, 1, 0.5]] * (MOST_POINTS + 1)],
        },
    ],
)
def test_what_our_pad_never_sends_is_refused(data: object) -> None:
    with pytest.raises(BrokenInk):
        Ink.from_data(data)


def test_strokes_survive_json_and_keep_their_proportions() -> None:
    drawn = make_ink()
    assert Ink.from_data(json.loads(json.dumps(drawn.as_data()))) == drawn
    left, top, width, height = map(float, drawn.view_box().split())
    assert all(left <= p.x <= left + width and top <= p.y <= top + height for p in drawn.points)
    assert len(drawn.paths()) == 2
    assert set("".join(drawn.paths())) <= set("MQL 0123456789.-")
