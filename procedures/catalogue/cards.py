"""What is shown of a rule: the words, sources and limits of its entry in the knowledge."""

from clinic.knowledge.entries import Contraindication, Entry, Incompatibility, Medicine
from clinic.knowledge.entries import Override as KnownOverride
from clinic.knowledge.entries import Words as KnownWords
from clinic.knowledge.loader import Knowledge
from procedures.domain import words
from procedures.domain.findings import Cited, Words
from procedures.domain.outcomes import OverrideKind
from procedures.domain.rules import Card

STRICTNESS = (
    OverrideKind.NONE,
    OverrideKind.OFF_BY_DEFAULT,
    OverrideKind.DOCTOR_REASON,
    OverrideKind.STAFF_ACK,
)
PRODUCT_KINDS = {"ingredient", "allergen"}


def words_of(known: KnownWords) -> Words:
    return Words(en=known.en, ru=known.ru, uk=known.uk)


def cited(knowledge: Knowledge, *entries: Entry) -> tuple[Cited, ...]:
    """The sources of these entries, each once."""
    found = [one for entry in entries for one in knowledge.cite(entry)]
    cards = (Cited(file=str(one["file"]), line=_line(one["line"])) for one in found)
    return tuple(dict.fromkeys(cards))


def card_of(knowledge: Knowledge, rule: str, *also: str) -> Card:
    """The card of a contraindication, with the sources of the entries that say the same."""
    entry = knowledge.contraindications[rule]
    return Card(
        rule=rule,
        concept=rule.partition("-")[2].replace("-", " ").lower(),
        category="product" if entry.kind.value in PRODUCT_KINDS else entry.category.value,
        label=words_of(entry.label),
        lifts_when=words_of(entry.lifts_when),
        override=OverrideKind(entry.override.value),
        sources=cited(knowledge, entry, *(knowledge.by_id[key] for key in also)),
        basis=entry.basis.value,
        sensitive=entry.sensitive,
    )


def card_of_medicine(knowledge: Knowledge, entry: Medicine) -> Card:
    """A medicine is as strict as the strictest contraindication it stands for."""
    stands_for = [knowledge.contraindications[key] for key in entry.contraindication_ids]
    first = stands_for[0] if stands_for else None
    return Card(
        rule=entry.id,
        category=_category_of_medicine(entry, first),
        label=words_of(entry.label),
        lifts_when=words_of(first.lifts_when) if first else words.DOCTOR_DECIDES,
        override=_override_of_medicine(entry, stands_for),
        sources=cited(knowledge, entry),
        basis=entry.basis.value,
        sensitive=any(one.sensitive for one in stands_for),
    )


def card_of_mixture(
    knowledge: Knowledge, entry: Incompatibility | Medicine, label: Words, override: OverrideKind
) -> Card:
    return Card(
        rule=entry.id,
        category="product",
        label=label,
        lifts_when=words.OTHER_PRODUCT,
        override=override,
        sources=cited(knowledge, entry),
        basis=entry.basis.value,
    )


def card_of_setting(knowledge: Knowledge, key: str) -> Card:
    """A value that the sources leave to the clinic and that nobody has set yet."""
    setting = knowledge.settings[key]
    about = words_of(setting.label)
    label = Words(
        en=f"{words.SETTING.en}: {about.en}",
        ru=f"{words.SETTING.ru}: {about.ru}",
        uk=f"{words.SETTING.uk}: {about.uk}",
    )
    return Card(
        rule=f"setting:{key}",
        category="caution",
        label=label,
        lifts_when=words.SET_IT,
        override=OverrideKind.NONE,
        sources=cited(knowledge, knowledge.gaps[setting.gap]),
    )


def _category_of_medicine(entry: Medicine, first: Contraindication | None) -> str:
    if entry.outcome.value == "caution" or first is None:
        return "caution"
    return first.category.value


def _override_of_medicine(entry: Medicine, stands_for: list[Contraindication]) -> OverrideKind:
    if entry.outcome.value == "caution":
        return OverrideKind.STAFF_ACK
    same = [one for one in stands_for if one.trigger.yes is entry.outcome]
    kinds = [one.override for one in same] or [KnownOverride.DOCTOR_REASON]
    return min((OverrideKind(one.value) for one in kinds), key=STRICTNESS.index)


def _line(value: str | int | None) -> int | None:
    return int(value) if value is not None else None
