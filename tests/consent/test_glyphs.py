"""What our fonts cannot print is named before anybody signs."""

import pytest

from consent import glyphs


@pytest.mark.parametrize(
    "text",
    [
        "Plain",
        "Жанна Щербакова",
        "Ґалаґан Їжак",
        "Łódź, Ñandú",
        "Ελένη",
        "רות דמיונית",
        "فاطمة خيالية",
        "≥ 18",
    ],
)
def test_names_of_our_patients_can_be_printed(text: str) -> None:
    assert glyphs.missing(text) == []


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("Ann😀", "😀"),
        ("李", "李"),
        ("a\u202eb", "\u202e"),
        ("a\x00b", "\x00"),
        ("a\ue000", "\ue000"),
    ],
)
def test_what_has_no_glyph_or_cannot_be_seen_is_found_anywhere(text: str, character: str) -> None:
    assert glyphs.missing({"deep": [("x", {"er": text})]}) == [character]


def test_a_person_can_find_the_character_by_its_name() -> None:
    assert glyphs.named(["😀"]) == "😀 (U+1F600, grinning face)"
    assert glyphs.named(["\u202e"]) == "(U+202E, right-to-left override)"
    assert glyphs.named([chr(0x4E00 + n) for n in range(20)]).endswith(", …")
