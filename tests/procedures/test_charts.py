"""Places on a drawing are percentages, and lie in the zone that is nearest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.models import Area
from procedures.domain import charts
from procedures.domain.charts import BadMarks
from procedures.forms.charting import ZONES
from procedures.models import Drawing

percent = st.floats(min_value=0, max_value=100, allow_nan=False)


@given(marks=st.lists(st.tuples(percent, percent).map(list), min_size=3, max_size=20))
def test_every_set_of_places_lies_in_a_zone_of_every_drawing(marks: list[list[float]]) -> None:
    places = charts.checked(marks, zone=True)
    for drawing in Drawing.values:
        assert charts.nearest(drawing, places) in {zone.code for zone in charts.ZONES[drawing]}


def test_a_point_beside_the_left_cheek_is_on_the_left_cheek() -> None:
    assert charts.nearest("face", [(70.0, 60.0)]) == "left-cheek"
    assert charts.nearest("face", [(30.0, 60.0)]) == "right-cheek"


@pytest.mark.parametrize(
    "marks",
    [
        [],
        "10,20",
        None,
        [[1]],
        [[1, 2, 3]],
        [["1", "2"]],
        [[True, 2]],
        [[-0.1, 5]],
        [[5, 100.1]],
        [[float("nan"), 5]],
        [[float("inf"), 5]],
        [[1, 2]] * 601,
    ],
)
def test_what_is_no_place_is_refused(marks: object) -> None:
    with pytest.raises(BadMarks):
        charts.checked(marks, zone=False)


def test_two_corners_make_no_zone() -> None:
    with pytest.raises(BadMarks):
        charts.checked([[1, 1], [2, 2]], zone=True)
    assert charts.checked([[1, 1], [2, 2]], zone=False) == ((1.0, 1.0), (2.0, 2.0))


def test_every_zone_has_its_words_and_every_area_its_drawing() -> None:
    assert {zone.code for zones in charts.ZONES.values() for zone in zones} == set(ZONES)
    assert set(charts.ZONES) == set(Drawing.values)
    assert set(charts.DRAWING_OF) == set(Area.values)
