"""What a clinic changes about the rules, as values: findings in, findings out as the clinic says.

Nothing here weakens a rule against which nobody may decide, and "unsure" never becomes milder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from procedures.domain.findings import GRAVITY, Finding
from procedures.domain.outcomes import Outcome, OverrideKind

UNSURE = "answer: unsure"
CONFIRMED_BASIS = "confirmed"
OPEN_TO_DOCTORS = frozenset({OverrideKind.DOCTOR_REASON, OverrideKind.STAFF_ACK})


class ChangeKind(StrEnum):
    """What a clinic may say about a rule, or about a word."""

    STRICTER = "stricter"
    RELAXED = "relaxed"
    OFF = "off"
    ON = "on"
    CONFIRMED = "confirmed"
    SYNONYM = "synonym"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One decision of the clinic about one rule."""

    kind: ChangeKind
    rule: str
    outcome: Outcome | None = None

    def heed(self, finding: Finding) -> Finding | None:
        """The finding as the clinic wants it; None where the clinic switched its rule off."""
        match self.kind:
            case ChangeKind.STRICTER:
                return self._stricter(finding)
            case ChangeKind.RELAXED:
                return self._relaxed(finding)
            case ChangeKind.OFF:
                return None if finding.override in OPEN_TO_DOCTORS else finding
            case ChangeKind.ON:
                return _opened(finding)
            case ChangeKind.CONFIRMED:
                return replace(finding, basis=CONFIRMED_BASIS)
            case _:
                return finding

    def _stricter(self, finding: Finding) -> Finding:
        if self.outcome is None or GRAVITY[finding.outcome] >= GRAVITY[self.outcome]:
            return finding
        accepted = finding.override is OverrideKind.STAFF_ACK  # what stops is for a doctor
        override = OverrideKind.DOCTOR_REASON if accepted else finding.override
        return replace(finding, outcome=self.outcome, override=override)

    def _relaxed(self, finding: Finding) -> Finding:
        milder = self.outcome is not None and GRAVITY[self.outcome] < GRAVITY[finding.outcome]
        if not milder or finding.override not in OPEN_TO_DOCTORS or UNSURE in finding.because:
            return finding
        return replace(finding, outcome=self.outcome or finding.outcome)


def by_rule(changes: Iterable[Change]) -> dict[str, tuple[Change, ...]]:
    """What is said about each rule."""
    found: dict[str, tuple[Change, ...]] = {}
    for one in changes:
        found[one.rule] = (*found.get(one.rule, ()), one)
    return found


def heeded(
    findings: Iterable[Finding], changes: Mapping[str, tuple[Change, ...]]
) -> Iterator[Finding]:
    """The findings with everything that the clinic changed about their rules."""
    for finding in findings:
        kept: Finding | None = finding
        for change in changes.get(finding.rule, ()):
            kept = change.heed(kept) if kept else None
        if kept:
            yield kept


def _opened(finding: Finding) -> Finding:
    """A rule that is shipped closed, and that a doctor of this clinic may decide against."""
    closed = finding.override is OverrideKind.OFF_BY_DEFAULT
    return replace(finding, override=OverrideKind.DOCTOR_REASON) if closed else finding
