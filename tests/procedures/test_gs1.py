"""The code on a box says product, lot and expiry, however the scanner types it."""

from datetime import date

import pytest

from procedures.domain import gs1
from procedures.domain.gs1 import NoCode, Scan

ON = date(2026, 11, 24)
GTIN = "04012345678901"
FOUND = Scan(gtin=GTIN, lot="AB-12", expires_on=date(2027, 3, 31))


@pytest.mark.parametrize(
    "typed",
    [
        f"01{GTIN}1727033110AB-12",
        f"]d201{GTIN}1727033110AB-12",
        f"\x1d01{GTIN}10AB-12\x1d17270331",
        f"01{GTIN}10AB-12\x1d1727033121SERIAL",
        f"01{GTIN}21SERIAL\x1d1727033110AB-12\x1d",
        f"(01){GTIN}(17)270331(10)AB-12",
        f"01{GTIN}1125010117270331240X7\x1d10AB-12",
    ],
)
def test_one_box_reads_the_same_in_every_spelling(typed: str) -> None:
    assert gs1.parse(typed, on=ON) == FOUND


def test_a_day_of_zero_is_the_last_of_its_month() -> None:
    assert gs1.parse(f"01{GTIN}17280200", on=ON).expires_on == date(2028, 2, 29)


def test_two_digits_of_a_year_lie_within_half_a_century() -> None:
    assert gs1.parse(f"01{GTIN}17760101", on=ON).expires_on == date(2076, 1, 1)
    assert gs1.parse(f"01{GTIN}17770101", on=ON).expires_on == date(1977, 1, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "hello",
        "4012345678901",
        "0104012345678902",
        f"01{GTIN}17271331",
        "0104",
        "10AB-12",
        f"01{GTIN}1727",
    ],
)
def test_what_is_no_code_of_a_product_is_refused(typed: str) -> None:
    with pytest.raises(NoCode):
        gs1.parse(typed, on=ON)
