"""The dates of a course."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from procedures import catalogue
from procedures.domain.schedule import (
    Band,
    CoursePlan,
    Level,
    propose,
    violations,
)

FIRST = date(2026, 3, 2)
FACE = catalogue.band("CP-FACE-GENERAL")
SCAR = catalogue.band("CP-POSTACNE-SCAR")
CALM = settings(deadline=None)  # how long it takes on a busy machine proves nothing
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
blackouts = st.lists(
    st.tuples(days, st.integers(0, 20)).map(lambda one: (one[0], one[0] + timedelta(days=one[1]))),
    max_size=4,
).map(tuple)
plans = st.builds(
    CoursePlan,
    sessions=st.integers(1, 20),
    interval_days=st.integers(1, 30),
    band=st.sampled_from([FACE, SCAR, Band()]),
    previous=st.none() | days,
    earliest=st.none() | days,
    blackouts=blackouts,
)


def _codes(plan: CoursePlan, *dates: date) -> list[tuple[str, int | None]]:
    return [(one.code, one.session) for one in violations(plan, dates)]


def _every(days_apart: int, sessions: int) -> list[date]:
    return [FIRST + timedelta(days=days_apart * number) for number in range(sessions)]


@CALM
@given(plans, days)
def test_what_is_proposed_has_no_interval_too_short_and_no_blackout(
    plan: CoursePlan, first: date
) -> None:
    dates = propose(plan, first)

    wrong = {"interval_too_short", "before_earliest_date", "in_blackout"}
    assert len(dates) == plan.sessions
    assert dates[0] >= first
    assert not wrong & {one.code for one in violations(plan, dates)}


@CALM
@given(plans, days)
def test_a_later_start_never_ends_earlier(plan: CoursePlan, first: date) -> None:
    assert propose(plan, first + timedelta(days=1))[-1] >= propose(plan, first)[-1]


def test_a_face_course_as_the_protocol_says_is_fine() -> None:
    plan = CoursePlan(sessions=6, interval_days=7, band=FACE)

    assert propose(plan, FIRST) == tuple(_every(7, 6))
    assert _codes(plan, *_every(7, 6)) == []
    assert _codes(plan, *_every(10, 6)) == []


def test_six_days_are_never_enough() -> None:
    plan = CoursePlan(sessions=5, interval_days=6, band=FACE)
    dates = [*_every(7, 4), FIRST + timedelta(days=27)]

    (violation,) = violations(plan, dates)
    assert (violation.code, violation.session) == ("interval_too_short", 5)
    assert violation.level is Level.ERROR
    assert propose(plan, FIRST) == tuple(_every(7, 5))


def test_scars_need_ten_days() -> None:
    plan = CoursePlan(sessions=10, interval_days=10, band=SCAR)

    assert _codes(plan, *_every(10, 10)) == []
    assert {code for code, _ in _codes(plan, *_every(9, 10))} == {"interval_too_short"}
    assert catalogue.band("", "ID-SCARS").floor_days == 10
    assert catalogue.band("", "ID-ACNE").floor_days == 7


def test_too_long_too_few_and_too_many_are_a_clinicians_to_accept() -> None:
    plan = CoursePlan(sessions=4, interval_days=12, band=FACE)
    found = violations(plan, _every(12, 4))

    assert {one.code for one in found} == {"too_few_sessions", "interval_too_long"}
    assert {one.level for one in found} == {Level.WARNING}
    assert ("too_many_sessions", None) in _codes(plan, *_every(7, 8))


def test_the_session_before_the_course_counts() -> None:
    plan = CoursePlan(sessions=5, interval_days=7, band=FACE, previous=FIRST - timedelta(days=3))

    assert propose(plan, FIRST)[0] == FIRST + timedelta(days=4)
    assert _codes(plan, *_every(7, 5)) == [("interval_too_short", 1)]


def test_nothing_is_proposed_before_the_screening_allows_it() -> None:
    plan = CoursePlan(sessions=5, interval_days=7, band=FACE, earliest=FIRST + timedelta(days=9))

    assert propose(plan, FIRST)[0] == FIRST + timedelta(days=9)
    assert ("before_earliest_date", 1) in _codes(plan, *_every(7, 5))


def test_holidays_move_the_rest_of_the_course_later() -> None:
    away = (FIRST + timedelta(days=7), FIRST + timedelta(days=9))
    plan = CoursePlan(sessions=3, interval_days=7, band=Band(), blackouts=(away,))

    assert propose(plan, FIRST) == (
        FIRST,
        FIRST + timedelta(days=10),
        FIRST + timedelta(days=17),
    )
    assert ("in_blackout", 2) in _codes(plan, *_every(7, 3))


def test_a_message_speaks_three_languages() -> None:
    (one,) = violations(CoursePlan(sessions=2, interval_days=7, band=Band()), _every(5, 2))

    assert "5" in str(one.message)
    assert "Сеанс 2" in one.message.in_("uk")
    assert one.message.in_("ru-RU") != one.message.in_("uk")
