"""Names as a search key: two spellings of one name, in any script, fold to the same text."""

import re
import unicodedata

# Cyrillic letters in a Latin spelling; SOUNDS makes equal what passports spell differently.
CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "h", "д": "d", "е": "e", "ё": "e", "є": "e",
        "ж": "zh", "з": "z", "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m",
        "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f",
        "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "i", "ь": "",
        "э": "e", "ю": "iu", "я": "ia",
    }
)  # fmt: skip
STROKED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "t"}
)
SPELLINGS = [
    (re.compile(pattern), plain)
    for pattern, plain in [
        (r"[йь]о", "е"),  # Йосип, Льоня
        (r"(?<=[a-z])'(?=[a-z])", ""),  # Mar'iana
    ]
]
SOUNDS = [
    (re.compile(pattern), plain)
    for pattern, plain in [
        (r"shch|sch|shc|sh|sz", "s"),  # Щербакова, Shcherbakova, Scherbakova
        (r"zh", "z"),
        (r"kh|gh", "h"),
        (r"tsch|tch|cz|ch|ts|tz|ck|c|q", "k"),  # Victor, Viktor; Tsvetkova, Cvetkova
        (r"ph", "f"),
        (r"th", "t"),
        (r"x", "ks"),
        (r"w", "v"),
        (r"g", "h"),  # Galina, Halyna
        (r"yo|(?<=[a-z])jo", "e"),  # Fyodor, Fedor
        (r"[yj]", "i"),
        (r"i+e", "e"),  # Yevhen, Ievhen, Evhen
        (r"(.)\1+", r"\1"),  # Mariia, Maria; Anna, Ana
    ]
]
MARKS = re.compile(r"[\u0300-\u036f]")
APOSTROPHES = re.compile(r"[\u02bc\u2019\u2018`´]")
OTHER = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """The words of a name without case, accents, script and the habits of one transliteration."""
    text = unicodedata.normalize("NFC", text).casefold()
    text = APOSTROPHES.sub("'", text)
    for pattern, plain in SPELLINGS:
        text = pattern.sub(plain, text)
    text = text.translate(CYRILLIC).translate(STROKED)
    text = MARKS.sub("", unicodedata.normalize("NFKD", text)).replace("'", "")
    return " ".join(_sound(word) for word in OTHER.sub(" ", text).split())


def key(*names: str) -> str:
    """What a row stores: each word is preceded by a space, so that " ab" finds beginnings."""
    return " " + fold(" ".join(names))


def _sound(word: str) -> str:
    for pattern, plain in SOUNDS:
        word = pattern.sub(plain, word)
    return word
