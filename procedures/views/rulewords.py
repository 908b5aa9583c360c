"""The rules as a doctor reads them: outcomes in words, sources, conflicts, and what was changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from clinic.knowledge.entries import Conflict, Contraindication, Gap
from clinic.knowledge.loader import load
from procedures import catalogue
from procedures.domain.changes import ChangeKind
from procedures.domain.described import Described, described
from procedures.domain.outcomes import Outcome
from procedures.domain.rules import AfterMedicine, AfterProcedure, Pressure, Rule
from procedures.domain.screening import Rulebook
from procedures.rulebook import Line
from procedures.views.findings import BASES, OUTCOMES, WHO_DECIDES

CATEGORIES: dict[str, Promise] = {
    "absolute": gettext_lazy("Never"),
    "relative": gettext_lazy("A doctor decides"),
    "temporary": gettext_lazy("For a time"),
    "caution": gettext_lazy("With caution"),
    "product": gettext_lazy("Products"),
}
REPLIES: dict[str, Promise] = {
    "yes": gettext_lazy("Yes"),
    "no": gettext_lazy("No"),
    "unsure": gettext_lazy("Unsure"),
    "assessed": gettext_lazy("Assessed"),
    "not_assessed": gettext_lazy("Not assessed"),
    "yes_component_in_planned_product": gettext_lazy("Yes, and it is in a planned product"),
    "yes_other": gettext_lazy("Yes, to something else"),
    "always": gettext_lazy("Always"),
}
KINDS: dict[str, Promise] = {
    ChangeKind.STRICTER: gettext_lazy("At least: %(outcome)s"),
    ChangeKind.RELAXED: gettext_lazy("At most: %(outcome)s"),
    ChangeKind.OFF: gettext_lazy("Switched off"),
    ChangeKind.ON: gettext_lazy("A doctor may decide against it"),
    ChangeKind.CONFIRMED: gettext_lazy("Inference confirmed by the clinical lead"),
    ChangeKind.SHIPPED: gettext_lazy("As shipped"),
}
TONES: dict[str, str] = {
    ChangeKind.STRICTER: "danger",
    ChangeKind.RELAXED: "warning",
    ChangeKind.OFF: "off",
    ChangeKind.ON: "info",
    ChangeKind.CONFIRMED: "done",
    ChangeKind.SHIPPED: "quiet",
}
PASSES = gettext_lazy("Nothing speaks against it")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOutcome:
    """What a rule asks for, as a badge."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChange:
    """One line of a version or a draft, in words."""

    line: Line
    label: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRule:
    """One rule in the reader's language."""

    id: str
    label: str
    category: str
    outcomes: tuple[ShownOutcome, ...]
    override: str
    basis: str
    rule: Described
    conflicts: tuple[Conflict, ...]
    gaps: tuple[Gap, ...]
    changes: tuple[ShownChange, ...]

    @property
    def haystack(self) -> str:
        words = self.rule.card.label
        files = " ".join(one.file for one in self.rule.card.sources)
        return f"{self.id} {words.en} {words.ru} {words.uk} {files}".lower()


def language() -> str:
    return get_language() or "en"


def shown_rules(book: Rulebook, lines: Iterable[Line]) -> list[ShownRule]:
    """Every rule, with what the clinic changed about it."""
    known, gaps = described(book.rules), gaps_of(book.rules)
    by_rule: dict[str, list[Line]] = {}
    for line in lines:
        by_rule.setdefault(line.rule, []).append(line)
    return [shown_rule(one, by_rule.get(key, ()), gaps.get(key, ())) for key, one in known.items()]


def shown_rule(rule: Described, lines: Iterable[Line] = (), gaps: Iterable[Gap] = ()) -> ShownRule:
    card = rule.card
    return ShownRule(
        id=card.rule,
        label=card.label.in_(language()),
        category=str(CATEGORIES.get(card.category, card.category)),
        outcomes=tuple(shown_outcome(one) for one in rule.outcomes),
        override=str(WHO_DECIDES[card.override]),
        basis=str(BASES.get(card.basis, "")),
        rule=rule,
        conflicts=tuple(conflicts_of(card.rule)),
        gaps=tuple(gaps),
        changes=shown_changes(lines),
    )


def shown_outcome(outcome: Outcome) -> ShownOutcome:
    return ShownOutcome(value=outcome.value, label=str(OUTCOMES[outcome][1]))


def shown_changes(lines: Iterable[Line]) -> tuple[ShownChange, ...]:
    return tuple(
        ShownChange(line=one, label=label_of(one.rule), words=in_words(one), tone=TONES[one.kind])
        for one in lines
    )


def in_words(line: Line | None) -> str:
    """What a line says; without a line the rule is as shipped."""
    if line is None:
        return str(KINDS[ChangeKind.SHIPPED])
    outcome = OUTCOMES[Outcome(line.outcome)][1] if line.outcome else ""
    words = str(KINDS[line.kind])
    return words % {"outcome": outcome} if line.outcome else words


def label_of(rule: str) -> str:
    """What a rule is called; its id where the knowledge no longer has it."""
    known = described(catalogue.rulebook({}).rules)
    return known[rule].card.label.in_(language()) if rule in known else rule


def conflicts_of(rule: str) -> Iterator[Conflict]:
    """Where the sources disagree about it, and what is followed."""
    entry = load().by_id.get(rule)
    for key in entry.conflicts if entry else ():
        yield load().conflicts[key]


def gaps_of(rules: Iterable[Rule]) -> dict[str, tuple[Gap, ...]]:
    """What no source says of a rule, and the clinic has to set."""
    found: dict[str, dict[str, Gap]] = {}
    for rule in rules:
        if isinstance(rule, AfterMedicine | AfterProcedure | Pressure):
            setting = load().settings[rule.unset.rule.removeprefix("setting:")]
            found.setdefault(rule.card.rule, {})[setting.gap] = load().gaps[setting.gap]
    return {key: tuple(ones.values()) for key, ones in found.items()}


def answers_of(rule: str) -> list[tuple[str, ShownOutcome | None]]:
    """What each answer to its question leads to; None passes."""
    entry = load().contraindications.get(rule)
    triggers = entry.trigger.by_answer if entry else {}
    return [
        (
            str(REPLIES.get(reply, reply)),
            shown_outcome(Outcome(one.value)) if one.value in set(Outcome) else None,
        )
        for reply, one in triggers.items()
    ]


def entry_of(rule: str) -> Contraindication | None:
    return load().contraindications.get(rule)


def terms_of(rule: str) -> list[str]:
    """The words by which people name it, as far as the sources do."""
    entry = load().contraindications.get(rule) or load().medicines.get(rule)
    return list(entry.terms.all()) if entry else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One rule that two versions treat differently."""

    rule: str
    label: str
    before: str
    after: str
    reason: str


def differences(before: Iterable[Line], after: Iterable[Line]) -> list[Difference]:
    """What changed from one version to the other, by rule."""
    old, new = _by_slot(before), _by_slot(after)
    return [
        Difference(
            rule=slot[1],
            label=label_of((new.get(slot) or old[slot]).rule),
            before=in_words(old.get(slot)),
            after=in_words(new.get(slot)),
            reason=new[slot].reason if slot in new else _("Back to what was shipped"),
        )
        for slot in sorted({*old, *new})
        if in_words(old.get(slot)) != in_words(new.get(slot))
    ]


def _by_slot(lines: Iterable[Line]) -> Mapping[tuple[str, str], Line]:
    return {one.slot: one for one in lines}
