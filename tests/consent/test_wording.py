"""The clinic's fixed words: complete in each language, plain, and without a promise."""

import re
from typing import Any

import pytest

from clinic.knowledge.loader import load
from consent.content import digest
from consent.models import ConsentTemplate, SignatureEventKind
from consent.text import ORDER, SIGNATURE, compose
from tests.factories.consent import make_content

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "ru", "uk"]
BEFORE_THE_SEAL = ["created", "sent", "opened", "section-reached", "signed", "countersigned"]


def texts(language: str) -> dict[str, Any]:
    words: dict[str, Any] = ConsentTemplate.objects.get(language=language, version=1).texts
    return words


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_block_has_a_heading_and_is_shown_once(language: str) -> None:
    blocks = texts(language)["blocks"]
    assert set(blocks) == {key for key, _part, _needs in ORDER} | {SIGNATURE}
    assert all(block["heading"] for block in blocks.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fingerprint_of_a_wording_is_of_its_words(language: str) -> None:
    row = ConsentTemplate.objects.get(language=language, version=1)
    assert row.sha256 == digest(row.texts)


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_every_language_says_as_much(language: str) -> None:
    english, other = texts("en"), texts(language)
    assert english["labels"].keys() == other["labels"].keys()
    for key, block in english["blocks"].items():
        assert len(block["text"]) == len(other["blocks"][key]["text"])
    assert all(re.search("[а-яіїєґ]", str(word)) for word in other["labels"].values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_before_the_seal_has_a_word_in_the_printed_evidence(language: str) -> None:
    events = texts(language)["labels"]["events"]
    assert set(events) == set(BEFORE_THE_SEAL)
    assert set(BEFORE_THE_SEAL) < set(SignatureEventKind.values)


def test_every_mandatory_part_of_the_knowledge_has_its_block() -> None:
    block_of = {
        "CC-DRUGS": "drugs",
        "CC-SESSIONS": "sessions",
        "CC-RESULTS": "results",
        "CC-AFTERCARE": "aftercare",
        "CC-DISCRETION": "other",
        "CC-PHOTO": "photos",
        "CC-METHOD": "method",
        "CC-PROSCONS": "weighing",
        "CC-RISKS": "risks",
        "CC-CONTRA-DECL": "health",
        "CC-CONTACT": "contact",
        "CC-ALLERGY-TEST": "test",
        "CC-OVERRIDES": "findings",
        "CC-WITHDRAW": "rights",
        "CC-SIGN": SIGNATURE,
    }
    mandatory = {key for key, part in load().consent_contents.items() if part.mandatory}
    assert mandatory == set(block_of)
    assert set(block_of.values()) <= {key for key, _part, _needs in ORDER} | {SIGNATURE}


def test_english_is_plain_enough_for_the_eighth_grade() -> None:
    for key, block in texts("en")["blocks"].items():
        paragraphs = block["text"]
        if paragraphs:
            assert grade(" ".join(paragraphs)) <= 8, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_promises_what_nobody_can(language: str) -> None:
    words = str(texts(language)).lower()
    promises = "painless|harmless|безболезн|безвредн|безболіс|нешкідлив|100 ?%|no risk|without risk"
    assert not re.search(promises, words)
    for claim in load().claims_to_avoid.values():
        assert claim.claim.lower() not in words


def test_sections_without_anything_to_say_are_left_out_and_numbers_follow() -> None:
    template = ConsentTemplate.objects.get(language="en", version=1)
    full = compose(make_content(), template)
    short = compose(make_content(preparation=(), other_conditions=()), template)
    assert {s.key for s in full.sections} - {s.key for s in short.sections} == {"before", "other"}
    assert [s.number for s in short.sections] == list(range(1, len(short.sections) + 1))
    assert short.statement.number == len(short.sections) + 1


def grade(text: str) -> float:
    """Flesch-Kincaid."""
    words = re.findall(r"[a-z']+", text.lower())
    sentences = len(re.findall(r"[.!?:]", text))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.removesuffix("e")))
    return max(groups, 1)
