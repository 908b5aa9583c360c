"""Findings as a reader may see them: in their language, and what is for doctors only left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.knowledge.questions import questions
from clinic.staff.models import User
from clinic.staff.roles import Permission
from procedures import screening
from procedures.domain.findings import UNASKED, Cited, Finding, Result, decide
from procedures.domain.outcomes import Decision, Outcome, OverrideKind
from procedures.models import Override, Plan, Screening
from procedures.views.reasons import reasons_of

OUTCOMES: dict[Outcome, tuple[str, Promise]] = {
    Outcome.CAUTION: ("warning", _("Caution")),
    Outcome.POSTPONE: ("waiting", _("Not yet")),
    Outcome.HOLD_FOR_DOCTOR: ("waiting", _("A doctor must look")),
    Outcome.BLOCK_PRODUCT_COMBINATION: ("danger", _("Not in one syringe")),
    Outcome.BLOCK_PRODUCT: ("danger", _("Not with this product")),
    Outcome.BLOCK: ("danger", _("Do not treat")),
}
DECISIONS: dict[Decision, tuple[str, str, Promise]] = {
    Decision.PROCEED: ("done", "circle-check", _("Nothing speaks against it")),
    Decision.PROCEED_WITH_CAUTION: ("warning", "alert-triangle", _("Possible, with caution")),
    Decision.DEFER: ("waiting", "clock", _("Not now")),
    Decision.REFUSE: ("danger", "ban", _("Do not treat as planned")),
}
WHO_DECIDES: dict[OverrideKind, Promise] = {
    OverrideKind.NONE: _("Nobody can decide against this."),
    OverrideKind.DOCTOR_REASON: _("A doctor may decide against it, with a reason."),
    OverrideKind.STAFF_ACK: _("Whoever treats may accept it, with a reason."),
    OverrideKind.OFF_BY_DEFAULT: _("This clinic lets nobody decide against this."),
}
BASES: dict[str, Promise] = {
    "seed": _("stated in the source"),
    "derived": _("derived from the source"),
    "inference": _("inferred, no source states it"),
    "confirmed": _("inferred, confirmed by the clinical lead"),
}
NEEDS_DOCTOR = _("A doctor must look at this")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """One finding in plain words, with its source and who may decide on it."""

    code: str
    outcome: str
    tone: str
    outcome_label: str
    label: str
    reasons: tuple[str, ...]
    lifts_when: str
    lifts_on: date | None
    sources: tuple[Cited, ...]
    basis: str
    who_decides: str
    may_decide: bool
    stops: bool
    passes: bool  # by itself: it is asked again on the day of each session
    unasked: bool  # a question of the questionnaire that has no answer
    decided: Override | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a screening says after everything that was decided."""

    tone: str
    icon: str
    label: str
    findings: tuple[ShownFinding, ...]

    @property
    def found(self) -> tuple[ShownFinding, ...]:
        """All but the open questions, which are many where nobody has asked yet."""
        return tuple(one for one in self.findings if not one.unasked)

    @property
    def unasked(self) -> tuple[ShownFinding, ...]:
        return tuple(one for one in self.findings if one.unasked)

    @property
    def stopping(self) -> tuple[ShownFinding, ...]:
        return tuple(one for one in self.found if one.stops and one.decided is None)

    @property
    def lasting(self) -> tuple[ShownFinding, ...]:
        """Those for which nobody signs off: they are there on any day."""
        return tuple(one for one in self.stopping if not one.passes)


def verdict(made: Screening, plan: Plan | None, user: User) -> Verdict:
    """The whole screening for this reader."""
    tone, icon, label = DECISIONS[screening.decision_after_overrides(made, plan)]
    decided = {row.rule: row for row in plan.overrides.select_related("made_by")} if plan else {}
    shown = tuple(_all(screening.findings_of(made), decided, user))
    return Verdict(tone=tone, icon=icon, label=str(label), findings=shown)


def so_far(result: Result, user: User) -> Verdict:
    """What is found while somebody is still being asked: open questions stop nothing yet."""
    said = [one for one in result.findings if not _waits_for_an_answer(one.rule)]
    tone, icon, label = DECISIONS[decide(said)]
    shown = tuple(_all(result.findings, {}, user))
    return Verdict(tone=tone, icon=icon, label=str(label), findings=shown)


def _all(
    findings: Iterable[Finding], decided: dict[str, Override], user: User
) -> Iterable[ShownFinding]:
    for finding in findings:
        hidden = finding.sensitive and not user.may(Permission.SEE_SENSITIVE)
        row = decided.get(finding.code)
        yield _hidden(finding, row) if hidden else _shown(finding, row, user)


def _shown(finding: Finding, decided: Override | None, user: User) -> ShownFinding:
    language = get_language() or "en"
    tone, label = OUTCOMES[finding.outcome]
    needed = screening.WHO_MAY.get(finding.override)
    return ShownFinding(
        code=finding.code,
        outcome=finding.outcome.value,
        tone=tone,
        outcome_label=str(label),
        label=finding.label.in_(language),
        reasons=reasons_of(finding),
        lifts_when=finding.lifts_when.in_(language),
        lifts_on=finding.lifts_on,
        sources=finding.sources,
        basis=str(BASES.get(finding.basis, "")),
        who_decides=str(WHO_DECIDES[finding.override]),
        may_decide=decided is None and needed is not None and user.may(needed),
        stops=finding.stops,
        passes=finding.of_the_day,
        unasked=_is_question(finding.rule),
        decided=decided,
    )


def _waits_for_an_answer(rule: str) -> bool:
    """A question or a list that nobody has asked for yet; of a product somebody read nothing."""
    return rule.startswith(UNASKED) and ":" not in rule.removeprefix(UNASKED)


def _is_question(rule: str) -> bool:
    code = rule.removeprefix(UNASKED)
    return rule.startswith(UNASKED) and code in {one.code for one in questions()}


def _hidden(finding: Finding, decided: Override | None) -> ShownFinding:
    """What it is about stays with the doctors; that it stands is for everybody who treats."""
    tone, label = OUTCOMES[Outcome.HOLD_FOR_DOCTOR]
    return ShownFinding(
        code="",
        outcome=Outcome.HOLD_FOR_DOCTOR.value,
        tone=tone,
        outcome_label=str(label),
        label=str(NEEDS_DOCTOR),
        reasons=(),
        lifts_when="",
        lifts_on=None,
        sources=(),
        basis="",
        who_decides=str(WHO_DECIDES[OverrideKind.DOCTOR_REASON]),
        may_decide=False,
        stops=finding.stops,
        passes=finding.of_the_day,
        unasked=_is_question(finding.rule),
        decided=decided,
    )
