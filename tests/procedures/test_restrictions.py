"""What is forbidden until when, also over a change of the clocks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from procedures import catalogue
from procedures.domain.restrictions import Window, calendar, merged

KYIV = ZoneInfo("Europe/Kyiv")
END = datetime(2026, 12, 1, 18, 0, tzinfo=KYIV)
RULES = catalogue.restriction_rules()
CALM = settings(deadline=None)  # how long it takes on a busy machine proves nothing
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(KYIV))  # noqa: DTZ001


def _windows(ended_at: datetime, area: str = "face") -> dict[str, Window]:
    return {one.rule: one for one in calendar(RULES, ended_at=ended_at, area=area)}


def _local(moment: datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(KYIV).strftime("%m-%d %H:%M")


def test_a_session_that_ends_on_1_december_at_six() -> None:
    windows = _windows(END)

    assert _local(windows["RX-WASH"].until) == "12-02 18:00"
    for rule in ("RX-TOUCH", "RX-SPORT", "RX-ALCOHOL", "RX-TAP-WATER", "RX-HOT-BATH"):
        assert _local(windows[rule].until) == "12-08 18:00"
        assert _local(windows[rule].release_from) == "12-05 18:00"
    assert _local(windows["RX-SUN"].until) == "12-11 18:00"
    assert _local(windows["RX-OTHER-PROC"].until) == "12-11 18:00"
    for rule in ("RX-HEAT-SAUNA", "RX-SOLARIUM"):
        assert _local(windows[rule].until) == "12-15 18:00"
        assert windows[rule].release_from is None


def test_the_next_session_moves_the_sauna_and_the_sun_bed() -> None:
    second = END + timedelta(days=7)
    windows = [
        *calendar(RULES, ended_at=END, area="face"),
        *calendar(RULES, ended_at=second, area="face"),
    ]

    joined = {one.rule: one for one in merged(windows)}

    assert _local(joined["RX-HEAT-SAUNA"].until) == "12-22 18:00"
    assert _local(joined["RX-HEAT-SAUNA"].starts_at) == "12-01 18:00"
    assert len([one for one in merged(windows) if one.rule == "RX-WASH"]) == 2
    (alcohol,) = [one for one in merged(windows) if one.rule == "RX-ALCOHOL"]  # they touch
    assert (_local(alcohol.starts_at), _local(alcohol.until)) == ("12-01 18:00", "12-15 18:00")


def test_tap_water_is_forbidden_where_no_washing_ends() -> None:
    windows = _windows(END)

    assert windows["RX-TAP-WATER"].starts_at == windows["RX-WASH"].until


def test_sunglasses_are_for_the_eyelids() -> None:
    assert "RX-SUNGLASSES" in _windows(END, "lower-eyelid")
    assert "RX-SUNGLASSES" not in _windows(END, "scalp")


def test_what_the_knowledge_withholds_or_says_of_the_day_before_is_not_in_it() -> None:
    assert not {"RX-PROTEIN", "RX-ALCOHOL-BEFORE"} & set(_windows(END))


def test_24_hours_are_24_hours_when_the_clocks_change() -> None:
    spring = datetime(2026, 3, 28, 18, 0, tzinfo=KYIV)
    autumn = datetime(2026, 10, 24, 18, 0, tzinfo=KYIV)

    assert _local(_windows(spring)["RX-WASH"].until) == "03-29 19:00"
    assert _local(_windows(autumn)["RX-WASH"].until) == "10-25 17:00"


@CALM
@given(moments)
def test_every_window_is_as_long_as_its_rule_whatever_the_clock_does(ended_at: datetime) -> None:
    windows = _windows(ended_at)
    for rule in RULES:
        if rule.id in windows:
            window = windows[rule.id]
            hours = timedelta(hours=rule.until_hours - rule.from_hours)
            assert window.until - window.starts_at == hours
            assert window.starts_at >= ended_at.astimezone(UTC)
            if window.release_from is not None:
                assert window.starts_at <= window.release_from <= window.until


@CALM
@given(st.lists(moments, min_size=1, max_size=4))
def test_merged_windows_of_one_rule_never_overlap_and_lose_no_moment(ends: list[datetime]) -> None:
    windows = [one for end in ends for one in calendar(RULES, ended_at=end, area="face")]
    joined = merged(windows)
    for one in windows:
        assert any(
            kept.rule == one.rule and kept.starts_at <= one.starts_at and kept.until >= one.until
            for kept in joined
        )
    for rule in {one.rule for one in joined}:
        runs = sorted((one.starts_at, one.until) for one in joined if one.rule == rule)
        assert all(first[1] < then[0] for first, then in pairwise(runs))
    assert merged(reversed(windows)) == joined
