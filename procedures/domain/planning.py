"""A whole course laid out at once: a day, an hour, a person and a room for every session.

Without a feasible schedule it says which wish stands in the way and what giving it up would bring.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from procedures.domain.course import Band, CoursePlan
from procedures.domain.dates import earliest_open
from procedures.domain.openings import Ask, Book, Diary, Opening
from procedures.domain.schedule import on_day

ALTERNATIVES = 3
A_DAY = timedelta(days=1)


class Relaxed(StrEnum):
    """What may be given up so that a course fits, the least first."""

    HOURS = "hours"
    WEEKDAYS = "weekdays"
    INTERVAL = "interval"
    BLACKOUTS = "blackouts"
    BLEEDING = "bleeding"
    PLANS = "plans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One session: where it is best laid, and where else it could be without moving another."""

    opening: Opening
    alternatives: tuple[Opening, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Every session of a course, or none; `given_up` names what had to go for it."""

    choices: tuple[Choice, ...]
    given_up: Relaxed | None = None


def propose(
    plan: CoursePlan, ask: Ask, diary: Diary, *, first: date, until: date
) -> Proposal | None:
    """The earliest schedule that keeps every rule and wish, else all but one wish, else none."""
    found = _laid_out(plan, Book(diary, ask), first, until)
    if found:
        return Proposal(choices=found)
    for given_up, easier, asking in _relaxations(plan, ask):
        if found := _laid_out(easier, Book(diary, asking), first, until):
            return Proposal(choices=found, given_up=given_up)
    return None


def fitting(plan: CoursePlan, ask: Ask, diary: Diary, *, first: date, until: date) -> int:
    """How many sessions there is time for."""
    book = Book(diary, ask)
    fewer = (replace(plan, sessions=number) for number in range(plan.sessions - 1, 0, -1))
    return next(
        (
            one.sessions
            for one in fewer
            if earliest_open(one, first, is_open=book.is_open, until=until)
        ),
        0,
    )


def _relaxations(plan: CoursePlan, ask: Ask) -> Iterator[tuple[Relaxed, CoursePlan, Ask]]:
    every_day = frozenset(range(7))
    if ask.hours is not None:
        yield Relaxed.HOURS, plan, replace(ask, hours=None)
    if ask.weekdays != every_day:
        yield Relaxed.WEEKDAYS, plan, replace(ask, weekdays=every_day)
    if plan.band.interval_max_days is not None or plan.band.span_max_months is not None:
        band = replace(plan.band, interval_max_days=None, span_max_months=None)
        yield Relaxed.INTERVAL, replace(plan, band=band), ask
    if plan.blackouts:
        yield Relaxed.BLACKOUTS, replace(plan, blackouts=()), ask
    if plan.bleeding:
        yield Relaxed.BLEEDING, replace(plan, bleeding=()), ask
    if plan.planned:
        yield Relaxed.PLANS, replace(plan, planned=()), ask


def _laid_out(plan: CoursePlan, book: Book, first: date, until: date) -> tuple[Choice, ...] | None:
    days = earliest_open(plan, first, is_open=book.is_open, until=until)
    if days is None:
        return None
    laid = [(day, best) for day in days if (best := book.best(day)) is not None]
    bounds = [date.min, *days, date.max]
    return tuple(
        Choice(
            opening=best,
            alternatives=_others(plan, book, best, _room_for(plan.band, bounds, number), day),
        )
        for number, (day, best) in enumerate(laid, start=1)
    )


def _room_for(band: Band, bounds: list[date], number: int) -> tuple[date, date]:
    """The days on which a session may lie while its neighbours stay where they are."""
    before, day, after = bounds[number - 1], bounds[number], bounds[number + 1]
    least, most = timedelta(days=band.least_days), band.interval_max_days
    low = day if before == date.min else before + least
    high = day + least if after == date.max else after - least
    if most is not None and before != date.min:
        high = min(high, before + timedelta(days=most))
    if most is not None and after != date.max:
        low = max(low, after - timedelta(days=most))
    return low, max(high, day)


def _others(
    plan: CoursePlan, book: Book, best: Opening, days: tuple[date, date], day: date
) -> tuple[Opening, ...]:
    """Other starts, the nearest days first, none of them twice."""
    near = sorted(_between(*days), key=lambda one: (abs((one - day).days), one))
    free = (one for one in near if one == day or not any(on_day(plan, one)))
    found: list[Opening] = []
    for opening in (one for other in free for one in book.choices(other)):
        if opening != best:
            found.append(opening)
        if len(found) == ALTERNATIVES:
            break
    return tuple(found)


def _between(low: date, high: date) -> Iterator[date]:
    while low <= high:
        yield low
        low += A_DAY
