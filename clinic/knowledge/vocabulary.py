"""The words of the knowledge: concepts, and the phrases by which people name them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import MappingProxyType

from clinic.knowledge.codes import Ranges
from clinic.knowledge.entries import (
    Allergen,
    AskedBy,
    Category,
    Contraindication,
    Indication,
    Ingredient,
    Kind,
    Medicine,
    Trigger,
    Words,
)
from clinic.knowledge.likeness import Lookalikes
from clinic.knowledge.loader import Knowledge, load
from clinic.knowledge.marks import Marks, fills
from clinic.knowledge.wording import normal, stems

# Remarks in a list of names that name nothing themselves.
REMARK = re.compile(
    r"such as|seed|source|mistranslation|brand name|named|\bany\b|\bclass\b|general"
)
BRACKETS = re.compile(r"\(([^)]*)\)")
MIN_PHRASE = 2
Named = Medicine | Allergen | Ingredient | Indication
NAME_OF = {
    "medicines": "{} medicine",
    "allergens": "allergy to {}",
    "ingredients": "{} ingredient",
    "indications": "{} indication",
}
KIND_OF = {
    "medicines": Kind.MEDICINE,
    "allergens": Kind.ALLERGEN,
    "ingredients": Kind.INGREDIENT,
    "indications": Kind.INDICATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One thing people write about, and the rules it touches. Harmless ones touch none.

    `passes`: what it names comes and goes (a cold); `stops`: naming it alone stops a session.
    """

    id: str
    kind: Kind
    label: Words
    rules: tuple[str, ...] = ()
    phrases: tuple[str, ...] = field(default=(), repr=False)
    passes: bool = False
    stops: bool = False

    @property
    def harmless(self) -> bool:
        return not self.rules


Key = tuple[str, ...]
Index = Mapping[Key, tuple[Concept, ...]]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Every concept, with an index from word stems to concepts."""

    concepts: tuple[Concept, ...]
    index: Index = field(repr=False)
    marks: Marks = field(repr=False)
    icd10: Ranges = field(repr=False)
    atc: Ranges = field(repr=False)
    undecided: Ranges = field(repr=False)

    @cached_property
    def by_id(self) -> Mapping[str, Concept]:
        return MappingProxyType({concept.id: concept for concept in self.concepts})

    @cached_property
    def by_rule(self) -> Mapping[str, Concept]:
        """The concept that is named after a rule."""
        found: dict[str, Concept] = {}
        for concept in self.concepts:
            if concept.rules:
                found.setdefault(concept.rules[0], concept)
        return MappingProxyType(found)

    @cached_property
    def any_order(self) -> Index:
        """Phrases of several words, whatever their order: "cancer of the breast" apart."""
        found: dict[Key, tuple[Concept, ...]] = {}
        for key, concepts in self.index.items():
            if len(key) > 1:
                found.setdefault(tuple(sorted(key)), concepts)
        return MappingProxyType(found)

    @cached_property
    def longest(self) -> int:
        return max(len(key) for key in self.index)

    @cached_property
    def lookalikes(self) -> Lookalikes:
        return Lookalikes.of(self.index)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of the knowledge that is shipped."""
    return vocabulary_of(load())


def vocabulary_of(
    knowledge: Knowledge, synonyms: Mapping[str, Iterable[str]] | None = None
) -> Vocabulary:
    """Concepts from every section that names something a patient may have, take or react to."""
    made = vocabulary_from(
        (*_conditions(knowledge), *_named(knowledge), *_harmless(knowledge)), knowledge
    )
    return with_synonyms(made, synonyms) if synonyms else made


def vocabulary_from(concepts: tuple[Concept, ...], knowledge: Knowledge) -> Vocabulary:
    """A vocabulary of these concepts alone, in the language of the knowledge."""
    return Vocabulary(
        concepts=concepts,
        index=_index(concepts),
        marks=Marks.of(knowledge.language),
        icd10=Ranges({key: one.icd10 for key, one in knowledge.codes.items()}),
        atc=Ranges({key: one.atc for key, one in knowledge.codes.items()}),
        undecided=Ranges({key: one.icd10 for key, one in knowledge.undecided.items()}),
    )


def with_synonyms(
    base: Vocabulary, synonyms: Mapping[str, Iterable[str]], *, more: Iterable[Concept] = ()
) -> Vocabulary:
    """The same vocabulary with a clinic's own words for its concepts, and concepts of its own.

    Unknown ids are ignored.
    """
    known = {**base.by_id, **{one.id: one for one in more}}
    changed = {one.id: one for one in more}
    for key, texts in synonyms.items():
        if (concept := known.get(key)) is not None:
            changed[key] = replace(concept, phrases=_unique((*concept.phrases, *texts)))
    if not changed:
        return base
    concepts = tuple({**base.by_id, **changed}.values())
    index = dict(base.index)
    for concept in changed.values():
        for phrase in concept.phrases:
            roots = stems(phrase)
            others = {one.id: one for one in index.get(roots, ())}
            index[roots] = tuple({**others, concept.id: concept}.values())
    return replace(base, concepts=concepts, index=MappingProxyType(index))


