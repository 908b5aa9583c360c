"""Where and how something is to be injected and what was done before, from the words for it.

Names only: what follows from a place or a technique stands in the knowledge.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from clinic.knowledge.entries import Area
from clinic.knowledge.loader import load
from clinic.knowledge.wording import normal, stems
from procedures.catalogue.person import AFTER

AREAS = {
    Area.LOWER_EYELID: (
        "lower eyelid", "lower eyelids", "lower lid", "eyelids", "under the eyes", "under eye",
        "undereye", "tear trough", "infraorbital", "periorbital", "around the eyes", "eye area",
        "нижнее веко", "нижние веки", "нижних век", "нижнего века", "веки", "под глазами",
        "вокруг глаз", "носослёзная борозда", "периорбитальная",
        "нижня повіка", "нижні повіки", "нижніх повік", "нижньої повіки", "повіки", "під очима",
        "навколо очей", "носослізна борозна", "періорбітальна",
    ),
}  # fmt: skip
TECHNIQUES = {
    "TE-DEVICE": (
        "device", "injector", "mesogun", "meso gun", "multi needle", "multineedle", "18 needles",
        "аппарат", "аппаратное", "инъектор", "мезопистолет", "многоигольчатый", "18 игл",
        "апарат", "апаратне", "інʼєктор", "мезопістолет", "багатоголковий", "18 голок",
    ),
    "TE-MESOSCOOTER": (
        "home roller", "at home", "home use", "home microneedling",
        "derma roller", "dermaroller", "mesoroller", "needle roller",
        "мезороллер", "дермароллер", "ролик с иглами", "дома", "в домашних условиях",
        "мезоролер", "дермаролер", "вдома", "удома", "у домашніх умовах",
    ),
    "TE-MANUAL": ("by hand", "manually", "вручную", "ручная", "вручну", "ручна"),
}  # fmt: skip
INTRADERMAL = (
    "intradermal", "intradermally", "intracutaneous", "id", "i d", "into the dermis", "dermal",
    "внутрикожно", "внутрикожное", "внутрикожный", "интрадермально", "в к",
    "внутрішньошкірно", "внутрішньошкірне", "внутрішньошкірний", "інтрадермально",
)  # fmt: skip
NO_ALCOHOL = (
    "non alcoholic", "nonalcoholic", "alcohol free", "none", "no alcohol", "nothing",
    "безалкогольное", "безалкогольный", "без алкоголя", "нет", "не пила", "не пил",
    "безалкогольне", "безалкогольний", "без алкоголю", "немає", "не пила", "не пив",
)  # fmt: skip
Names = tuple[tuple[str, str], ...]
NOT_KNOWN = ("unknown", "not known", "not stated", "неизвестно", "не указано", "невідомо", "?")


def area_in(text: str) -> str:
    """A place with rules of its own, by its id; any other as it is written."""
    return _longest(text, _areas()) or normal(text).replace(" ", "-")


def technique_in(text: str) -> str:
    """The technique a text names, "" where it names none that we know; of several the one with
    a rule of its own, then the one named at more length."""
    named = _all(text, _techniques())
    return next((one for one in named if one in _with_rules()), named[0] if named else "")


def is_alcohol(text: str) -> bool:
    """Whether what somebody drank counts; what nobody names does."""
    return not _longest(text, _without_alcohol())


def procedure_kinds(text: str) -> tuple[str, ...]:
    """What was done, as the clinic's settings call it: laser, peel, filler, other_procedure."""
    return tuple(sorted(_all(text, _procedures()))) or ("other_procedure",)


def is_unknown(text: str) -> bool:
    """Somebody was asked and could not say."""
    return text.strip().lower() in NOT_KNOWN


def is_intradermal(route: str) -> bool | None:
    """Whether a licence lets a product into the skin; None where nobody knows."""
    if not route or is_unknown(route):
        return None
    return bool(_longest(route, _routes()))


@cache
def _areas() -> Names:
    return _names({area.value: names for area, names in AREAS.items()})


@cache
def _without_alcohol() -> Names:
    return _names({"none": NO_ALCOHOL})


@cache
def _with_rules() -> frozenset[str]:
    """Techniques that are not offered, or that a contraindication names."""
    known = load()
    refused = {one.id for one in known.techniques.values() if not one.offered}
    named = (one.technique_ids for one in known.contraindications.values())
    return frozenset(refused.union(*named))


@cache
def _routes() -> Names:
    return _names({"intradermal": INTRADERMAL})


@cache
def _procedures() -> Names:
    settings = load().settings
    kinds = (key for key in settings if key.startswith(AFTER))
    return _names({key.removeprefix(AFTER): settings[key].terms.all() for key in kinds})


@cache
def _techniques() -> Names:
    """The names of the knowledge, in every language, and what else they are called."""
    named = {one.id: [one.id, *TECHNIQUES.get(one.id, ())] for one in load().techniques.values()}
    for one in load().techniques.values():
        for label in (one.label.en, one.label.ru, one.label.uk):
            name = label.partition("(")[0]  # "Device / automatic injector": each of both
            named[one.id] += [name, *name.split("/")]
    return _names(named)


def _names(named: Mapping[str, Iterable[str]]) -> Names:
    """Stems between blanks, each with what it names; the longest first."""
    found = {f" {' '.join(stems(name))} ": key for key, names in named.items() for name in names}
    return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))


def _longest(text: str, names: Names) -> str:
    return next(iter(_all(text, names)), "")


def _all(text: str, names: Names) -> tuple[str, ...]:
    """Whatever a text names, each once, the longest name first."""
    said = f" {' '.join(stems(text))} " if text else ""
    return tuple(dict.fromkeys(key for words, key in names if words in said))
