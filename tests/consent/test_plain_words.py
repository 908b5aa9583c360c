"""The whole document as a patient reads it: plain, without a claim nobody can keep, and whole."""

import re
import sys
from dataclasses import replace
from html import unescape
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from django.template.loader import render_to_string

from clinic.knowledge.loader import load
from consent.content import Change, ConsentContent
from consent.text import Text, compose, latest_template
from tests.factories.consent import make_content, make_drug

pytestmark = pytest.mark.django_db
sys.modules.setdefault("pkg_resources", ModuleType("pkg_resources"))  # gone, and never used here
textstat = import_module("textstat")
LANGUAGES = ["en", "ru", "uk"]
LONG = "Оксана-Вікторія Пересада " * 8
STRANGE = ("<img src=x onerror=alert(1)>", "שלום العربية", "😀", "A condition. " * 1600)
MOST: dict[str, Any] = {
    "drugs": tuple(make_drug(n, name=f"Product{n:03}") for n in range(40)),
    "other_conditions": STRANGE,
    "price": "4 sessions at 2,000",
    "changes": (Change(block="drugs", what="Product", was="", now="Product001"),),
}
LEAST: dict[str, Any] = dict.fromkeys(
    (
        "drugs",
        "expected",
        "preparation",
        "aftercare",
        "other_conditions",
        "photo_views",
        "health",
        "allergy_tests",
        "findings",
        "overrides",
        "risks",
    ),
    (),
) | {"goal": "", "pain_relief": ""}


def text(language: str, **changes: Any) -> Text:
    content = replace(make_content(language=language), **changes)
    return compose(content, latest_template(language))


def page(said: Text) -> str:
    return render_to_string("consent/text/sections.html", {"text": said})


def prose(said: Text) -> str:
    """What is said in sentences: our wording, what may improve, what is asked of the patient."""
    words = [p for s in (*said.sections, said.statement) for p in s.paragraphs]
    words += [r.may_improve for r in said.content.expected]
    words += [r.visible_when for r in said.content.expected]
    words += [r.caveat for r in said.content.expected]
    words += [a.text for a in said.content.aftercare] + list(said.content.preparation)
    return " ".join(f"{w.rstrip('.')}." for w in words)


@pytest.mark.parametrize("indication", sorted(load().expected_results))
def test_english_is_plain_enough_for_the_eighth_grade(indication: str) -> None:
    result = load().expected_results[indication]
    expected = make_content().expected[0]
    expected = replace(
        expected,
        may_improve=result.may_improve.en,
        visible_when=result.visible_when.en,
        caveat=result.caveat.en,
    )
    said = prose(text("en", expected=(expected,), **{k: MOST[k] for k in ("price", "changes")}))
    assert textstat.flesch_kincaid_grade(said) <= 8
    assert textstat.flesch_kincaid_grade(said.replace(".", " and")) > 8  # the measure measures


def test_each_block_of_the_english_wording_is_plain() -> None:
    said = text("en", **{k: MOST[k] for k in ("price", "changes")})
    for section in (*said.sections, said.statement):
        if section.paragraphs:
            assert textstat.flesch_kincaid_grade(" ".join(section.paragraphs)) <= 8, section.key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_claim_that_is_to_be_avoided_is_in_any_document(language: str) -> None:
    said = text(language)
    words = unescape(page(said)).lower() + str(said.check).lower()
    for claim in load().claims_to_avoid.values():
        assert claim.claim.lower() not in words, claim.id
    promises = "painless|harmless|безболезн|безвредн|безболіс|нешкідлив|100 ?%|no risk|without risk"
    assert not re.search(promises, words)


@pytest.mark.parametrize("changes", [LEAST, {}, MOST], ids=["least", "usual", "most"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_drawn_with_the_least_and_the_most_it_can_hold(
    language: str, changes: dict[str, Any]
) -> None:
    said = text(language, **changes)
    html = page(replace(said, beside=text(language, **changes)))
    assert html.count("data-section") == len(said.sections)
    assert "{{" not in html
    assert "{%" not in html
    assert "<img" not in html
    for part in said.sections:
        assert part.heading in unescape(html)
    for drug in said.content.drugs:
        assert html.count(f"<h3>{drug.name}</h3>") == 2


def test_a_name_of_200_letters_and_strange_signs_stand_as_typed() -> None:
    content: ConsentContent = make_content()
    name = (LONG + LONG)[:200]
    said = text("en", patient=replace(content.patient, name=name), other_conditions=STRANGE)
    html = unescape(page(said))
    assert name in html
    assert all(words.strip() in html for words in STRANGE)
    assert "&lt;img src=x onerror=alert(1)&gt;" in page(said)
