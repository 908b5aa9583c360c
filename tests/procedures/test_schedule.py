"""The dates of a course: judged, and proposed so that nothing is wrong with them."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from procedures import catalogue
from procedures.catalogue.courses import bans
from procedures.domain.course import Band, Birth, CoursePlan, Level, Planned, months_after
from procedures.domain.dates import earliest, evenly
from procedures.domain.schedule import violations

FIRST = date(2026, 3, 2)
FACE = catalogue.band("CP-FACE-GENERAL")
SCAR = catalogue.band("CP-POSTACNE-SCAR")
HAIR = catalogue.band("CP-HAIR")
BARE = Band(floor_days=7)
CALM = settings(deadline=None, max_examples=60)  # the time it takes on a busy machine is nothing
days = st.dates(date(2026, 1, 1), date(2026, 6, 30))
periods = st.tuples(days, st.integers(0, 20)).map(
    lambda one: (one[0], one[0] + timedelta(days=one[1]))
)
planned = st.builds(Planned, ban=st.sampled_from(list(bans().values())), days=periods)
births = st.builds(Birth, on=days, rest_days=st.just(42))


some_periods = st.lists(periods, max_size=3).map(tuple)
plans = st.builds(
    CoursePlan,
    sessions=st.integers(1, 10),
    interval_days=st.integers(1, 15),
    band=st.sampled_from([FACE, SCAR, HAIR, BARE]),
    previous=st.none() | days,
    ended=st.none() | days,
    earliest=st.none() | days,
    blackouts=some_periods,
    bleeding=some_periods,
    planned=st.lists(planned, max_size=2).map(tuple),
    birth=st.none() | births,
)


def _codes(plan: CoursePlan, *dates: date) -> list[tuple[str, int | None]]:
    return [(one.code, one.session) for one in violations(plan, dates)]


def _every(days_apart: int, sessions: int) -> list[date]:
    return [FIRST + timedelta(days=days_apart * number) for number in range(sessions)]


@CALM
@given(plans, days)
def test_what_is_proposed_breaks_no_rule(plan: CoursePlan, first: date) -> None:
    dates = earliest(plan, first)

    if dates is None:  # no date mends the number of sessions
        low, high = plan.band.sessions_min or 0, plan.band.sessions_max or plan.sessions
        assert not low <= plan.sessions <= high
    else:
        assert len(dates) == plan.sessions
        assert dates[0] >= first
        assert violations(plan, dates) == ()


@CALM
@given(plans, days)
def test_nothing_starts_earlier_than_what_is_proposed(plan: CoursePlan, first: date) -> None:
    dates = earliest(plan, first)

    if dates and dates[0] > first:
        again = earliest(plan, dates[0] - timedelta(days=1))
        assert again is not None
        assert again[0] == dates[0]


@CALM
@given(plans, days)
def test_a_course_asked_for_in_order_stays_as_it_was_asked_for(
    plan: CoursePlan, first: date
) -> None:
    dates = evenly(first, plan.sessions, plan.interval_days)

    if not violations(plan, dates):
        assert earliest(plan, first) == dates


def test_a_face_course_as_the_protocol_says_is_fine() -> None:
    plan = CoursePlan(sessions=6, interval_days=7, band=FACE)

    assert earliest(plan, FIRST) == tuple(_every(7, 6))
    assert _codes(plan, *_every(7, 6)) == []
    assert _codes(plan, *_every(10, 6)) == []


def test_six_days_are_never_enough() -> None:
    plan = CoursePlan(sessions=5, interval_days=6, band=FACE)
    dates = [*_every(7, 4), FIRST + timedelta(days=27)]

    (violation,) = violations(plan, dates)
    assert (violation.code, violation.session) == ("interval_too_short", 5)
    assert violation.level is Level.ERROR
    assert earliest(plan, FIRST) == tuple(_every(7, 5))


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


def test_the_session_before_the_course_counts() -> None:
    plan = CoursePlan(sessions=5, interval_days=7, band=FACE, previous=FIRST - timedelta(days=3))

    assert (earliest(plan, FIRST) or ())[0] == FIRST + timedelta(days=4)
    assert _codes(plan, *_every(7, 5)) == [("interval_too_short", 1)]


def test_nothing_is_proposed_before_the_screening_allows_it() -> None:
    plan = CoursePlan(sessions=5, interval_days=7, band=FACE, earliest=FIRST + timedelta(days=9))

    assert (earliest(plan, FIRST) or ())[0] == FIRST + timedelta(days=9)
    assert ("before_earliest_date", 1) in _codes(plan, *_every(7, 5))


def test_months_end_with_the_shorter_month() -> None:
    assert months_after(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert months_after(date(2023, 8, 31), 6) == date(2024, 2, 29)
    assert months_after(date(2025, 12, 15), 1) == date(2026, 1, 15)


def test_a_message_speaks_three_languages() -> None:
    plan = CoursePlan(sessions=2, interval_days=7, band=BARE)

    (one,) = violations(plan, _every(5, 2))
    assert "5" in str(one.message)
    assert "Сеанс 2" in one.message.in_("uk")
    assert one.message.in_("ru-RU") != one.message.in_("uk")
