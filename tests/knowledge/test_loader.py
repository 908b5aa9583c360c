"""A typo must never disarm a rule: what is not exactly right is refused, with file and line."""

from dataclasses import FrozenInstanceError

import pytest
from pydantic import ValidationError

from clinic.knowledge.loader import Knowledge, load
from tests.knowledge.conftest import Copy

REPRODUCTIVE = "contraindications/reproductive.toml"
BROKEN = {
    "a misspelt key": (REPRODUCTIVE, 'override = "none"', 'overide = "none"', "Extra inputs"),
    "a misspelt outcome": (REPRODUCTIVE, 'yes = "block"', 'yes = "blokc"', "'block'"),
    "a number as text": ("restrictions/life.toml", "until_days = 7", 'until_days = "7"', "integer"),
    "a number without its unit": (
        "restrictions/life.toml",
        "until_days = 7",
        "until = 7",
        "until: Extra inputs",
    ),
    "a truth as text": ("consent_contents/contents.toml", "= true", '= "true"', "boolean"),
    "no source": (
        "gaps/gaps.toml",
        'source = ["002:356"]',
        "source = []",
        "an entry without a source",
    ),
    "a source that is no place": ("gaps/gaps.toml", '"002:356"', '"2:356"', "is no source"),
    "a source of an unknown article": (
        "gaps/gaps.toml",
        '"002:356"',
        '"009:1"',
        "article 009 is not in sources.toml",
    ),
    "an empty text": (
        REPRODUCTIVE,
        'label.ru = "Беременность (любой триместр)"',
        'label.ru = ""',
        "at least 1 character",
    ),
    "a rule that can never fire": (
        REPRODUCTIVE,
        '{ yes = "block", unsure = "hold_for_doctor", no = "pass" }',
        '{ yes = "pass", unsure = "pass", no = "pass" }',
        "can never fire",
    ),
    "unsure that passes": (REPRODUCTIVE, 'unsure = "hold_for_doctor"', 'unsure = "pass"', "unsure"),
    "no moment to be asked": (
        REPRODUCTIVE,
        'recheck = ["intake", "session"]',
        "recheck = []",
        "names no moment",
    ),
    "a lift rule without its date": (
        REPRODUCTIVE,
        'event = "delivery_date", days = 42',
        'event = "delivery_date"',
        "needs `days`",
    ),
    "a rule that clears with nothing": (
        REPRODUCTIVE,
        'and_clear = ["CI-POSTPARTUM"]',
        'and_clear = ["CI-POSTPARTUN"]',
        "CI-POSTPARTUN is no entry of contraindications",
    ),
    "a conflict that is not there": (
        REPRODUCTIVE,
        '"CF-PREGNANCY-T1"',
        '"CF-PREGNANCY-T2"',
        "CF-PREGNANCY-T2 is no entry of conflicts",
    ),
    "an allergen without its ingredient": (
        "allergens/excipients.toml",
        '"ING-SULPHITE"',
        '"ING-SULFITE"',
        "ING-SULFITE is no entry of ingredients",
    ),
    "an ingredient without its allergen": (
        "ingredients/excipients.toml",
        '"AL-SULPHITE"',
        '"AL-SULFITE"',
        "AL-SULFITE is no entry of allergens",
    ),
    "a medicine without its contraindication": (
        "medicines/clotting.toml",
        '"CI-HEPARIN"',
        '"CI-HEPARINE"',
        "CI-HEPARINE is no entry of contraindications",
    ),
    "a protocol without its indication": (
        "protocols/clinic.toml",
        '"ID-AGEING"',
        '"ID-AGING"',
        "ID-AGING is no entry of indications",
    ),
    "a reminder about nothing": (
        "reminders/variants.toml",
        '"RX-SUNGLASSES"',
        '"RX-GLASSES"',
        "RX-GLASSES is no entry of the knowledge",
    ),
    "a reminder that sends nothing": (
        "reminders/second_week.toml",
        "send = false",
        "send = true",
        "`send` and `message` belong together",
    ),
    "a recipe whose anaesthetic is not in it": (
        "recipes/recorded.toml",
        'anaesthetic = "ING-PROCAINE"',
        'anaesthetic = "ING-LIDOCAINE"',
        "ING-LIDOCAINE is no ingredient of this recipe",
    ),
    "two ends of one window": (
        "restrictions/life.toml",
        "until_hours = 168",
        "until_hours = 240",
        "two different ends",
    ),
    "a range that runs backwards": (
        "protocols/clinic.toml",
        "sessions_max = 7",
        "sessions_max = 4",
        "runs backwards",
    ),
    "an unknown question group": (
        REPRODUCTIVE,
        'group = "reproductive"',
        'group = "reproduction"',
        "no group of the questionnaire",
    ),
    "a setting without its unit": (
        "clinic_settings.toml",
        'unit = { en = "mmHg", ru = "мм рт. ст.", uk = "мм рт. ст." }\n',
        "",
        "needs a `unit`",
    ),
    "a unit in one language": (
        "clinic_settings.toml",
        'unit = { en = "mmHg", ru = "мм рт. ст.", uk = "мм рт. ст." }\n',
        'unit = { en = "mmHg" }\n',
        "ru: Field required",
    ),
    "a setting without its gap": (
        "clinic_settings.toml",
        'gap = "GAP-BP"',
        'gap = "GAP-PB"',
        "GAP-PB is no entry of gaps",
    ),
    "a synonym of nothing": (
        "vocabulary/synonyms/conditions.toml",
        "[CI-PREGNANCY]",
        "[CI-PREGNANCIES]",
        "no rule that can be named",
    ),
    "a harmless thing that claims a clinical fact": (
        "vocabulary/harmless/operations.toml",
        'basis = "terminology"',
        'basis = "seed"',
        "basis",
    ),
    "a rule that calls itself terminology": (
        REPRODUCTIVE,
        'basis = "seed"',
        'basis = "terminology"',
        "terminology is for words",
    ),
    "a date where a text belongs": (
        "gaps/gaps.toml",
        'area = "screening"',
        "area = 2026-01-01",
        "no date or time here",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_refused_with_file_and_line(
    copy: Copy, file: str, old: str, new: str, reason: str
) -> None:
    line = copy.line_of(file, old.partition("\n")[0])
    copy.edit(file, old, new)
    problem = copy.refusal().problems[0]
    assert problem.file == file
    assert reason in problem.reason
    assert 0 <= line - problem.line <= 30, f"line {line} is reported as {problem.line}"


def test_the_line_is_the_line_of_the_key(copy: Copy) -> None:
    copy.edit("restrictions/heat_and_sun.toml", "until_hours = 336", 'until_hours = "336"')
    expected = copy.line_of("restrictions/heat_and_sun.toml", 'until_hours = "336"')
    assert str(copy.refusal()).startswith(
        f"restrictions/heat_and_sun.toml:{expected}: RX-HEAT-SAUNA: until_hours: "
    )


def test_a_file_that_is_no_toml_is_refused_with_its_line(copy: Copy) -> None:
    copy.edit(REPRODUCTIVE, 'kind = "condition"', 'kind = "condition')
    problem = copy.refusal().problems[0]
    assert problem.file == REPRODUCTIVE
    assert problem.line == copy.line_of(REPRODUCTIVE, 'kind = "condition')


def test_an_id_that_stands_twice_is_refused_and_both_places_are_named(copy: Copy) -> None:
    copy.edit("contraindications/blood.toml", "[CI-HEPARIN]", "[CI-PREGNANCY]")
    error = copy.refusal()
    assert error.problems[0].file == REPRODUCTIVE
    assert "this id stands already in contraindications/blood.toml:" in str(error)


def test_an_id_is_unique_across_sections(copy: Copy) -> None:
    copy.edit("gaps/gaps.toml", "[GAP-LAB]", "[CI-PREGNANCY]")
    assert "this id stands already in contraindications/reproductive.toml:" in str(copy.refusal())


def test_a_key_outside_of_any_table_is_refused(copy: Copy) -> None:
    copy.edit("gaps/gaps.toml", "[GAP-LAB]", 'draft = "yes"\n\n[GAP-LAB]')
    assert "every key belongs under an [ID]" in str(copy.refusal())


def test_a_file_that_no_section_reads_is_refused(copy: Copy) -> None:
    (copy.root / "contraindication").mkdir()
    (copy.root / "contraindication" / "new.toml").write_text("[CI-NEW]\n", encoding="utf-8")
    assert str(copy.refusal()) == "contraindication/new.toml:1: no section reads this file"


def test_a_missing_section_is_refused(copy: Copy) -> None:
    for path in (copy.root / "gaps").glob("*.toml"):
        path.unlink()
    assert "gaps:0: this section is missing" in str(copy.refusal())


def test_a_file_that_is_not_utf8_is_refused(copy: Copy) -> None:
    (copy.root / "gaps" / "gaps.toml").write_bytes(b"# \xff\n")
    assert "gaps/gaps.toml:1: not UTF-8" in str(copy.refusal())


def test_everything_that_is_wrong_is_said_at_once(copy: Copy) -> None:
    copy.edit(REPRODUCTIVE, 'override = "none"', 'overide = "none"')
    copy.edit("restrictions/life.toml", "until_days = 7", "until = 7")
    files = {problem.file for problem in copy.refusal().problems}
    assert files == {REPRODUCTIVE, "restrictions/life.toml"}


def test_nothing_in_memory_can_be_changed(knowledge: Knowledge) -> None:
    rule = knowledge.contraindications["CI-PREGNANCY"]
    with pytest.raises(ValidationError):
        rule.override = rule.override  # type: ignore[misc]
    with pytest.raises(ValidationError):
        rule.trigger.yes = None  # type: ignore[misc]
    with pytest.raises(TypeError):
        knowledge.contraindications["CI-PREGNANCY"] = rule  # type: ignore[index]
    with pytest.raises(TypeError):
        del knowledge.by_id["CI-PREGNANCY"]  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        knowledge.version = "other"  # type: ignore[misc]
    assert isinstance(rule.source, tuple)
    assert isinstance(rule.terms.en, tuple)


def test_a_section_is_found_by_its_name_and_nothing_else(knowledge: Knowledge) -> None:
    assert knowledge["gaps"] is knowledge.gaps
    with pytest.raises(KeyError):
        knowledge["version"]


def test_the_version_names_the_content(copy: Copy) -> None:
    before = copy.read().version
    assert before == load().version
    copy.edit(REPRODUCTIVE, "# Pregnancy", "# About pregnancy")
    assert copy.read().version != before


def test_the_version_is_twelve_hexadecimal_digits(knowledge: Knowledge) -> None:
    assert len(knowledge.version) == 12
    assert int(knowledge.version, 16)


def test_the_knowledge_is_read_once() -> None:
    assert load() is load()
