"""How people write: one spelling for comparison, word stems, words that carry no meaning."""

import re
import unicodedata

MIN_STEM = 5
APOSTROPHES = re.compile(r"['’ʼ`´]")
NO_WORD = re.compile(r"[^\w%]+|_+")
CLAUSES = re.compile(
    r"([,;\n|/+]|(?<!\d)\.(?!\d)|\s[-–—]\s|\b(?:and|but|plus|и|но|а также|та|й|але)\b)", re.I
)


def listed(text: str) -> frozenset[str]:
    """The words of a list, as written below."""
    return frozenset(text.split())


# Endings of Russian and Ukrainian nouns and adjectives, longest first. A stem keeps five letters
# at least, so that short words are compared whole.
ENDINGS = frozenset(
    listed(
        """
        иями ями ами ого его ому ему ыми ими іми ою ею єю ой ей ий ій ый ая яя ое ее ые ие их ых
        іх ую юю ом ем ам ям ах ях ов ев ів ія ії ією ію ия ии ию ием ье ья ью ым им ім а я о е є
        ы и і ї у ю ь й ией иею иях иям іям іях іями ость ости остью ість ості істю
        """
    )
)
LONGEST_ENDING = max(map(len, ENDINGS))
# Letters that are typed for the like one of the other alphabet.
LATIN = str.maketrans("авсенкмортхіу", "abcehkmoptxiy")
CYRILLIC = str.maketrans("abcehkmoptxiy", "авсенкмортхіу")
LETTER_AND_NUMBER = re.compile(r"[авсенкмортхі]\d+")
HAS_CYRILLIC = re.compile(r"[а-яіїєґ]")
HAS_LATIN = re.compile(r"[a-z]")
# Russian and Ukrainian in Latin letters, the longest first.
SPELT = (
    ("shch", "щ"), ("sch", "щ"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("tz", "ц"), ("ch", "ч"),
    ("sh", "ш"), ("yu", "ю"), ("ju", "ю"), ("ya", "я"), ("ja", "я"), ("ia", "ия"), ("yo", "е"),
    ("ph", "ф"), ("th", "т"), ("ck", "к"), ("x", "кс"), ("a", "а"), ("b", "б"), ("v", "в"),
    ("w", "в"), ("g", "г"), ("d", "д"), ("e", "е"), ("z", "з"), ("i", "и"), ("j", "й"), ("k", "к"),
    ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("r", "р"), ("s", "с"), ("t", "т"),
    ("u", "у"), ("f", "ф"), ("h", "х"), ("c", "ц"), ("q", "к"), ("y", "ы"),
)  # fmt: skip


def normal(text: str) -> str:
    """One spelling: compatibility forms, case, ё, apostrophes, punctuation and spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return " ".join(NO_WORD.sub(" ", APOSTROPHES.sub("", folded)).split())


def words(text: str) -> tuple[str, ...]:
    """The words of a text in one spelling."""
    return tuple(_one_alphabet(word) for word in normal(text).split())


def _one_alphabet(word: str) -> str:
    """A word in one alphabet: "сд" with a Latin c, "в12" with a Cyrillic в."""
    if word.isascii() or not HAS_CYRILLIC.search(word):
        return word
    if LETTER_AND_NUMBER.fullmatch(word):
        return word.translate(LATIN)
    return word.translate(CYRILLIC) if HAS_LATIN.search(word) else word


def cyrillic(word: str) -> str:
    """A Russian word that was typed in Latin letters: "gipertonia"."""
    for latin, letter in SPELT:
        word = word.replace(latin, letter)
    return word


def clauses(text: str) -> tuple[tuple[str, str], ...]:
    """What is said one after the other, each part with what joins it to the one before."""
    parts = CLAUSES.split(text)
    joints = ("", *(joint.strip().casefold() for joint in parts[1::2]))
    return tuple(
        (joint, part) for joint, part in zip(joints, parts[::2], strict=True) if part.strip()
    )


def stem(word: str) -> str:
    """A word without its plural or case ending, where that is safe."""
    if word.isascii():
        return _english(word)
    for length in range(min(LONGEST_ENDING, len(word) - MIN_STEM), 0, -1):
        if word[-length:] in ENDINGS:
            return word[:-length]
    return word


def _english(word: str) -> str:
    if len(word) > MIN_STEM and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) >= MIN_STEM and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def stems(text: str) -> tuple[str, ...]:
    """The words of a text, each as its stem."""
    return tuple(stem(word) for word in words(text))


# Words that name no particular thing: "allergy" says nothing until one knows to what.
GENERIC = frozenset(
    stems(text)
    for text in (
        "allergy", "allergies", "hypersensitivity", "intolerance", "аллергия", "непереносимость",
        "непереносимость компонентов", "алергія", "непереносимість", "непереносимість компонентів",
    )
)  # fmt: skip
