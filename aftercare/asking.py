""" "Can I ...?", answered from the knowledge. Whatever is not understood is forbidden until a
clinician answers; an act that is forbidden is never answered "allowed", however it is wrapped."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from clinic.knowledge import hearing
from clinic.knowledge.entries import Act, Recommendation, Restriction, Safety, Words
from clinic.knowledge.hearing import Heard
from clinic.knowledge.loader import load
from procedures.domain.restrictions import Window

A_DAY = timedelta(days=1)
T = TypeVar("T")
LISTED_UNTIL_DAY = 14  # RX-SELF-MED: so long, nothing goes on the skin but what is on the list
# GAP-HAIR: these four are written for the face; for scalp and body nobody has said anything.
WRITTEN_FOR_THE_FACE = frozenset({"RX-WASH", "RX-TAP-WATER", "RX-TOUCH", "RX-FACE-DOWN"})
ELSEWHERE = frozenset({"scalp", "body"})
FACE = frozenset({"face", "lower-eyelid"})


class May(StrEnum):
    """From the mildest to the strictest."""

    ALLOWED = "allowed"
    WITH_CONDITIONS = "allowed_with_conditions"
    FORBIDDEN = "forbidden"


STRICTNESS = {one: number for number, one in enumerate(May)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rules say about one act. Forbidden without `until`: nobody knows until when."""

    may: May
    until: datetime | None = None
    conditions: tuple[Words, ...] = ()
    rules: tuple[str, ...] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a patient is answered. `without`: what stays forbidden beside it."""

    may: May
    until: datetime | None = None
    conditions: tuple[Words, ...] = ()
    without: tuple[Words, ...] = ()
    rules: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """Who asks when: the end of the session, the windows of every ban, the treated area."""

    at: datetime
    ended_at: datetime
    windows: Mapping[str, tuple[Window, ...]] = field(repr=False)
    area: str = ""

    @cached_property
    def regions(self) -> frozenset[str]:
        return hearing.regions(self.area)

    @property
    def is_elsewhere(self) -> bool:
        """Scalp or body was treated, and not the face."""
        return bool(self.regions & ELSEWHERE) and not self.regions & FACE

    def day(self, number: int) -> datetime:
        return self.ended_at + number * A_DAY

    def concerns(self, entry: Restriction | Recommendation) -> bool:
        return entry.area is None or entry.area.value in self.regions

    def in_force(self, rules: Iterable[str]) -> tuple[Window, ...]:
        """The windows that hold now, and those that follow before they have ended."""
        ahead = sorted(
            (one for rule in rules for one in self.windows.get(rule, ())),
            key=lambda one: one.starts_at,
        )
        held: list[Window] = []
        reach = self.at
        for window in ahead:
            if window.starts_at <= reach < window.until:
                held.append(window)
                reach = window.until
        return tuple(held)


def answer(text: str, detail: str, when: Circumstances) -> Answer:
    """The strictest verdict on everything the question names."""
    heard = hearing.acts(text, detail)
    named, denied = _acts(heard, "named"), _acts(heard, "denied")
    named = tuple(act for act in named if not act.vague) or named
    if not named:  # "no alcohol?" asks about alcohol
        named, denied = denied, ()
    verdicts = [_verdict(act, when, _lifted(named)) for act in named]
    unresolved = tuple(_unresolved(text, heard, verdicts))
    avoided = _still_forbidden(denied, when)
    may = _strictest(verdicts, avoided=bool(avoided), unresolved=bool(unresolved))
    decisive = [one for one in verdicts if one.may is may]
    if may is May.WITH_CONDITIONS:  # some acts are free, and what is left out is the condition
        decisive = decisive or verdicts
    return Answer(
        may=may,
        until=_until(decisive),
        conditions=_once(words for one in decisive for words in one.conditions),
        without=() if may is May.FORBIDDEN else _once(one.forbidden for one in avoided),
        rules=_once(rule for one in decisive for rule in one.rules),
        unresolved=unresolved,
    )


def sources(answered: Answer) -> tuple[Mapping[str, str | int | None], ...]:
    """File and line of every rule of an answer."""
    known = load()
    return tuple(line for rule in answered.rules for line in known.cite(known.by_id[rule]))


def _acts(heard: Iterable[Heard], which: str) -> tuple[Act, ...]:
    names = _once(name for one in heard for name in getattr(one, which))
    return tuple(load().activities[name] for name in names)


def _lifted(acts: Iterable[Act]) -> frozenset[str]:
    return frozenset(rule for act in acts for rule in act.lifts)


def _strictest(verdicts: list[Verdict], *, avoided: bool, unresolved: bool) -> May:
    if unresolved or not verdicts:
        return May.FORBIDDEN
    strictest = max((one.may for one in verdicts), key=STRICTNESS.__getitem__)
    if avoided and strictest is May.ALLOWED:
        return May.WITH_CONDITIONS
    return strictest


def _until(decisive: list[Verdict]) -> datetime | None:
    """The latest end; without an end for one of them there is none."""
    ends = [one.until for one in decisive]
    return None if None in ends else max((end for end in ends if end), default=None)


def _unresolved(text: str, heard: tuple[Heard, ...], verdicts: list[Verdict]) -> Iterator[str]:
    if not verdicts:
        yield text.strip()
        return
    yield from (one.text for one in heard if not one.understood)
    if any(one.is_open for one in verdicts):
        yield text.strip()


def _still_forbidden(denied: Iterable[Act], when: Circumstances) -> list[Restriction]:
    """What the patient leaves out, and must."""
    rules = load().restrictions
    held = (window.rule for act in denied for window in when.in_force(act.forbidden_by))
    return [rules[rule] for rule in held if when.concerns(rules[rule])]


def _verdict(act: Act, when: Circumstances, lifted: frozenset[str]) -> Verdict:
    if act.open:
        return Verdict(may=May.FORBIDDEN, is_open=True)
    banned = tuple(_forbidden(act, when, lifted))
    verdicts = [*banned, *_advised(act, when, banned=bool(banned)), *_eased(act, when)]
    if not verdicts:
        ended = tuple(rule for rule in act.forbidden_by if not _is_over_before(rule, when))
        return Verdict(may=May.ALLOWED, rules=(ended or act.eased_by or act.advised_by))
    may = max((one.may for one in verdicts), key=STRICTNESS.__getitem__)
    decisive = [one for one in verdicts if one.may is may]
    return Verdict(
        may=may,
        until=_until(decisive),
        conditions=_once(words for one in decisive for words in one.conditions),
        rules=_once(rule for one in decisive for rule in one.rules),
        is_open=any(one.is_open for one in decisive),
    )


def _is_over_before(rule: str, when: Circumstances) -> bool:
    """A ban before the session has nothing to say after it."""
    return load().restrictions[rule].until_hours <= 0 and when.at >= when.ended_at


def _forbidden(act: Act, when: Circumstances, lifted: frozenset[str]) -> Iterator[Verdict]:
    rules = load().restrictions
    asked = [rule for rule in act.forbidden_by if rule not in lifted]
    held = when.in_force(rule for rule in asked if when.concerns(rules[rule]))
    if held:
        names = _once(window.rule for window in held)
        yield Verdict(
            may=May.FORBIDDEN,
            until=max(window.until for window in held),
            rules=names,
            is_open=when.is_elsewhere and not WRITTEN_FOR_THE_FACE.isdisjoint(names),
        )


def _eased(act: Act, when: Circumstances) -> Iterator[Verdict]:
    for rule in act.eased_by:
        allowed = load().restrictions[rule].allowed
        for window in when.in_force([rule]):
            yield Verdict(
                may=May.WITH_CONDITIONS,
                until=window.until,
                conditions=(allowed,) if allowed else (),
                rules=(rule,),
            )


def _advised(act: Act, when: Circumstances, *, banned: bool) -> Iterator[Verdict]:
    """What advice says of an act; whatever a ban forbids needs no second reason."""
    for rule in act.advised_by:
        entry = load().recommendations[rule]
        if entry.safety is Safety.WITHHOLD:
            yield Verdict(may=May.FORBIDDEN, rules=(rule,))
        elif banned:
            continue
        elif entry.day_from > 0 and when.at < when.day(entry.day_from):
            begins = when.day(entry.day_from)
            yield Verdict(may=May.FORBIDDEN, until=begins, rules=(rule,))
        else:
            yield from _advised_now(act, entry, when)


def _advised_now(act: Act, entry: Recommendation, when: Circumstances) -> Iterator[Verdict]:
    ends = _last_day(entry)
    if ends is not None and when.at >= when.day(ends):
        return
    listed = entry.safety is Safety.CLINIC_LIST_ONLY
    condition = entry.condition is not None and when.concerns(entry) and entry.area is None
    if listed or condition or act.only_as_advised:
        yield Verdict(
            may=May.WITH_CONDITIONS,
            until=None if ends is None else when.day(ends),
            conditions=(entry.recommendation,),
            rules=(entry.id,),
        )
    else:
        yield Verdict(may=May.ALLOWED, rules=(entry.id,))


def _last_day(entry: Recommendation) -> int | None:
    if entry.safety is Safety.CLINIC_LIST_ONLY:
        return max(entry.day_to or 0, LISTED_UNTIL_DAY)
    return entry.day_to


def _once(things: Iterable[T]) -> tuple[T, ...]:
    """Each once, in their order."""
    kept: list[T] = []
    for thing in things:
        if thing not in kept:
            kept.append(thing)
    return tuple(kept)
