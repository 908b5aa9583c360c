"""How people write: one spelling for comparison, word stems, words that carry no meaning."""

import re
import unicodedata

MIN_STEM = 5
APOSTROPHES = re.compile(r"['’ʼ`´]")
NO_WORD = re.compile(r"[^\w%]+|_+")
CLAUSES = re.compile(
    r"[,;\n|/]|(?<!\d)\.(?!\d)|\s[-–—]\s|\b(?:and|but|also|plus|и|но|а также|та|й|але)\b", re.I
)


def listed(text: str) -> frozenset[str]:
    """The words of a list, as written below."""
    return frozenset(text.split())


# Endings of Russian and Ukrainian nouns and adjectives, longest first. A stem keeps five letters
# at least, so that short words are compared whole.
ENDINGS = sorted(
    listed(
        """
        иями ями ами ого его ому ему ыми ими іми ою ею єю ой ей ий ій ый ая яя ое ее ые ие их ых
        іх ую юю ом ем ам ям ах ях ов ев ів ія ії ією ію ия ии ию ием ье ья ью ым им ім а я о е є
        ы и і ї у ю ь й ией иею иях иям іям іях іями ость ости остью ість ості істю
        """
    ),
    key=lambda ending: (-len(ending), ending),
)
NEGATIONS = listed(
    """
    no not without denies denied never none
    ни без нет не отрицает
    немає нема ні ані заперечує
    """
)
NEGATED_AFTER = frozenset(
    (
        "ruled out", "excluded", "no", "none", "denied",
        "исключен", "исключена", "исключено", "нет", "отрицает",
        "виключено", "немає", "нема", "ні", "заперечує",
    )
)  # fmt: skip
ALTERNATIVES = listed("or nor или ни або чи ані")
# What may stand beside a recognised word without changing what it says.
FILLERS = listed(
    """
    a an the of in on at for with from to my her his has have had is was i she he they am are
    since year years ago month months old daily once twice times day days week weeks per mg ml
    mcg g iu me ui
    as child childhood history any known says
    tablet tablets capsule capsules drops tab caps dose morning evening night course
    current currently sometimes occasionally regularly mild allergy allergic allergies to reaction
    takes taking take uses using allergen pollen food
    в на с со от по для из у о об лет год года годы назад мес месяц месяца месяцев день дня дней
    раз раза сутки мг мл мкг г ме таблетка таблетки табл капсула капсулы капли доза утром
    вечером курс детстве была был было
    иногда регулярно сейчас аллергия аллергии принимает принимаю пьёт пьет пью аллергический реакция
    з із від до рік роки років тому місяць місяці місяців день дні днів рази добу
    таблетки капсули краплі вранці ввечері курсом інколи іноді регулярно зараз алергія алергії
    приймає приймаю реакція дитинстві була був було
    """
)


def normal(text: str) -> str:
    """One spelling: compatibility forms, case, ё, apostrophes, punctuation and spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return " ".join(NO_WORD.sub(" ", APOSTROPHES.sub("", folded)).split())


def words(text: str) -> tuple[str, ...]:
    """The words of a text in one spelling."""
    return tuple(normal(text).split())


def clauses(text: str) -> tuple[str, ...]:
    """What is said one after the other; a negation reaches no further than its clause."""
    return tuple(part for part in CLAUSES.split(text) if part.strip())


def stem(word: str) -> str:
    """A word without its plural or case ending, where that is safe."""
    if word.isascii():
        return _english(word)
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return word.removesuffix(ending)
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


def carries_nothing(word: str) -> bool:
    """Whether a word is a number or a filler beside what was recognised."""
    known = word in FILLERS or word in NEGATIONS or word in ALTERNATIVES
    return known or word[0].isdigit() or len(word) == 1


# Words that name no particular thing: "allergy" says nothing until one knows to what.
GENERIC = frozenset(
    stems(text)
    for text in (
        "allergy", "allergies", "hypersensitivity", "intolerance", "аллергия", "непереносимость",
        "непереносимость компонентов", "алергія", "непереносимість", "непереносимість компонентів",
    )
)  # fmt: skip
