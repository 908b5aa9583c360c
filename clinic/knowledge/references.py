"""Ids that point nowhere: a rule that names what does not exist would silently protect nobody."""

from collections.abc import Iterator, Mapping
from typing import Any

from clinic.knowledge.entries import (
    Conflict,
    Contraindication,
    Entry,
    Recipe,
    Reminder,
    Strict,
)

Sections = Mapping[str, Mapping[str, Strict]]
Dangling = tuple[str, str, str]  # the table, its key, the reason

# In which section the ids of a field must stand.
POINTS_TO = {
    "conflicts": "conflicts",
    "contraindication_ids": "contraindications",
    "and_clear": "contraindications",
    "then_clear": "contraindications",
    "allergen_ids": "allergens",
    "allergen_flags": "allergens",
    "ingredient_ids": "ingredients",
    "indication_ids": "indications",
    "technique_ids": "techniques",
    "side_effect_ids": "side_effects",
}
ACT_POINTS_TO = {
    "forbidden_by": "restrictions",
    "eased_by": "restrictions",
    "lifts": "restrictions",
    "advised_by": "recommendations",
}
# Entries that only bind language to rules.
NAMED_RULES = ("contraindications", "medicines", "allergens", "ingredients", "indications")


def dangling(sections: Sections) -> Iterator[Dangling]:
    """Every reference to something that is not there."""
    entries = {
        key: entry
        for section in sections.values()
        for key, entry in section.items()
        if isinstance(entry, Entry)
    }
    for key, entry in entries.items():
        yield from _of_fields(key, entry, sections)
        yield from _of_articles(key, entry, sections)
        yield from _of_special(key, entry, sections, entries)
    yield from _of_language(sections)
    yield from _of_patient_words(sections)


def _of_fields(key: str, entry: Entry, sections: Sections) -> Iterator[Dangling]:
    holders: list[tuple[str, Strict]] = [("", entry)]
    if isinstance(entry, Contraindication):
        holders.append(("lift_rule", entry.lift_rule))
    for outer, holder in holders:
        for field, section in POINTS_TO.items():
            for target in getattr(holder, field, ()):
                if target not in sections[section]:
                    yield key, outer or field, f"{target} is no entry of {section}"


def _of_articles(key: str, entry: Entry, sections: Sections) -> Iterator[Dangling]:
    cited = [("source", source.article) for source in entry.source]
    cited += [("stated_by", one) for one in getattr(entry, "stated_by", ())]
    for field in ("source_durations", "expected_resolution"):
        cited += [(field, one.article) for one in getattr(entry, field, ())]
    if isinstance(entry, Conflict):
        cited += [("positions", position.source.article) for position in entry.positions]
    for field, article in cited:
        if f"article-{article}" not in sections["articles"]:
            yield key, field, f"article {article} is not in sources.toml"


def _of_special(
    key: str, entry: Entry, sections: Sections, entries: Mapping[str, Entry]
) -> Iterator[Dangling]:
    if isinstance(entry, Contraindication):
        yield from _of_questions(key, entry, sections)
    elif isinstance(entry, Recipe) and entry.anaesthetic not in {None, *entry.ingredient_ids}:
        yield key, "anaesthetic", f"{entry.anaesthetic} is no ingredient of this recipe"
    elif isinstance(entry, Reminder):
        for target in entry.fact_ids:
            if target not in entries:
                yield key, "fact_ids", f"{target} is no entry of the knowledge"


def _of_questions(key: str, rule: Contraindication, sections: Sections) -> Iterator[Dangling]:
    if rule.group not in sections["question_groups"]:
        yield key, "group", f"{rule.group} is no group of the questionnaire"
    event = rule.lift_rule.event
    if event is not None and event not in sections["date_questions"]:
        yield key, "lift_rule", f"nobody asks for the date {event}"


def _of_language(sections: Sections) -> Iterator[Dangling]:
    rules: set[str] = {key for name in NAMED_RULES for key in sections[name]}
    for name in ("synonyms", "implied", "codes"):
        for target in sections[name]:
            if target not in rules:
                yield f"vocabulary/{name}/{target}", "", f"{target} is no rule that can be named"
    for key, setting in sections["settings"].items():
        gap: Any = getattr(setting, "gap", None)
        if gap not in sections["gaps"]:
            yield f"clinic_settings/{key}", "gap", f"{gap} is no entry of gaps"


def _of_patient_words(sections: Sections) -> Iterator[Dangling]:
    for key, act in sections["activities"].items():
        for field, section in ACT_POINTS_TO.items():
            for target in getattr(act, field, ()):
                if target not in sections[section]:
                    yield f"vocabulary/activities/{key}", field, f"{target} is no {section}"
    for key, symptom in sections["symptoms"].items():
        for target in getattr(symptom, "signs", ()):
            if target not in sections["side_effects"]:
                yield f"vocabulary/symptoms/{key}", "signs", f"{target} is no side effect"
