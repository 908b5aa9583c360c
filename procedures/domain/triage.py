"""What a patient's report after a session means: as expected, watch, call back, or urgent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

CONTACT_HOURS = 72  # day 3: whatever has not begun to fade by then, a person looks at


class Feeling(StrEnum):
    """How it goes, in the patient's words."""

    NONE = "none"
    FADING = "fading"
    STILL = "still"
    WORSE = "worse"


class Triage(StrEnum):
    """From the mildest to the gravest."""

    NORMAL = "normal"
    WATCH = "watch"
    CONTACT_CLINIC = "contact_clinic"
    URGENT = "urgent"


GRAVITY = {one: number for number, one in enumerate(Triage)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRule:
    """From how many hours on a sign is no longer normal; 0: at any time; none: it never alarms."""

    id: str
    red_flag_hours: int | None = None
    late_limit_hours: int | None = None
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The gravest word that any sign asks for, and the rules that asked for it."""

    triage: Triage
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One sign as somebody reports it. `emergency`: described so that help is needed at once."""

    sign: str
    feeling: Feeling
    severe: bool = False
    emergency: bool = False


def judge(reports: Iterable[Reported], hours: float, rules: Mapping[str, SignRule]) -> Verdict:
    """Each sign with its own course; the gravest wins. Without a sign it is only how it goes."""
    judged = [(one.sign, _of_report(one, hours, rules)) for one in reports]
    gravest = max((level for _, level in judged), key=GRAVITY.__getitem__, default=Triage.NORMAL)
    because = sorted({sign for sign, level in judged if sign and level is gravest})
    return Verdict(triage=gravest, because=tuple(because))


def _of_report(one: Reported, hours: float, rules: Mapping[str, SignRule]) -> Triage:
    if one.emergency:
        return Triage.URGENT
    if one.severe:
        return Triage.CONTACT_CLINIC
    if one.feeling is Feeling.NONE:
        return Triage.NORMAL
    if not one.sign:
        return _of_feeling(one.feeling, signs_named=False, hours=hours)
    rule = rules.get(one.sign)
    return _of_sign(rule and replace(rule, emergency=False), one.feeling, hours)


def triage(
    feeling: Feeling, signs: Collection[str], hours: float, rules: Mapping[str, SignRule]
) -> Verdict:
    """Hours are real ones since the end of the session; a threshold is reached at it."""
    judged = {sign: _of_sign(rules.get(sign), feeling, hours) for sign in signs}
    levels = [_of_feeling(feeling, signs_named=bool(signs), hours=hours), *judged.values()]
    gravest = max(levels, key=GRAVITY.__getitem__)
    because = sorted(sign for sign, level in judged.items() if level is gravest)
    return Verdict(triage=gravest, because=tuple(because) if gravest is not Triage.NORMAL else ())


def _of_feeling(feeling: Feeling, *, signs_named: bool, hours: float) -> Triage:
    if feeling is Feeling.WORSE:
        return Triage.CONTACT_CLINIC
    if feeling is Feeling.STILL and not signs_named and hours >= CONTACT_HOURS:
        return Triage.CONTACT_CLINIC
    return Triage.NORMAL


def _of_sign(rule: SignRule | None, feeling: Feeling, hours: float) -> Triage:
    if rule is None:
        return Triage.CONTACT_CLINIC
    return max(_words(rule, feeling, hours), key=GRAVITY.__getitem__)


def _words(rule: SignRule, feeling: Feeling, hours: float) -> Iterator[Triage]:
    yield Triage.NORMAL
    if rule.emergency:
        yield Triage.URGENT
    if feeling is Feeling.WORSE or rule.red_flag_hours == 0:
        yield Triage.CONTACT_CLINIC
    if rule.late_limit_hours is not None and hours >= rule.late_limit_hours:
        yield Triage.CONTACT_CLINIC
    if rule.red_flag_hours is not None and hours >= rule.red_flag_hours:
        yield Triage.WATCH if feeling is Feeling.FADING else Triage.CONTACT_CLINIC
