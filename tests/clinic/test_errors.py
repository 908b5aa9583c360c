"""What a refusal says at the desk: its facts are filled in, and days are written as people do."""

from datetime import UTC, date, datetime

import pytest
from django.utils.translation import override

from clinic.errors import ClinicError


class TooEarly(ClinicError):
    code = "too-early"
    text = "Number %(number)s: not before %(day)s."


@pytest.mark.parametrize(
    ("language", "day"),
    [("en", "3 November 2026"), ("ru", "3 ноября 2026"), ("uk", "3 листопада 2026")],
)
def test_a_day_is_written_in_the_language_of_the_reader(language: str, day: str) -> None:
    with override(language):
        assert str(TooEarly(number=2, day=date(2026, 11, 3))) == f"Number 2: not before {day}."


def test_a_moment_is_left_to_whoever_knows_its_place() -> None:
    at = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
    assert str(at) in str(TooEarly(number=2, day=at))


def test_a_sentence_without_facts_may_hold_a_per_cent_sign() -> None:
    assert str(type("Full", (ClinicError,), {"text": "100 % booked"})()) == "100 % booked"
