"""What is typed into the search box is taken apart before the database is asked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients import finding

SPRING = date(1990, 5, 17)


@pytest.mark.parametrize(
    "typed", ["1990-05-17", "17.05.1990", "17/5/1990", "17-05-1990", "17.5.90", "1990.05.17"]
)
def test_a_birth_date_is_read_in_every_common_format(typed: str) -> None:
    assert finding.read(typed).birth_dates == (SPRING,)


def test_where_day_and_month_may_be_swapped_both_are_looked_for() -> None:
    assert finding.read("5/4/1990").birth_dates == (date(1990, 4, 5), date(1990, 5, 4))
    assert finding.read("05/17/1990").birth_dates == (SPRING,)
    assert finding.read("5.4.1990").birth_dates == (date(1990, 4, 5),)


def test_two_digits_are_a_year_of_somebody_alive() -> None:
    assert finding.read("17.05.08").birth_dates == (date(2008, 5, 17),)
    assert finding.read("17.05.30").birth_dates == (date(1930, 5, 17),)


def test_a_day_that_does_not_exist_is_looked_for_nowhere() -> None:
    assert finding.read("31.02.1990") == finding.Wanted()


def test_a_name_beside_a_date_stays_a_name() -> None:
    wanted = finding.read("Testova 17.05.1990 Anna")
    assert wanted.words == ("testova", "ana")
    assert wanted.birth_dates == (SPRING,)


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("067 123 45 67", "671234567"),
        ("+380 (67) 123-45-67", "380671234567"),
        ("8 916 000-00-01", "9160000001"),
        ("4567", "4567"),
    ],
)
def test_digits_are_a_phone_without_its_trunk_prefix(typed: str, phone: str) -> None:
    assert finding.read(typed).phone == phone


def test_few_digits_may_be_a_chart_number_and_a_sign_makes_them_one() -> None:
    assert finding.read("1042").number == 1042
    assert finding.read("№ 1042") == finding.Wanted(number=1042)
    assert finding.read("#12") == finding.Wanted(number=12)
    assert finding.read("12").phone == ""


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_without_complaint(text: str) -> None:
    wanted = finding.read(text)
    assert all(word == word.strip() and word for word in wanted.words)


@given(st.text(alphabet=" .,-!?'", max_size=20))
def test_signs_alone_ask_for_nobody(text: str) -> None:
    assert not finding.read(text)
