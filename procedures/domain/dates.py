"""The earliest dates of a course that break no rule: later where something stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil

from procedures.domain.course import CoursePlan
from procedures.domain.schedule import WHOLE, on_day, violations

A_DAY = timedelta(days=1)


def evenly(first: date, sessions: int, days: int) -> tuple[date, ...]:
    """The dates of a plan as it is asked for, whatever they run into."""
    return tuple(first + timedelta(days=days * number) for number in range(sessions))


def earliest(plan: CoursePlan, first: date) -> tuple[date, ...] | None:
    """The earliest dates from this day on that are in order; none: no date could mend the plan.

    The interval that was asked for is kept where the protocol allows it and it leads anywhere.
    """
    whole = {one.code for one in violations(plan, ())}
    if whole & WHOLE or plan.sessions < 1:
        return None
    begins = max(first, plan.not_before)
    last = max(begins, plan.calm_from)
    while begins <= last:
        for days in _steps(plan):
            if found := _from(plan, begins, days):
                return found
        begins += A_DAY
    return None


def _steps(plan: CoursePlan) -> Sequence[int]:
    """The interval that was asked for if the protocol allows it, then the protocol's least."""
    least, most = plan.band.least_days, plan.band.interval_max_days
    allowed = plan.interval_days >= least and (most is None or plan.interval_days <= most)
    return tuple(dict.fromkeys((plan.interval_days, least))) if allowed else (least,)


def _from(plan: CoursePlan, first: date, days: int) -> tuple[date, ...] | None:
    """Dates with exactly this first one, at least so many days apart."""
    if any(on_day(plan, first)):
        return None
    begins, ends = plan.band.span(first)
    if plan.sessions > 1:  # a course that must take months is spread over them
        days = max(days, ceil((begins - first).days / (plan.sessions - 1)))
    return _Search(plan=plan, days=days, begins=begins, ends=ends).after((first,))


@dataclass(slots=True, kw_only=True)
class _Search:
    """Depth first, the earliest day first; what led nowhere once is not tried again."""

    plan: CoursePlan
    days: int
    begins: date
    ends: date
    dead: set[tuple[int, date]] = field(default_factory=set)

    def after(self, dates: tuple[date, ...]) -> tuple[date, ...] | None:
        if len(dates) == self.plan.sessions:
            return dates if dates[-1] >= self.begins else None
        if (len(dates), dates[-1]) in self.dead:
            return None
        day = dates[-1] + timedelta(days=self.days)
        while day <= self._latest(dates[-1], day):
            if not any(on_day(self.plan, day)) and (found := self.after((*dates, day))):
                return found
            day += A_DAY
        self.dead.add((len(dates), dates[-1]))
        return None

    def _latest(self, before: date, day: date) -> date:
        most = self.plan.band.interval_max_days
        if most is not None:
            return min(before + timedelta(days=most), self.ends)
        return min(max(before + timedelta(days=self.days), self.plan.calm_from), self.ends)
