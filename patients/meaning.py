"""What the words of a history mean here: the knowledge's vocabulary, and what the clinic learnt."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from django.db.models import Count, Max, Q, Sum

from clinic.knowledge.entries import Kind, Words
from clinic.knowledge.loader import load
from clinic.knowledge.resolver import Concept, resolve
from clinic.knowledge.vocabulary import Vocabulary, vocabulary, with_synonyms
from clinic.knowledge.wording import normal
from patients.models import HistoryItem, HistoryKind, Synonym

# What the vocabulary calls a thing that stands in one list of the history.
KINDS: dict[str, tuple[Kind, ...]] = {
    HistoryKind.CONDITION: (Kind.CONDITION,),
    HistoryKind.ALLERGY: (Kind.ALLERGEN, Kind.INGREDIENT, Kind.MEDICINE),
    HistoryKind.MEDICINE: (Kind.MEDICINE, Kind.INGREDIENT),
}
NO_RULE = Words(
    en="Harmless: no rule names it",
    ru="Безвредно: ни одно правило этого не называет",
    uk="Нешкідливо: жодне правило цього не називає",
)
# What a doctor may say of words that name nothing a rule is about.
HARMLESS: dict[str, Concept] = {
    kind.value: Concept(id=f"harmless {kind.value}", kind=kinds[0], label=NO_RULE)
    for kind, kinds in ((HistoryKind(key), found) for key, found in KINDS.items())
}
Version = tuple[int, int, int]


def vocabularies() -> Mapping[str, Vocabulary]:
    """The words of each list of the history, the clinic's own among them. One cheap query."""
    return _vocabularies(_version())


def vocabulary_of(kind: str) -> Vocabulary:
    """The words of one list; what is no list of the history has the knowledge's alone."""
    return vocabularies().get(kind) or vocabulary()


def understood(text: str, concept: str = "", *, among: Vocabulary) -> tuple[Concept, ...]:
    """What is made of a statement; empty: somebody has to review it."""
    meaning = resolve(text, among=among)
    found = {one.id: one for one in meaning.concepts} if meaning.resolved else {}
    if concept in among.by_id:
        found[concept] = among.by_id[concept]
    return tuple(found.values())


def only_concept(text: str, kind: str) -> str:
    """The concept a text means, where it means exactly one."""
    concepts = understood(text, among=vocabulary_of(kind))
    return concepts[0].id if len(concepts) == 1 else ""


def take_in(item: HistoryItem) -> HistoryItem:
    """Fill what follows from its words: whether they are understood, and who may read them."""
    words = vocabulary_of(item.kind)
    meaning = resolve(item.text, among=words)
    chosen = words.by_id.get(item.concept)
    item.folded = normal(item.text)
    item.unresolved = not (item.none_known or meaning.resolved or chosen)
    concepts = [*meaning.concepts, *meaning.negated, *([chosen] if chosen else [])]
    item.sensitive = any(is_confidential(one) for one in concepts)
    item.read_with = load().version
    return item


def is_confidential(concept: Concept) -> bool:
    """Whether a rule for doctors only is touched, also by what is denied or half understood."""
    rules = load().contraindications
    return any(rules[rule].sensitive for rule in concept.rules if rule in rules)


def _version() -> Version:
    """Another one as soon as any word is learnt or taken back."""
    words = Synonym.objects.of_the_clinic().aggregate(
        count=Count("pk", filter=Q(taken_back_at=None)),
        which=Sum("pk", filter=Q(taken_back_at=None)),
        last=Max("pk"),
    )
    return words["count"], words["which"] or 0, words["last"] or 0


@lru_cache(maxsize=4)
def _vocabularies(_version: Version) -> Mapping[str, Vocabulary]:
    learnt: dict[str, dict[str, list[str]]] = {kind: {} for kind in KINDS}
    rows = Synonym.objects.of_the_clinic().in_use().order_by("pk")
    for kind, concept, folded in rows.values_list("kind", "concept", "folded"):
        learnt[kind].setdefault(concept, []).append(folded)
    return MappingProxyType({kind: _with(kind, words) for kind, words in learnt.items()})


def _with(kind: str, learnt: Mapping[str, list[str]]) -> Vocabulary:
    return with_synonyms(vocabulary(), learnt, more=[HARMLESS[kind]])
