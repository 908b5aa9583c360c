"""Phone numbers, as people type them."""

import pytest

from patients import phones
from patients.phones import NoPhone


@pytest.mark.parametrize(
    "typed",
    ["+380 44 000 00 01", "044 000-00-01", "(044) 000 0001", "380440000001", "00380440000001"],
)
def test_one_number_is_one_number_however_it_is_typed(typed: str) -> None:
    assert phones.normalise(typed, "UA") == "+380440000001"


def test_a_number_with_its_country_code_needs_no_country() -> None:
    assert phones.normalise("+7 495 000-00-01") == "+74950000001"


def test_no_number_is_no_mistake() -> None:
    assert phones.normalise("  ", "UA") == ""


@pytest.mark.parametrize("typed", ["12", "call her", "+380 44", "0440000001000000"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(NoPhone):
        phones.normalise(typed, "UA")


def test_without_a_country_a_number_needs_its_code() -> None:
    with pytest.raises(NoPhone):
        phones.normalise("044 000 00 01")


@pytest.mark.parametrize(
    ("phone", "country"), [("+380440000001", "UA"), ("+49300000000", "DE"), ("044 000", "")]
)
def test_a_location_knows_its_country_by_its_phone(phone: str, country: str) -> None:
    assert phones.country_of(phone) == country


def test_a_number_is_shown_with_gaps_and_an_odd_one_as_it_is() -> None:
    assert phones.readable("+380440000001") == "+380 44 000 0001"
    assert phones.readable("?") == "?"
