"""What people write finds its rule; what is harmless passes; what is unknown waits."""

import pytest

from clinic.knowledge.entries import Kind
from clinic.knowledge.loader import Knowledge
from clinic.knowledge.resolver import resolve, suggest
from clinic.knowledge.vocabulary import vocabulary, vocabulary_of, with_synonyms
from clinic.knowledge.wording import GENERIC, normal, stem, stems
from tests.knowledge.conftest import Copy

FIRES = {
    "Eliquis 5 mg": "CI-CLOTTING-DRUGS",
    "Эликвис": "MI-ANTICOAG",
    "hipertonia 2nd degree": "CI-HYPERTENSION",
    "тип 2 сахарный диабет": "CI-DIABETES",
    "СД2": "CI-DIABETES",
    "T2DM": "CI-DIABETES",
    "expressing milk": "CI-LACTATION",
    "myeloma in remission": "CI-ONCOLOGY",
    "Гипертонической болезнью": "CI-HYPERTENSION",
    "хворобою Крона": "CI-AUTOIMMUNE",
    "псоріаз": "CI-AUTOIMMUNE",
    "daily low-dose aspirin": "MI-SALICYLATE",
    "past radiotherapy, 2009": "CI-CHEMO-RADIO-HISTORY",
    "епілепсія з дитинства": "CI-EPILEPSY",
    "BREAST CANCER": "CI-ONCOLOGY",
    "Roaccutane 20mg": "MI-RETINOID-SYSTEMIC",
    "cold sores": "CI-HERPES",
    "kidney stones": "CI-KIDNEY",
    "желчнокаменная болезнь, гепатит C": "CI-LIVER",
    "ВІЛ-інфекція": "CI-HIV",
    "аллергия на новокаин": "AL-PROCAINE",
    "sulfites in wine": "AL-SULPHITE",
    "алергія на рибу": "CI-FISH-ALLERGY",
    "shingles": "CI-HERPES",
    "тромбоцитопенией": "CI-CLOTTING",
    "varicose veins": "CI-VASCULAR",
}
HARMLESS = [
    "vitamin D 2000 IU daily",
    "магний В6",
    "drotaverine",
    "астигматизм",
    "birch pollen allergy",
    "алергія на пилок берези",
    "caesarean section 2015",
    "appendectomy as a child",
    "короткозорість",
    "Paracetamol, sometimes",
    "omeprazole 20 mg and probiotics",
    "клубника, арахис",
]
UNKNOWN = [
    "vitamin D and xyzumab",
    "Xyzumab",
    "minor",
    "allergy",
    "allergy to something blue",
    "без вредных привычек",
    "-",
    "",
]


@pytest.mark.parametrize(("text", "rule"), FIRES.items())
def test_a_known_word_finds_its_rule(text: str, rule: str) -> None:
    result = resolve(text)
    assert rule in result.rules
    assert result.resolved


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_is_recognised_and_touches_no_stopping_rule(text: str) -> None:
    result = resolve(text, {Kind.CONDITION, Kind.MEDICINE, Kind.ALLERGEN})
    assert result.concepts
    assert result.rules == ()
    assert result.resolved


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_unknown_is_not_resolved(text: str) -> None:
    assert not resolve(text).resolved


def test_the_unknown_rest_beside_something_harmless_is_kept() -> None:
    result = resolve("vitamin D and xyzumab")
    assert [concept.id for concept in result.concepts] == ["vitamin d"]
    assert result.leftover == "xyzumab"


