"""What no rule names is known too: it is recognised, listed and passing, in three languages."""

from collections import Counter
from collections.abc import Iterator

import pytest

from clinic.knowledge.entries import Harmless, Kind
from clinic.knowledge.loader import Knowledge
from clinic.knowledge.resolver import resolve
from clinic.knowledge.vocabulary import vocabulary
from clinic.knowledge.wording import stems

# Everything here is left out of the harmless on purpose: a rule names it, its class, or an illness
# of which it speaks; or nobody can say that none does. It fires or waits for a doctor.
LEFT_OUT = [
    "ibuprofen", "диклофенак", "кеторол", "нурофен",  # as the salicylates: bleeding
    "fish oil", "омега-3", "vitamin E", "витамин Е", "ginkgo", "turmeric", "вітамін К",
    "levothyroxine", "эутирокс", "metformin", "метформин", "combined pill",
    "bisoprolol", "лозартан", "еналаприл", "amlodipine",
    "sertraline", "флуоксетин", "габапентин",
    "prednisolone", "метотрексат", "hydrocortisone cream",
    "sumatriptan", "xylometazoline",  # narrow the vessels
    "latex", "латекс", "penicillin", "пенициллин", "hair dye", "iodine", "shrimp", "креветки",
    "sunflower seeds", "полынь", "ragweed", "cobalt",
    "haemorrhoids", "вегетососудистая дистония", "anaemia", "низкое давление", "insomnia",
    "ovarian cyst", "киста яичника", "endometriosis", "prediabetes", "gilbert's syndrome",
    "warts", "conjunctivitis", "цистит", "urticaria", "skin tags",
]  # fmt: skip


def phrases(entry: Harmless) -> Iterator[str]:
    yield from (text for _, text in entry.label)
    yield from entry.terms.all()


def test_there_are_hundreds_of_every_kind_in_three_languages(knowledge: Knowledge) -> None:
    kinds = Counter(entry.kind for entry in knowledge.harmless.values())

    assert kinds.keys() == {Kind.CONDITION, Kind.MEDICINE, Kind.ALLERGEN}
    assert sum(kinds.values()) >= 550
    assert min(kinds.values()) >= 100
    for entry in knowledge.harmless.values():
        assert all(text.strip() for _, text in entry.label), entry.id


def test_no_phrase_belongs_to_two_things(knowledge: Knowledge) -> None:
    owners: dict[tuple[str, ...], str] = {}
    for entry in knowledge.harmless.values():
        for phrase in phrases(entry):
            owner = owners.setdefault(stems(phrase), entry.id)
            assert owner == entry.id, f"{phrase}: {owner} and {entry.id}"


def test_no_phrase_is_one_of_a_rule(knowledge: Knowledge) -> None:
    fire = {
        key: concept.id
        for key, concepts in vocabulary().index.items()
        for concept in concepts
        if names_a_stop(knowledge, concept.rules)
    }
    for entry in knowledge.harmless.values():
        for phrase in phrases(entry):
            assert stems(phrase) not in fire, f"{entry.id}: {phrase}: {fire[stems(phrase)]}"


def test_every_phrase_is_recognised_and_fires_nothing(knowledge: Knowledge) -> None:
    for entry in knowledge.harmless.values():
        for phrase in phrases(entry):
            said = resolve(phrase)
            assert entry.id in {concept.id for concept in said.concepts}, f"{entry.id}: {phrase}"
            assert said.resolved, f"{entry.id}: {phrase}"
            assert not names_a_stop(knowledge, said.rules), f"{entry.id}: {phrase}"


def names_a_stop(knowledge: Knowledge, rules: tuple[str, ...]) -> bool:
    """An indication or an ingredient that is also a word of everyday life stops nobody."""
    spoken = (knowledge.contraindications, knowledge.medicines, knowledge.allergens)
    return any(rule in section for rule in rules for section in spoken)


@pytest.mark.parametrize(
    "text",
    [
        "severe asthma",
        "asthma attack yesterday",
        "not well controlled asthma",
        "обострение гастрита",
        "загострення гастриту",
        "wisdom tooth extraction yesterday",
        "удаление зуба вчера",
        "caesarean section 3 weeks ago",
        "кесарево 2 недели назад",
        "кесарів розтин місяць тому",
        "broken nose, fresh",
        "bleeding stomach ulcer",
    ],
)
def test_how_it_is_just_now_makes_something_harmless_a_question(text: str) -> None:
    said = resolve(text)

    assert said.rules or not said.resolved


@pytest.mark.parametrize(
    "text",
    [
        "caesarean section 2015",
        "asthma ruled out",
        "no asthma",
        "back pain for years",
        "mild astigmatism, both eyes",
        "кесарево пять лет назад",
        "appendectomy without complications",
    ],
)
def test_what_is_long_ago_mild_or_denied_passes(text: str) -> None:
    said = resolve(text)

    assert said.resolved
    assert not said.rules


def test_a_letter_makes_another_vitamin() -> None:
    assert not resolve("витамин Е", {Kind.MEDICINE}).resolved
    assert "MI-HAEMOSTATIC" in resolve("vitamin K2").rules
    assert not resolve("витамин D").rules


@pytest.mark.parametrize("text", LEFT_OUT)
def test_what_a_rule_names_or_might_name_is_not_among_the_harmless(text: str) -> None:
    said = resolve(text)

    assert said.rules or not said.resolved
