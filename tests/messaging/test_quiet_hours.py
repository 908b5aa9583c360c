"""Nobody is disturbed at night, on their own clock, whatever the clock does."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.messaging.quiet_hours import next_allowed

KYIV = ZoneInfo("Europe/Kyiv")
NIGHT = {"quiet_from": time(21), "quiet_until": time(8)}
ZONES = st.sampled_from([KYIV, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), UTC])
MINUTES = st.integers(0, 2 * 365 * 24 * 60)
QUARTERS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


def kyiv(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=KYIV, fold=fold)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (kyiv(2026, 3, 4, 20, 59), kyiv(2026, 3, 4, 20, 59)),
        (kyiv(2026, 3, 4, 21, 0), kyiv(2026, 3, 5, 8, 0)),
        (kyiv(2026, 3, 4, 23, 30), kyiv(2026, 3, 5, 8, 0)),
        (kyiv(2026, 3, 5, 0, 0), kyiv(2026, 3, 5, 8, 0)),
        (kyiv(2026, 3, 5, 7, 59), kyiv(2026, 3, 5, 8, 0)),
        (kyiv(2026, 3, 5, 8, 0), kyiv(2026, 3, 5, 8, 0)),
    ],
)
def test_a_night_that_crosses_midnight(at: datetime, allowed: datetime) -> None:
    assert next_allowed(at, zone=KYIV, **NIGHT) == allowed


def test_a_siesta_inside_one_day() -> None:
    siesta = {"quiet_from": time(13), "quiet_until": time(15)}
    assert next_allowed(kyiv(2026, 3, 4, 14), zone=KYIV, **siesta) == kyiv(2026, 3, 4, 15)
    assert next_allowed(kyiv(2026, 3, 4, 16), zone=KYIV, **siesta) == kyiv(2026, 3, 4, 16)


def test_the_same_hour_twice_means_never() -> None:
    at = kyiv(2026, 3, 4, 3)
    assert next_allowed(at, zone=KYIV, quiet_from=time(0), quiet_until=time(0)) == at


def test_an_end_that_the_clocks_jump_over_lies_after_the_jump() -> None:
    end = next_allowed(
        kyiv(2026, 3, 29, 1), zone=KYIV, quiet_from=time(22), quiet_until=time(3, 30)
    )
    assert end.astimezone(KYIV).time() == time(4, 30)


def test_an_end_that_comes_twice_is_the_next_one() -> None:
    early = {"quiet_from": time(22), "quiet_until": time(3, 30)}
    first = kyiv(2026, 10, 25, 3, 10)
    second = kyiv(2026, 10, 25, 3, 10, fold=1)
    assert next_allowed(first, zone=KYIV, **early) - first == timedelta(minutes=20)
    assert next_allowed(second, zone=KYIV, **early) - second == timedelta(minutes=20)


@given(minutes=MINUTES, zone=ZONES, quiet_from=QUARTERS, quiet_until=QUARTERS)
def test_it_is_never_earlier_and_never_quiet_then(
    minutes: int, zone: ZoneInfo, quiet_from: time, quiet_until: time
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    allowed = next_allowed(at, zone=zone, quiet_from=quiet_from, quiet_until=quiet_until)
    assert at <= allowed <= at + timedelta(hours=25)
    again = next_allowed(allowed, zone=zone, quiet_from=quiet_from, quiet_until=quiet_until)
    assert again - allowed <= timedelta(hours=1)  # only the hour that comes twice is quiet twice
