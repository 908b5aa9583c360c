"""The dates of a course: how many, how far apart, not before, not in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from procedures.domain.findings import Words

FLOOR_DAYS = 7


class Level(StrEnum):
    """`error`: never. `warning`: a clinician may accept it with a reason."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What a protocol allows. `None`: the sources do not say; `floor_days` always holds."""

    sessions_min: int | None = None
    sessions_max: int | None = None
    interval_min_days: int | None = None
    interval_max_days: int | None = None
    floor_days: int = FLOOR_DAYS

    @property
    def least_days(self) -> int:
        return max(self.floor_days, self.interval_min_days or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePlan:
    """What is to be laid out in time. Blackouts are periods from the first to the last day."""

    sessions: int
    interval_days: int
    band: Band
    previous: date | None = None
    earliest: date | None = None
    blackouts: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What is wrong with a schedule. `session` counts from 1; none: it concerns the whole."""

    code: str
    level: Level
    message: Words
    session: int | None = None


def propose(plan: CoursePlan, first: date) -> tuple[date, ...]:
    """The earliest dates that keep the interval and stay out of blackouts: later, never earlier."""
    step = timedelta(days=max(plan.interval_days, plan.band.least_days))
    day = max(first, plan.earliest or first)
    if plan.previous is not None:
        day = max(day, plan.previous + step)
    dates: list[date] = []
    for _ in range(plan.sessions):
        day = after_blackouts(day, plan.blackouts)
        dates.append(day)
        day += step
    return tuple(dates)


def after_blackouts(day: date, blackouts: Sequence[tuple[date, date]]) -> date:
    """The first day from this one on that lies in none of the periods."""
    for begins, ends in sorted(blackouts):
        if begins <= day <= ends:
            day = ends + timedelta(days=1)
    return day


def violations(plan: CoursePlan, dates: Sequence[date]) -> tuple[Violation, ...]:
    """Everything that is wrong with these dates, the whole course first."""
    return (*_count(plan, len(dates)), *_days(plan, dates), *_intervals(plan, dates))


def _count(plan: CoursePlan, sessions: int) -> Iterator[Violation]:
    low, high = plan.band.sessions_min, plan.band.sessions_max
    if low is not None and sessions < low:
        yield Violation(
            code="too_few_sessions", level=Level.WARNING, message=_count_words(sessions, low, high)
        )
    if high is not None and sessions > high:
        yield Violation(
            code="too_many_sessions", level=Level.WARNING, message=_count_words(sessions, low, high)
        )


def _days(plan: CoursePlan, dates: Sequence[date]) -> Iterator[Violation]:
    for number, day in enumerate(dates, start=1):
        if plan.earliest is not None and day < plan.earliest:
            message = Words(
                en=f"Not before {plan.earliest}: the screening says so.",
                ru=f"Не раньше {plan.earliest}: так показал скрининг.",
                uk=f"Не раніше {plan.earliest}: так показав скринінг.",
            )
            yield Violation(
                code="before_earliest_date", level=Level.ERROR, message=message, session=number
            )
        if any(begins <= day <= ends for begins, ends in plan.blackouts):
            message = Words(
                en=f"{day} is a day on which nothing can be done.",
                ru=f"{day} — день, когда процедура невозможна.",
                uk=f"{day} — день, коли процедура неможлива.",
            )
            yield Violation(
                code="in_blackout", level=Level.WARNING, message=message, session=number
            )


def _intervals(plan: CoursePlan, dates: Sequence[date]) -> Iterator[Violation]:
    before = [plan.previous, *dates]
    for number, (last, day) in enumerate(zip(before, dates, strict=False), start=1):
        if last is None:
            continue
        gap = (day - last).days
        if gap < plan.band.least_days:
            yield _interval(number, gap, plan.band, too_short=True)
        elif number > 1 and plan.band.interval_max_days and gap > plan.band.interval_max_days:
            yield _interval(number, gap, plan.band, too_short=False)


def _interval(number: int, gap: int, band: Band, *, too_short: bool) -> Violation:
    never = gap < band.floor_days
    limit = band.least_days if too_short else band.interval_max_days
    if too_short:
        message = Words(
            en=f"Session {number} comes after {gap} days; at least {limit} are needed.",
            ru=f"Сеанс {number} через {gap} дн. после предыдущего; нужно не меньше {limit}.",
            uk=f"Сеанс {number} через {gap} дн. після попереднього; потрібно щонайменше {limit}.",
        )
    else:
        message = Words(
            en=f"Session {number} comes after {gap} days; the protocol says {limit}.",
            ru=f"Сеанс {number} через {gap} дн. после предыдущего; по протоколу {limit}.",
            uk=f"Сеанс {number} через {gap} дн. після попереднього; за протоколом {limit}.",
        )
    return Violation(
        code="interval_too_short" if too_short else "interval_too_long",
        level=Level.ERROR if never else Level.WARNING,
        message=message,
        session=number,
    )


def _count_words(sessions: int, low: int | None, high: int | None) -> Words:
    span = f"{low if low is not None else ''}–{high if high is not None else ''}"
    return Words(
        en=f"{sessions} sessions; the protocol says {span}.",
        ru=f"Сеансов: {sessions}; по протоколу {span}.",
        uk=f"Сеансів: {sessions}; за протоколом {span}.",
    )
