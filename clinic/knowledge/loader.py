"""The clinical knowledge in memory: read once, checked strictly, never changed.

Whoever starts the product calls `load()`; a broken file raises `KnowledgeError` and nothing starts.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from clinic.knowledge.entries import (
    Act,
    AgeGuidance,
    Allergen,
    Article,
    Aside,
    Claim,
    ClinicSetting,
    Codes,
    Conflict,
    ConsentContent,
    ConsentRisk,
    Contraindication,
    DateQuestion,
    Entry,
    ExpectedResult,
    ExtraQuestion,
    Fact,
    Gap,
    Harmless,
    Implied,
    Incompatibility,
    Indication,
    Ingredient,
    Language,
    Medicine,
    PreProcedureStep,
    Protocol,
    QuestionGroup,
    Recipe,
    Recommendation,
    Region,
    Reminder,
    Restriction,
    SchedulingRule,
    SideEffect,
    Source,
    Strict,
    Symptom,
    Synonyms,
    Technique,
    Undecided,
)
from clinic.knowledge.reading import KnowledgeError, Problem, Table, parse, tables
from clinic.knowledge.references import dangling

__all__ = ["DATA", "Knowledge", "KnowledgeError", "Problem", "load", "read"]

DATA = Path(__file__).parent / "data"

# The 23 sections of entries with a basis and sources, then what belongs to the clinic and to
# language. A name is a folder of files, or one file.
ENTRIES: Mapping[str, type[Entry]] = {
    "contraindications": Contraindication,
    "medicines": Medicine,
    "allergens": Allergen,
    "ingredients": Ingredient,
    "recipes": Recipe,
    "incompatibilities": Incompatibility,
    "indications": Indication,
    "techniques": Technique,
    "protocols": Protocol,
    "expected_results": ExpectedResult,
    "age_guidance": AgeGuidance,
    "pre_procedure": PreProcedureStep,
    "consent_contents": ConsentContent,
    "consent_risks": ConsentRisk,
    "side_effects": SideEffect,
    "restrictions": Restriction,
    "recommendations": Recommendation,
    "scheduling_rules": SchedulingRule,
    "reminders": Reminder,
    "facts": Fact,
    "claims_to_avoid": Claim,
    "conflicts": Conflict,
    "gaps": Gap,
}
OTHERS: Mapping[str, type[Strict]] = {
    "sources": Article,
    "clinic_settings": ClinicSetting,
    "questionnaire/groups": QuestionGroup,
    "questionnaire/dates": DateQuestion,
    "questionnaire/extra": ExtraQuestion,
    "vocabulary/synonyms": Synonyms,
    "vocabulary/harmless": Harmless,
    "vocabulary/implied": Implied,
    "vocabulary/codes": Codes,
    "vocabulary/undecided": Undecided,
    "vocabulary/language": Language,
    "vocabulary/activities": Act,
    "vocabulary/symptoms": Symptom,
    "vocabulary/regions": Region,
    "vocabulary/asides": Aside,
}


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """Every section by id, in the order of its files. Nothing in it can be changed."""

    contraindications: Mapping[str, Contraindication]
    medicines: Mapping[str, Medicine]
    allergens: Mapping[str, Allergen]
    ingredients: Mapping[str, Ingredient]
    recipes: Mapping[str, Recipe]
    incompatibilities: Mapping[str, Incompatibility]
    indications: Mapping[str, Indication]
    techniques: Mapping[str, Technique]
    protocols: Mapping[str, Protocol]
    expected_results: Mapping[str, ExpectedResult]
    age_guidance: Mapping[str, AgeGuidance]
    pre_procedure: Mapping[str, PreProcedureStep]
    consent_contents: Mapping[str, ConsentContent]
    consent_risks: Mapping[str, ConsentRisk]
    side_effects: Mapping[str, SideEffect]
    restrictions: Mapping[str, Restriction]
    recommendations: Mapping[str, Recommendation]
    scheduling_rules: Mapping[str, SchedulingRule]
    reminders: Mapping[str, Reminder]
    facts: Mapping[str, Fact]
    claims_to_avoid: Mapping[str, Claim]
    conflicts: Mapping[str, Conflict]
    gaps: Mapping[str, Gap]
    articles: Mapping[str, Article]
    settings: Mapping[str, ClinicSetting]
    question_groups: Mapping[str, QuestionGroup]
    date_questions: Mapping[str, DateQuestion]
    extra_questions: Mapping[str, ExtraQuestion]
    synonyms: Mapping[str, Synonyms]
    harmless: Mapping[str, Harmless]
    implied: Mapping[str, Implied]
    codes: Mapping[str, Codes]
    undecided: Mapping[str, Undecided]
    language: Mapping[str, Language]
    activities: Mapping[str, Act]
    symptoms: Mapping[str, Symptom]
    regions: Mapping[str, Region]
    asides: Mapping[str, Aside]
    version: str

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """Every entry of the 23 sections; an id is unique in all of them."""
        return MappingProxyType({key: one for name in ENTRIES for key, one in self[name].items()})

    def __getitem__(self, section: str) -> Mapping[str, Any]:
        if section not in SECTION_NAMES:
            raise KeyError(section)
        found: Mapping[str, Any] = getattr(self, section)
        return found

    def section_of(self, entry_id: str) -> str:
        """The section in which an id stands."""
        return next(name for name in ENTRIES if entry_id in self[name])

    def cite(self, what: Entry | Source) -> tuple[Mapping[str, str | int | None], ...]:
        """Sources as file and line, as a machine or an auditor wants them."""
        sources = (what,) if isinstance(what, Source) else what.source
        return tuple({"file": self.articles[_key(one)].file, "line": one.line} for one in sources)

    def allergens_of(self, ingredient_id: str) -> frozenset[str]:
        """Every allergen an ingredient may stand for, whichever of the two tables says so."""
        named = self.ingredients[ingredient_id].allergen_ids
        listed = (one.id for one in self.allergens.values() if ingredient_id in one.ingredient_ids)
        return frozenset((*named, *listed))


SECTION_NAMES = frozenset(field.name for field in fields(Knowledge)) - {"version"}
FIELD_OF = {
    "sources": "articles",
    "clinic_settings": "settings",
    "questionnaire/groups": "question_groups",
    "questionnaire/dates": "date_questions",
    "questionnaire/extra": "extra_questions",
    "vocabulary/synonyms": "synonyms",
    "vocabulary/harmless": "harmless",
    "vocabulary/implied": "implied",
    "vocabulary/codes": "codes",
    "vocabulary/undecided": "undecided",
    "vocabulary/language": "language",
    "vocabulary/activities": "activities",
    "vocabulary/symptoms": "symptoms",
    "vocabulary/regions": "regions",
    "vocabulary/asides": "asides",
}


@cache
def load() -> Knowledge:
    """The knowledge that is shipped; read on the first call."""
    return read(DATA)


def read(root: Path) -> Knowledge:
    """The knowledge of a folder, or every problem it has."""
    problems: list[Problem] = []
    found: dict[str, Table] = {}
    sections: dict[str, Mapping[str, Strict]] = {}
    for name, model in (*ENTRIES.items(), *OTHERS.items()):
        section: dict[str, Strict] = {}
        for table in _tables(name, root, problems):
            key = table.id if name in ENTRIES else f"{name}/{table.id}"
            if key in found:
                first = found[key]
                problems.append(
                    table.problem(f"this id stands already in {first.file}:{first.line()}")
                )
                continue
            found[key] = table
            try:
                section[table.id] = parse(table, model)
            except KnowledgeError as error:
                problems.extend(error.problems)
        sections[FIELD_OF.get(name, name)] = MappingProxyType(section)
    problems.extend(_strangers(root))
    if not problems:
        problems = [found[key].problem(why, field) for key, field, why in dangling(sections)]
    if problems:
        raise KnowledgeError(*problems)
    return Knowledge(version=_version(root), **sections)  # type: ignore[arg-type]


def _tables(name: str, root: Path, problems: list[Problem]) -> Iterator[Table]:
    for path in _files(name, root):
        try:
            yield from tables(path, root)
        except KnowledgeError as error:
            problems.extend(error.problems)


def _files(name: str, root: Path) -> list[Path]:
    if name in ENTRIES:
        return sorted((root / name).glob("*.toml"))
    one = root / f"{name}.toml"
    return [one] if one.exists() else sorted((root / name).glob("*.toml"))


def _strangers(root: Path) -> Iterator[Problem]:
    """A file that belongs to no section would be a rule that nobody reads."""
    known = {path for name in (*ENTRIES, *OTHERS) for path in _files(name, root)}
    for path in sorted(set(root.rglob("*.toml")) - known):
        yield Problem(path.relative_to(root).as_posix(), 1, "no section reads this file")
    for name in (*ENTRIES, *OTHERS):
        if not _files(name, root):
            yield Problem(name, 0, "this section is missing")


def _version(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.toml")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _key(source: Source) -> str:
    return f"article-{source.article}"
