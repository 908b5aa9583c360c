"""Meanings to choose from, in the reader's language."""

from dataclasses import dataclass

from clinic.knowledge.resolver import Concept, suggest
from clinic.knowledge.vocabulary import Vocabulary
from patients import meaning
from patients.models import Synonym

OFFERED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One concept that may be meant."""

    id: str
    label: str
    harmless: bool  # no rule names it


def candidates_for(text: str, kind: str, language: str, *, chosen: str = "") -> list[Candidate]:
    """What is nearest to the words, and in front of it what somebody has chosen already."""
    words = meaning.vocabulary_of(kind)
    found = list(near(text, kind, words)) if text else []
    picked = words.by_id.get(chosen)
    if picked is not None and picked not in found and picked != meaning.HARMLESS[kind]:
        found.insert(0, picked)
    return [_candidate(one, language) for one in found]


def near(text: str, kind: str, words: Vocabulary, n: int = OFFERED) -> tuple[Concept, ...]:
    """The nearest concepts that have a name of their own."""
    found = suggest(text, n=n, kinds=meaning.KINDS.get(kind), among=words)
    return tuple(one for one in found if one not in meaning.HARMLESS.values())


def harmless_for(kind: str, language: str) -> Candidate:
    return _candidate(meaning.HARMLESS[kind], language)


def meaning_of(synonym: Synonym, language: str) -> str:
    """What it stands for; a concept that no knowledge has any more stands for itself."""
    concept = meaning.vocabulary_of(synonym.kind).by_id.get(synonym.concept)
    return concept.label.in_(language) if concept else synonym.concept


def _candidate(concept: Concept, language: str) -> Candidate:
    return Candidate(id=concept.id, label=concept.label.in_(language), harmless=concept.harmless)
