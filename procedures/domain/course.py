"""What a course is asked to be, and what the knowledge allows: values for schedule and dates."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from procedures.domain.findings import Words

MONTHS_A_YEAR = 12
DAYS_A_MONTH = 30
Period = tuple[date, date]  # the first and the last day, both included


class Level(StrEnum):
    """`error`: never. `warning`: a clinician may accept it with a reason."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What a protocol allows. `None`: the sources do not say; `floor_days` always holds."""

    floor_days: int
    sessions_min: int | None = None
    sessions_max: int | None = None
    sessions_limit: int | None = None  # more than any source knows of
    interval_min_days: int | None = None
    interval_max_days: int | None = None
    span_min_months: int | None = None
    span_max_months: int | None = None
    repeat_after_months: int | None = None
    maintenance_every_months: int | None = None

    @property
    def least_days(self) -> int:
        return max(self.floor_days, self.interval_min_days or 0)

    @property
    def most_sessions(self) -> int | None:
        return self.sessions_max if self.sessions_max is not None else self.sessions_limit

    def span(self, first: date) -> tuple[date, date]:
        """The days between which the last session lies.

        A month is thirty days or one of the calendar, whichever lets more pass.
        """
        low, high = self.span_min_months, self.span_max_months
        begins = first
        if low is not None:
            begins = min(months_after(first, low), first + timedelta(days=low * DAYS_A_MONTH))
        ends = date.max
        if high is not None:
            ends = max(months_after(first, high), first + timedelta(days=high * DAYS_A_MONTH))
        return begins, ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """What a session forbids on the days around it: from `before_days` before the session's day
    until, half-open, `until_days` after it. In the first `firm_days` nobody may allow it."""

    rule: str
    code: str
    label: Words
    until_days: int
    before_days: int = 0
    firm_days: int = 0

    def window(self, session: date) -> tuple[date, date]:
        begins = session - timedelta(days=self.before_days)
        return begins, session + timedelta(days=self.until_days)

    def level(self, session: date, planned: Period) -> Level:
        first, last = planned
        firm = session <= last and first < session + timedelta(days=self.firm_days)
        return Level.ERROR if firm and self.firm_days else Level.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What the patient means to do on these days, and the ban it may run into."""

    ban: Ban
    days: Period

    def hit_by(self, session: date) -> bool:
        begins, until = self.ban.window(session)
        return self.days[0] < until and self.days[1] >= begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """A delivery, or the end of any pregnancy, and how many days must pass after it."""

    on: date
    rest_days: int

    @property
    def rested_on(self) -> date:
        return self.on + timedelta(days=self.rest_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePlan:
    """What is to be laid out in time, and everything that is known about the days around it."""

    sessions: int
    interval_days: int
    band: Band
    previous: date | None = None  # the last session of whatever was done before
    ended: date | None = None  # the end of the course before this one
    earliest: date | None = None
    blackouts: tuple[Period, ...] = ()
    bleeding: tuple[Period, ...] = ()
    planned: tuple[Planned, ...] = ()
    birth: Birth | None = None
    maintenance_every_months: float | None = None

    @property
    def not_before(self) -> date:
        """What must have passed before the first session."""
        days = [date.min]
        if self.previous is not None:
            days.append(self.previous + timedelta(days=self.band.least_days))
        if self.ended is not None and self.band.repeat_after_months is not None:
            days.append(months_after(self.ended, self.band.repeat_after_months))
        return max(days)

    @property
    def calm_from(self) -> date:
        """From this day on nothing that is known stands in the way of a session."""
        days = [self.not_before, self.earliest or date.min]
        days += [last + timedelta(days=1) for _, last in (*self.blackouts, *self.bleeding)]
        days += [one.days[1] + timedelta(days=one.ban.before_days + 1) for one in self.planned]
        if self.birth is not None:
            days.append(self.birth.rested_on)
        return max(days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What is wrong with a schedule. `session` counts from 1; none: it concerns the whole."""

    code: str
    level: Level
    message: Words
    session: int | None = None
    rule: str = ""


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day where that month is shorter."""
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
