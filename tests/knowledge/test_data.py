"""What is shipped: nothing of the sources was dropped, and everything can be read and shown."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.knowledge.entries import (
    AskedBy,
    Basis,
    Entry,
    Kind,
    Override,
    Source,
    Strict,
    Trigger,
    Words,
)
from clinic.knowledge.loader import DATA, ENTRIES, SECTION_NAMES, Knowledge

COUNTS = {
    "contraindications": 49,
    "medicines": 14,
    "allergens": 16,
    "ingredients": 79,
    "recipes": 7,
    "incompatibilities": 13,
    "indications": 26,
    "techniques": 20,
    "protocols": 12,
    "expected_results": 12,
    "age_guidance": 7,
    "pre_procedure": 23,
    "consent_contents": 17,
    "consent_risks": 21,
    "side_effects": 30,
    "restrictions": 23,
    "recommendations": 20,
    "scheduling_rules": 10,
    "reminders": 20,
    "facts": 33,
    "claims_to_avoid": 34,
    "conflicts": 57,
    "gaps": 17,
}
# Fields that patients, or staff beside them, read: they have all three languages by their type.
PATIENT_WORDS = {
    "contraindications": ("label", "question", "lifts_when"),
    "medicines": ("label",),
    "allergens": ("label",),
    "indications": ("label",),
    "techniques": ("label", "description"),
    "protocols": ("label",),
    "restrictions": ("forbidden", "why"),
    "recommendations": ("recommendation",),
    "side_effects": ("name",),
    "consent_contents": ("content",),
    "consent_risks": ("label", "frequency"),
    "expected_results": ("may_improve", "visible_when", "caveat"),
    "pre_procedure": ("step",),
    "settings": ("label", "used_when"),
    "gaps": ("topic", "missing", "proposal"),
    "harmless": ("label",),
    "question_groups": ("heading",),
    "date_questions": ("label",),
    "extra_questions": ("text",),
}
PLACEHOLDER = re.compile(r"{\w+}")
CYRILLIC = re.compile(r"[а-яіїєґ]", re.IGNORECASE)
UNITS = re.compile(
    r"(^|_)(days?|hours|months|years|ml|mm|order|offset|sessions_(min|max)|day_(from|to)|days_(min|max))"
)


def words_of(entry: Strict) -> Iterator[Words]:
    for _, value in entry:
        if isinstance(value, Words):
            yield value
        elif isinstance(value, tuple):
            yield from (one for one in value if isinstance(one, Words))


@pytest.mark.parametrize(("section", "count"), COUNTS.items())
def test_no_entry_was_dropped(knowledge: Knowledge, section: str, count: int) -> None:
    assert len(knowledge[section]) == count


def test_all_sections_are_counted(knowledge: Knowledge) -> None:
    assert set(COUNTS) == set(ENTRIES)
    assert sum(COUNTS.values()) == 560 == len(knowledge.by_id)


def test_no_source_was_dropped(knowledge: Knowledge) -> None:
    sources = [source for entry in knowledge.by_id.values() for source in entry.source]
    positions = [one for conflict in knowledge.conflicts.values() for one in conflict.positions]
    assert Counter(source.article for source in sources) == {
        "000": 213,
        "001": 111,
        "002": 543,
        "003": 263,
        "004": 63,
    }
    assert sum(source.line is not None for source in sources) == 1049
    assert len(positions) == 226
    assert all(position.source.line for position in positions)


def test_every_entry_says_what_it_is_based_on(knowledge: Knowledge) -> None:
    bases = Counter(entry.basis for entry in knowledge.by_id.values())
    assert bases == {Basis.SEED: 388, Basis.DERIVED: 149, Basis.INFERENCE: 23}


def test_an_entry_without_a_line_is_a_conflict_whose_positions_have_one(
    knowledge: Knowledge,
) -> None:
    for entry in knowledge.by_id.values():
        if any(source.line is None for source in entry.source):
            assert entry.id in knowledge.conflicts


@pytest.mark.parametrize(("section", "fields"), PATIENT_WORDS.items())
def test_what_patients_read_is_there_in_three_languages(
    knowledge: Knowledge, section: str, fields: tuple[str, ...]
) -> None:
    for entry in knowledge[section].values():
        for field in fields:
            assert isinstance(getattr(entry, field), Words), f"{entry.id}.{field}"


def test_russian_and_ukrainian_are_written_in_cyrillic_and_english_is_not(
    knowledge: Knowledge,
) -> None:
    for section in SECTION_NAMES:
        for entry in knowledge[section].values():
            for text in words_of(entry):
                assert CYRILLIC.search(text.ru), f"{entry.id}: {text.ru}"
                assert CYRILLIC.search(text.uk), f"{entry.id}: {text.uk}"
                assert not CYRILLIC.search(text.en), f"{entry.id}: {text.en}"


def test_ukrainian_has_no_russian_letters_and_the_other_way_round(knowledge: Knowledge) -> None:
    for section in SECTION_NAMES:
        for entry in knowledge[section].values():
            for text in words_of(entry):
                assert not set("ыэъё") & set(text.uk.casefold()), f"{entry.id}: {text.uk}"
                assert not set("іїєґ") & set(text.ru.casefold()), f"{entry.id}: {text.ru}"


def test_placeholders_are_the_same_in_every_language(knowledge: Knowledge) -> None:
    known = {
        "{date}",
        "{clinic_phone}",
        "{window_end}",
        "{emergency_number}",
        "{sauna_date}",
        "{sun_date}",
        "{procedure_date}",
    }
    used: set[str] = set()
    for reminder in knowledge.reminders.values():
        if reminder.message is not None:
            found = {sorted_placeholders(text) for _, text in reminder.message}
            assert len(found) == 1, reminder.id
            used |= set(found.pop())
    assert used == known


def sorted_placeholders(text: str) -> tuple[str, ...]:
    return tuple(sorted(PLACEHOLDER.findall(text)))


def test_nothing_patients_read_names_an_id_or_an_article(knowledge: Knowledge) -> None:
    prefix = re.compile(r"\b(CI|MI|AL|ING|RX|RE|SE|RK|CF|GAP)-|\(00\d\)|\bseeds?\b")
    for section in SECTION_NAMES:
        for entry in knowledge[section].values():
            for text in words_of(entry):
                assert not any(prefix.search(one) for _, one in text), f"{entry.id}: {text}"


def test_every_number_has_its_unit_in_its_name() -> None:
    for model in ENTRIES.values():
        for name, field in model.model_fields.items():
            if field.annotation in {int, int | None}:
                assert UNITS.search(name), f"{model.__name__}.{name}"


def test_no_file_is_longer_than_a_doctor_reads() -> None:
    for path in DATA.rglob("*.toml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 300, path.name
        assert lines[0].startswith("# "), f"{path.name} does not say what it is"


def test_the_gravest_rules_stand_as_the_sources_have_them(knowledge: Knowledge) -> None:
    rules = knowledge.contraindications
    assert rules["CI-PREGNANCY"].trigger.yes is Trigger.BLOCK
    assert rules["CI-PREGNANCY"].override is Override.NONE
    assert rules["CI-POSTPARTUM"].lift_rule.days == 42
    assert rules["CI-AGE-UNDER-18"].lift_rule.years == 18
    assert rules["CI-DIABETES"].trigger.yes is Trigger.BLOCK
    assert rules["CI-ALCOHOL-24H"].lift_rule.calendar_day_before
    assert knowledge.restrictions["RX-HEAT-SAUNA"].until_days == 14
    assert knowledge.restrictions["RX-SUN"].until_days == 10
    assert knowledge.protocols["CP-POSTACNE-SCAR"].interval_min_days == 10
    assert knowledge.techniques["TE-NAPPAGE"].max_volume_per_injection_ml is not None
    assert knowledge.reminders["RP-DM3"].day_offset == -3


def test_what_is_sensitive_is_marked(knowledge: Knowledge) -> None:
    sensitive = {rule.id for rule in knowledge.contraindications.values() if rule.sensitive}
    assert sensitive == {
        "CI-HIV",
        "CI-ONCOLOGY",
        "CI-LEUKAEMIA",
        "CI-CHEMO-RADIO-HISTORY",
        "CI-MENTAL-NEURO",
    }


def test_unsure_never_passes(knowledge: Knowledge) -> None:
    for rule in knowledge.contraindications.values():
        if rule.asked_by is AskedBy.PATIENT and rule.trigger.yes is not None:
            assert rule.trigger.unsure not in {None, Trigger.PASS}, rule.id


def test_what_must_not_be_offered_is_not(knowledge: Knowledge) -> None:
    withheld = {
        key
        for section in (knowledge.indications, knowledge.techniques, knowledge.protocols)
        for key, entry in section.items()
        if not entry.offered
    }
    assert withheld == {
        "ID-RINGWORM",
        "ID-NONAESTHETIC",
        "TE-MESOSCOOTER",
        "CP-HAIR-ROLLER",
        "CP-ACNE-ROLLER",
        "CP-REVIEW",
        "CP-CLAIM-FIRST-SESSION",
    }


def test_the_clinic_settings_name_a_gap_and_a_unit(knowledge: Knowledge) -> None:
    settings = knowledge.settings
    holding = {key for key, setting in settings.items() if setting.holds}
    assert holding == {
        "blood_pressure_limit_systolic",
        "blood_pressure_limit_diastolic",
        "interval_after_laser",
        "interval_after_peel",
        "interval_after_botulinum",
        "interval_after_filler",
        "interval_after_vaccination",
        "interval_after_tattoo",
        "interval_after_other_procedure",
        "interval_after_isotretinoin",
    }
    assert str(settings["blood_pressure_limit_systolic"].unit) == "mmHg"
    assert not settings["lab_checklist"].holds
    assert settings["lab_checklist"].key == "lab_checklist"


def test_there_is_enough_that_is_harmless_for_ordinary_people_to_pass(
    knowledge: Knowledge,
) -> None:
    kinds = Counter(entry.kind for entry in knowledge.harmless.values())
    assert set(kinds) == {Kind.CONDITION, Kind.MEDICINE, Kind.ALLERGEN}
    assert min(kinds.values()) >= 30


def test_rules_about_products_say_which_products(knowledge: Knowledge) -> None:
    rules, medicines = knowledge.contraindications, knowledge.medicines
    assert rules["CI-PLACENTEX-COMBO"].ingredient_ids == ("ING-PLACENTEX",)
    assert rules["CI-HA-LOWER-EYELID"].area == "lower-eyelid"
    assert rules["CI-VASCULAR-AREA"].technique_ids == ("TE-DEVICE",)
    assert medicines["MI-DHE-MACROLIDE"].ingredient_ids == ("ING-DHE", "ING-ERYTHROMYCIN")
    assert knowledge.consent_risks["RK-SWELL-EYELID"].ingredient_ids == ("ING-HA",)
    assert knowledge.age_guidance["AG-BIOREV-30"].indication_ids == ("ID-BIOREV",)
    assert knowledge.restrictions["RX-SUNGLASSES"].area == "lower-eyelid"
    assert "ботокс" in knowledge.settings["interval_after_botulinum"].terms.ru


def test_the_guide_shows_an_entry_as_it_is() -> None:
    guide = (Path(__file__).parents[2] / "docs/knowledge-guide.md").read_text(encoding="utf-8")
    shown = guide.partition("```toml\n")[2].partition("```")[0].splitlines()
    file = DATA / "contraindications" / "reproductive.toml"
    entry = file.read_text(encoding="utf-8").partition(shown[0])[2].partition("\n[")[0]
    assert shown[0] == "[CI-POSTPARTUM]"
    assert set(shown[1:]) <= set(entry.splitlines())
    for folder in re.findall(r"`(\w+)/`", guide):
        assert (DATA / folder).is_dir(), folder


def test_a_source_is_cited_as_file_and_line(knowledge: Knowledge) -> None:
    rule: Entry = knowledge.by_id["CI-HEPARIN"]
    assert knowledge.cite(rule)[0] == {"file": "001_e0d0e8e9d0847db2.txt", "line": 37}
    assert knowledge.cite(Source("004")) == ({"file": "004_78719f1d531597b3.txt", "line": None},)
    assert knowledge.section_of("CI-HEPARIN") == "contraindications"


def test_allergens_of_an_ingredient_are_found_whichever_table_names_them(
    knowledge: Knowledge,
) -> None:
    assert "AL-SULPHITE" in knowledge.allergens_of("ING-DICYNONE")  # only the ingredient says so
    assert "AL-SULPHITE" not in knowledge.allergens["AL-SULPHITE"].ingredient_ids
    assert knowledge.allergens_of("ING-PROCAINE") == {"AL-PROCAINE", "AL-PARABEN"}
    assert knowledge.allergens_of("ING-SPF") == frozenset()


def test_green_tea_is_recommended_only_as_the_conflict_about_caffeine_was_settled(
    knowledge: Knowledge,
) -> None:
    advice = knowledge.recommendations["RE-FLUIDS"].recommendation
    for text, tea, measure in (
        (advice.en, "green tea", "only in moderation"),
        (advice.ru, "зелёный чай", "умеренно"),
        (advice.uk, "зелений чай", "помірно"),
    ):
        assert measure in text.partition(tea)[2]
