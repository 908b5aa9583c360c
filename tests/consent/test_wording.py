"""The clinic's fixed words: complete in each language, plain, and without a promise."""

import re
from typing import Any

import pytest

from clinic.knowledge.loader import load
from consent.content import digest
from consent.models import ConsentTemplate, SignatureEventKind
from consent.text import ORDER, SAYS, SIGNATURE, compose, latest_template
from tests.factories.consent import make_content

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "ru", "uk"]
BEFORE_THE_SEAL = [
    "created",
    "sent",
    "opened",
    "section-reached",
    "check-answered",
    "question-asked",
    "question-answered",
    "signed",
    "further-signed",
    "countersigned",
]


def texts(language: str) -> dict[str, Any]:
    words: dict[str, Any] = latest_template(language).texts
    return words


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_block_has_a_heading_and_is_shown_once(language: str) -> None:
    blocks = texts(language)["blocks"]
    assert set(blocks) == {key for key, _part, _needs in ORDER} | {SIGNATURE}
    assert all(block["heading"] for block in blocks.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fingerprint_of_a_wording_is_of_its_words(language: str) -> None:
    for row in ConsentTemplate.objects.filter(language=language):
        assert row.sha256 == digest(row.texts)
    assert ConsentTemplate.objects.filter(language=language).count() >= 2


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
    assert set(events) == {*BEFORE_THE_SEAL, "withdrawn"}
    assert set(BEFORE_THE_SEAL) < set(SignatureEventKind.values)


def test_every_part_the_knowledge_asks_for_has_its_block_and_its_reason() -> None:
    parts = load().consent_contents
    assert parts.keys() == SAYS.keys()
    assert set(SAYS.values()) <= {key for key, _part, _needs in ORDER} | {SIGNATURE}
    assert all(part.content.en and part.source for part in parts.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_promises_what_nobody_can(language: str) -> None:
    words = str(texts(language)).lower()
    promises = "painless|harmless|безболезн|безвредн|безболіс|нешкідлив|100 ?%|no risk|without risk"
    assert not re.search(promises, words)
    for claim in load().claims_to_avoid.values():
        assert claim.claim.lower() not in words


def test_sections_without_anything_to_say_are_left_out_and_numbers_follow() -> None:
    template = latest_template("en")
    full = compose(make_content(), template)
    short = compose(make_content(preparation=(), other_conditions=()), template)
    assert {s.key for s in full.sections} - {s.key for s in short.sections} == {"before", "other"}
    assert [s.number for s in short.sections] == list(range(1, len(short.sections) + 1))
    assert short.statement.number == len(short.sections) + 1
