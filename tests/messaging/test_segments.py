"""How many SMS a text costs."""

import pytest

from clinic.messaging.segments import measure


@pytest.mark.parametrize(
    ("text", "places", "segments", "alphabet", "left"),
    [
        ("", 0, 0, "GSM-7", 160),
        ("a" * 160, 160, 1, "GSM-7", 0),
        ("a" * 161, 161, 2, "GSM-7", 145),
        ("a" * 306, 306, 2, "GSM-7", 0),
        ("a" * 307, 307, 3, "GSM-7", 152),
        ("€" * 80, 160, 1, "GSM-7", 0),
        ("я" * 70, 70, 1, "UCS-2", 0),
        ("я" * 71, 71, 2, "UCS-2", 63),
        ("a" * 69 + "’", 70, 1, "UCS-2", 0),
        ("😀" * 35, 70, 1, "UCS-2", 0),
    ],
)
def test_a_text_takes_so_many_places_and_parts(
    text: str, places: int, segments: int, alphabet: str, left: int
) -> None:
    size = measure(text)
    assert (size.places, size.segments, size.alphabet, size.left) == (
        places,
        segments,
        alphabet,
        left,
    )


def test_no_sign_is_torn_between_two_parts() -> None:
    assert measure("a" * 152 + "€" + "a" * 152).segments == 3  # 306 places, and yet no two parts
    assert measure("я" * 66 + "😀" + "я" * 66).segments == 3