@pytest.mark.parametrize(
    "text",
    [
        "denies diabetes",
        "no diabetes or hypertension",
        "not pregnant, she says",
        "hepatitis B ruled out",
        "беременности нет",
        "нет беременности",
        "ни диабета, ни гипертонии",
        "немає алергії",
        "without epilepsy",
    ],
)
def test_what_is_denied_does_not_fire(text: str) -> None:
    result = resolve(text)
    assert result.concepts == ()
    assert result.negated
    assert result.resolved


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("not well controlled hypertension", "CI-HYPERTENSION"),
        ("diabetes without insulin", "CI-DIABETES"),
        ("diabetes no insulin", "CI-DIABETES"),
        ("no diabetes but hypertension", "CI-HYPERTENSION"),
        ("no fever, cold sore", "CI-HERPES"),
        ("hypertension no treatment", "CI-HYPERTENSION"),
        ("не лечится, гипертония", "CI-HYPERTENSION"),
    ],
)
def test_a_negation_of_something_else_disarms_nothing(text: str, rule: str) -> None:
    assert rule in resolve(text).rules


def test_the_longest_phrase_wins() -> None:
    assert resolve("postpartum period").rules == ("CI-POSTPARTUM",)
    assert "CI-FEVER" not in resolve("hay fever").rules
    assert "CI-INFECTION" not in resolve("опоясывающий лишай").rules


def test_only_the_kinds_that_were_asked_for_are_found() -> None:
    assert resolve("lidocaine", {"medicine"}).concepts == ()
    assert resolve("lidocaine", {"allergen"}).rules == ("AL-LIDOCAINE",)
    assert resolve("lidocaine 2 %", {"ingredient"}).rules == ("ING-LIDOCAINE", "AL-LIDOCAINE")
    with pytest.raises(ValueError, match="wizardry"):
        resolve("lidocaine", {"wizardry"})


def test_a_product_brings_the_allergens_it_may_stand_for() -> None:
    assert set(resolve("новокаин", {Kind.INGREDIENT}).rules) == {
        "ING-PROCAINE",
        "AL-PROCAINE",
        "AL-PARABEN",
    }


def test_age_is_no_word(knowledge: Knowledge) -> None:
    concepts = vocabulary_of(knowledge).concepts
    assert not any("CI-AGE-UNDER-18" in concept.rules for concept in concepts)


def test_every_label_finds_its_own_rule_in_every_language(knowledge: Knowledge) -> None:
    for rule in knowledge.contraindications.values():
        if rule.computed is None and stems(rule.label.en) not in GENERIC:
            for _, label in rule.label:
                assert rule.id in resolve(label).rules, label
    for medicine in knowledge.medicines.values():
        for term in (*medicine.terms.all(), medicine.label.uk):
            assert medicine.id in resolve(term).rules, term


def test_every_term_finds_its_own_rule(knowledge: Knowledge) -> None:
    for rule in knowledge.contraindications.values():
        if rule.computed is None:
            for term in rule.terms.all():
                if stems(term) not in GENERIC:
                    assert rule.id in resolve(term).rules, f"{rule.id}: {term}"
    for target, synonyms in knowledge.synonyms.items():
        for term in synonyms.terms.all():
            assert target in resolve(term).rules, f"{target}: {term}"


def test_nothing_harmless_is_spelt_like_a_rule(knowledge: Knowledge) -> None:
    everything = vocabulary()
    for concept in everything.concepts:
        if concept.harmless:
            for phrase in concept.phrases:
                found = everything.index[stems(phrase)]
                same_kind = [one for one in found if one.kind is concept.kind]
                assert same_kind == [concept], f"{phrase}: {[one.id for one in found]}"


def test_concepts_have_one_plain_name_each() -> None:
    ids = [concept.id for concept in vocabulary().concepts]
    assert len(ids) == len(set(ids))
    assert all(one == normal(one) and one.isascii() for one in ids)