def carries_nothing(word: str) -> bool:
    """Whether a word says nothing by itself: a number, a time, a denial, "allergy"."""
    marks = vocabulary().marks
    return fills(word, marks.beside_what_is_so) or bool(marks.found_in((word,), frozenset()))


def _index(concepts: Iterable[Concept]) -> Index:
    """Each phrase as stems, with every concept it names."""
    found: dict[Key, dict[str, Concept]] = {}
    for concept in concepts:
        for phrase in concept.phrases:
            found.setdefault(stems(phrase), {})[concept.id] = concept
    return MappingProxyType({key: tuple(ones.values()) for key, ones in found.items() if key})


def _conditions(knowledge: Knowledge) -> Iterator[Concept]:
    for rule in knowledge.contraindications.values():
        if rule.asked_by is AskedBy.COMPUTED:
            continue  # age comes from the date of birth, never from a word
        names = (*_every_language(rule.label), *rule.terms.all())
        yield Concept(
            id=_plain(rule.id),
            kind=rule.kind,
            label=rule.label,
            rules=(rule.id,),
            phrases=_phrases(knowledge, rule.id, names),
            passes=rule.category is Category.TEMPORARY,
            stops=_stops(rule),
        )


def _stops(rule: Contraindication) -> bool:
    """Whether a yes to the question stops the session."""
    yes = rule.trigger.yes
    return yes is not None and yes.severity > Trigger.CAUTION.severity


def _named(knowledge: Knowledge) -> Iterator[Concept]:
    for section, kind in KIND_OF.items():
        for key, entry in knowledge[section].items():
            yield Concept(
                id=NAME_OF[section].format(_called(entry)),
                kind=kind,
                label=label_of(entry),
                rules=_rules(knowledge, section, key),
                phrases=_phrases(knowledge, key, _names(entry)),
                stops=isinstance(entry, Medicine)
                and entry.outcome.severity > Trigger.CAUTION.severity,
            )


def _harmless(knowledge: Knowledge) -> Iterator[Concept]:
    for entry in knowledge.harmless.values():
        names = (*_every_language(entry.label), *entry.terms.all())
        yield Concept(id=entry.id, kind=entry.kind, label=entry.label, phrases=_unique(names))


def label_of(entry: Named) -> Words:
    """The label in three languages; a product name is the same in all of them."""
    if isinstance(entry, Ingredient):
        return Words(en=entry.name, ru=entry.name, uk=entry.name)
    return entry.label


def _rules(knowledge: Knowledge, section: str, key: str) -> tuple[str, ...]:
    if section == "medicines":
        return (key, *knowledge.medicines[key].contraindication_ids)
    if section == "ingredients":
        return (key, *sorted(knowledge.allergens_of(key)))
    return (key,)


def _names(entry: Named) -> Iterator[str]:
    """What the sources call a thing; everything else people call it stands in the synonyms."""
    yield from _every_language(label_of(entry))
    if isinstance(entry, Medicine | Indication):
        yield from entry.terms.all()
    if isinstance(entry, Medicine):
        for example in entry.examples:
            yield from _parts(BRACKETS.sub("", example), ",")
    if isinstance(entry, Ingredient):
        yield from _parts(BRACKETS.sub("", entry.name), "/")
        for text in (*BRACKETS.findall(entry.name), *entry.spellings):
            yield from _parts(BRACKETS.sub("", text).removeprefix("= "), ";")


def _phrases(knowledge: Knowledge, key: str, names: Iterable[str]) -> tuple[str, ...]:
    more = [one for one in (knowledge.synonyms.get(key), knowledge.implied.get(key)) if one]
    return _unique((*names, *(term for one in more for term in one.terms.all())))


def _parts(text: str, separator: str) -> Iterator[str]:
    yield from (part for part in text.split(separator) if not REMARK.search(part))


def _every_language(text: Words) -> tuple[str, str, str]:
    return text.en, text.ru, text.uk


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for name in names if len(one := normal(name)) >= MIN_PHRASE))


def _called(entry: Named) -> str:
    """The plain English words of an id; a product goes by its own name."""
    if isinstance(entry, Ingredient):
        return normal(BRACKETS.sub("", entry.name).partition("/")[0])
    return _plain(entry.id)


def _plain(entry_id: str) -> str:
    return entry_id.partition("-")[2].replace("-", " ").lower()
