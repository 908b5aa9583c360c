"""What looks like a promise is marked in every language, and plain English is told from hard."""

import pytest

from clinic.knowledge.loader import load
from consent import proofreading
from consent.proofreading import grade, promises, syllables
from tests.consent.test_plain_words import textstat


@pytest.mark.parametrize(
    ("language", "words", "claim"),
    [
        ("en", "It is PAINLESS.", "CL-PAINLESS"),
        ("en", "There are no age\n limits here", "CL-NO-AGE"),
        ("en", "It is non-hazardous", "CL-FEW-CONTRA"),
        ("en", "Ozone therapy effects last", "CL-OZONE"),
        ("ru", "Это безболезненная процедура", "CL-PAINLESS"),
        ("ru", "Она заменяет операцию", "CL-REPLACES-SURGERY"),
        ("uk", "Це нешкідливо", "CL-FEW-CONTRA"),
        ("uk", "Ми гарантуємо вам", "CL-COMPLETE-AVOID"),
    ],
)
def test_a_promise_is_found_with_its_claim(language: str, words: str, claim: str) -> None:
    assert claim in {one.claim.id for one in promises(words, language)}


def test_plain_words_are_no_promise() -> None:
    assert promises("It may hurt. Ask us at any time.", "en") == []
    assert promises("Уколы могут быть болезненными.", "ru") == []


def test_every_claim_of_the_file_is_one_of_the_knowledge() -> None:
    for language in ("en", "ru", "uk"):
        assert proofreading._words(language).keys() <= load().claims_to_avoid.keys()
    assert proofreading._words("en").keys() == load().claims_to_avoid.keys()


@pytest.mark.parametrize(
    ("word", "count"),
    [("skin", 1), ("needle", 2), ("treatment", 2), ("face", 1), ("medicine", 3), ("the", 1)],
)
def test_syllables_are_counted_about_right(word: str, count: int) -> None:
    assert syllables(word) == count


PLAIN = "You may ask at any time. We tell you what we do. It may hurt a bit. Then we stop. " * 3
HARD = (
    "Notwithstanding the aforementioned contraindications, practitioners individually determine "
    "the appropriateness of intradermal administration following comprehensive evaluation. "
) * 3


def test_the_grade_tells_plain_from_hard_and_agrees_with_another_program() -> None:
    plain, hard = grade(PLAIN), grade(HARD)
    assert plain is not None
    assert hard is not None
    assert plain < 4
    assert hard > 16
    for text, own in ((PLAIN, plain), (HARD, hard)):
        assert abs(textstat.flesch_kincaid_grade(text) - own) < 2.5
    assert grade("Too short to tell.") is None