def test_a_removed_rule_is_no_longer_found(copy: Copy) -> None:
    copy.edit("contraindications/heart_and_vessels.toml", "[CI-HYPERTENSION]", "[CI-OTHER]")
    copy.edit("vocabulary/synonyms/conditions.toml", "[CI-HYPERTENSION]", "[CI-OTHER]")
    copy.edit("vocabulary/codes/illnesses.toml", "[CI-HYPERTENSION]", "[CI-OTHER]")
    copy.edit("medicines/clotting.toml", '"CI-HYPERTENSION"', '"CI-OTHER"')
    among = vocabulary_of(copy.read())
    assert resolve("hypertension", among=among).rules == ("CI-OTHER",)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("diab", "diabetes"),
        ("hipertension", "hypertension"),
        ("гиперто", "hypertension"),
        ("eliqis", "anticoag medicine"),
        ("вітамін d", "vitamin d"),
        ("lidocane", "allergy to lidocaine"),
    ],
)
def test_the_nearest_concepts_are_suggested(typed: str, first: str) -> None:
    found = suggest(typed, 3, {Kind.CONDITION, Kind.MEDICINE, Kind.ALLERGEN})
    assert found[0].id == first
    assert len(found) <= 3


def test_nothing_is_suggested_for_nothing() -> None:
    assert suggest("") == ()
    assert suggest("qqqqqqqqqq") == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ёлка", "елка"),
        ("ＤＩＡＢＥＴＥＳ", "diabetes"),  # full-width letters
        ("здоров’я", "здоров'я"),
        ("low-molecular  weight", "low molecular weight"),
    ],
)
def test_spelling_is_compared_without_its_accidents(one: str, other: str) -> None:
    assert normal(one) == normal(other)


def test_stems_join_cases_and_keep_short_words_whole() -> None:
    assert stem("гипертонию") == stem("гипертония") == stem("гипертонией")
    assert stem("вагітності") == stem("вагітність")
    assert stem("allergies") == stem("allergy")
    assert stem("вич") == "вич"
    assert stem("lupus") == "lupus"
    assert stem("гипертонус") != stem("гипертония")


def test_a_clinic_adds_its_own_words() -> None:
    own = with_synonyms(vocabulary(), {"epilepsy": ["the shaking"], "no such concept": ["x y"]})
    assert resolve("the shaking, since childhood", among=own).rules == ("CI-EPILEPSY",)
    assert resolve("epileptic", among=own).rules == ("CI-EPILEPSY",)
    assert not resolve("the shaking").resolved
    assert with_synonyms(vocabulary(), {"no such concept": ["x y"]}) is vocabulary()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("E11.9", "CI-DIABETES"),
        ("e11", "CI-DIABETES"),
        ("Е11.9", "CI-DIABETES"),  # with the Cyrillic letter
        ("E119", "CI-DIABETES"),
        ("E11.65", "CI-DIABETES"),  # a national list has more digits
        ("E11.9 Type 2 diabetes mellitus without complications", "CI-DIABETES"),
        ("Type 2 diabetes mellitus", "CI-DIABETES"),
        ("С50.9", "CI-ONCOLOGY"),
        ("Personal history of malignant neoplasm of breast", "CI-ONCOLOGY"),
        ("I10", "CI-HYPERTENSION"),
        ("E06", "CI-AUTOIMMUNE"),  # a part of it is autoimmune
        ("Essential (primary) hypertension", "CI-HYPERTENSION"),
        ("B01AF01", "MI-ANTICOAG"),
        ("N02BA01", "MI-SALICYLATE"),
    ],
)
def test_a_code_or_its_title_finds_its_rule(text: str, rule: str) -> None:
    assert rule in resolve(text).rules


@pytest.mark.parametrize("text", ["J45.9", "К29.5 Хронический гастрит", "M54", "Asthma", "N02BE01"])
def test_a_code_that_no_rule_names_is_known_and_touches_nothing(text: str) -> None:
    found = resolve(text)
    assert found.resolved
    assert found.concepts
    assert found.rules == ()


@pytest.mark.parametrize("text", ["E99.9", "HLA-B27"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert not resolve(text).resolved


def test_a_vitamin_is_no_code() -> None:
    for text, concept in (("coenzyme Q10", "coenzyme q10"), ("vitamin B12", "vitamin b12")):
        found = resolve(text, {Kind.CONDITION, Kind.MEDICINE})
        assert found.concepts == (vocabulary().by_id[concept],)
