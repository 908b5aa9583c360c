"""One name, many spellings: all of them fold to the same key."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients import names

# The same names as passports of different countries, and people themselves, spell them.
SPELLINGS = [
    ["Щербакова", "Shcherbakova", "Scherbakova", "ЩЕРБАКОВА", " shcherbakova "],
    ["Семёнов", "Семенов", "Semenov", "Semyonov"],
    ["Їжакевич", "Yizhakevych", "Izhakevych"],
    ["Ґалаґан", "Galagan", "Halahan", "Галаган"],
    ["Юрій", "Юрий", "Yurii", "Yuriy", "Yury", "Iurii", "Yuri"],
    ["Марія", "Мария", "Mariia", "Mariya", "Maria"],
    ["Вікторія", "Виктория", "Viktoriia", "Victoria"],
    ["Євген", "Yevhen", "Ievhen", "Evhen", "Yevgen"],
    ["Мар'яна", "Марʼяна", "Мар’яна", "Mariana", "Mar'iana", "Maryana"],
    ["Ковальський", "Kovalskyi", "Kovalsky", "Kowalski"],
    ["Цветкова", "Tsvetkova", "Cvetkova"],
    ["Čapek", "Capek", "Чапек"],
    ["José", "Jose", "JOSÉ"],
    ["Łucja", "Lucja"],
    ["Анна", "Anna", "Ana"],
    ["Філіп", "Филипп", "Filipp", "Philip"],
]
RUSSIAN_PASSPORT = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
        "и": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
        "щ": "shch", "ъ": "ie", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia",
    }
)  # fmt: skip
UKRAINIAN_PASSPORT = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie",
        "ж": "zh", "з": "z", "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m",
        "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh",
        "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ю": "iu", "я": "ia",
    }
)  # fmt: skip
SYLLABLES = st.tuples(st.sampled_from("бвгдзклмнпрстфхцчшщж"), st.sampled_from("аеиоуяю"))
NAMES = st.lists(SYLLABLES, min_size=2, max_size=5).map(
    lambda pairs: "".join(consonant + vowel for consonant, vowel in pairs)
)


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda one: one[0])
def test_spellings_of_one_name_fold_to_one_key(spellings: list[str]) -> None:
    assert len({names.fold(one) for one in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("Щербакова", "Щербаков"), ("Anna", "Hanna"), ("Коваль", "Ковач")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert names.fold(one) != names.fold(other)


@given(NAMES)
def test_a_passport_in_latin_letters_finds_the_cyrillic_name(name: str) -> None:
    assert names.fold(name.translate(RUSSIAN_PASSPORT)) == names.fold(name)


@given(NAMES.map(lambda name: name.replace("ы", "и")))
def test_a_ukrainian_passport_finds_it_too(name: str) -> None:
    assert names.fold(name.translate(UKRAINIAN_PASSPORT)) == names.fold(name)


@given(st.text(max_size=40))
def test_case_and_composition_never_matter(text: str) -> None:
    folded = names.fold(text)
    assert names.fold(unicodedata.normalize("NFD", text)) == folded
    assert names.fold(f"  {text}\t") == folded


@given(st.text(max_size=40))
def test_a_key_holds_words_and_single_spaces_only(text: str) -> None:
    folded = names.fold(text)
    assert folded == " ".join(folded.split())
    assert "'" not in folded
    assert "_" not in folded


def test_the_stored_key_marks_where_words_begin() -> None:
    assert names.key("Testova", "Anna-Maria") == " testova ana maria"
