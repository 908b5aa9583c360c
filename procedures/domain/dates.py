"""The earliest dates of a course that break no rule: later where something stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    if WHOLE & {one.code for one in violations(plan, ())} or plan.sessions < 1:
        return None
    begins = max(first, plan.not_before)
    return _found(_Search(plan=plan), begins, max(begins, plan.calm_from))


def earliest_open(
    plan: CoursePlan, first: date, *, is_open: Callable[[date], bool], until: date
) -> tuple[date, ...] | None:
    """The earliest dates that are in order and on which somebody has time; none until then."""
    begins = max(first, plan.not_before)
    return _found(_Search(plan=plan, is_open=is_open, until=until), begins, until)


def _found(search: _Search, begins: date, last: date) -> tuple[date, ...] | None:
    plan = search.plan
    while begins <= last:
        for days in _steps(plan):
            if found := search.starting(begins, days):
                return found
        begins += A_DAY
    return None


def _steps(plan: CoursePlan) -> Sequence[int]:
    """The interval that was asked for if the protocol allows it, then the protocol's least."""
    least, most = plan.band.least_days, plan.band.interval_max_days
    allowed = plan.interval_days >= least and (most is None or plan.interval_days <= most)
    return tuple(dict.fromkeys((plan.interval_days, least))) if allowed else (least,)


@dataclass(slots=True, kw_only=True)
class _Search:
    """Depth first, the earliest day first; what led nowhere once is not tried again."""

    plan: CoursePlan
    is_open: Callable[[date], bool] | None = None
    until: date = date.max
    days: int = 0
    begins: date = date.min
    ends: date = date.max
    judged: dict[date, bool] = field(default_factory=dict)
    dead: set[tuple[int, date]] = field(default_factory=set)

    def starting(self, first: date, days: int) -> tuple[date, ...] | None:
        """Dates with exactly this first one, at least so many days apart."""
        if not self.free(first):
            return None
        self.begins, ends = self.plan.band.span(first)
        self.ends = min(ends, self.until)
        if self.plan.sessions > 1:  # a course that must take months is spread over them
            days = max(days, ceil((self.begins - first).days / (self.plan.sessions - 1)))
        self.days = days
        self.dead.clear()
        return self.after((first,))

    def free(self, day: date) -> bool:
        """Whether nothing that is known speaks against a session on this day."""
        if day not in self.judged:
            fine = not any(on_day(self.plan, day))
            self.judged[day] = fine and (self.is_open is None or self.is_open(day))
        return self.judged[day]

    def after(self, dates: tuple[date, ...]) -> tuple[date, ...] | None:
        if len(dates) == self.plan.sessions:
            return dates if dates[-1] >= self.begins else None
        if (len(dates), dates[-1]) in self.dead:
            return None
        for day in self.choices(dates[-1], last=len(dates) == self.plan.sessions - 1):
            if found := self.after((*dates, day)):
                return found
        self.dead.add((len(dates), dates[-1]))
        return None

    def choices(self, before: date, *, last: bool) -> Iterator[date]:
        """Free days for the next session. Without a longest interval a later one never helps."""
        most = self.plan.band.interval_max_days
        day = before + timedelta(days=self.days)
        if most is None:
            day = max(day, self.begins) if last else day
            while day <= self.ends and not self.free(day):
                day += A_DAY
            if day <= self.ends:
                yield day
            return
        while day <= min(before + timedelta(days=most), self.ends):
            if self.free(day):
                yield day
            day += A_DAY
