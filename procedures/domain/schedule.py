"""The dates of a course, judged: how many, how far apart, not before, not in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from procedures.domain import course_words as words
from procedures.domain.course import Band, CoursePlan, Level, Violation, months_after
from procedures.domain.findings import Words

# What no other date mends: how many there are, or how often it is repeated.
WHOLE = frozenset({"too_few_sessions", "too_many_sessions", "maintenance_too_often"})


def violations(plan: CoursePlan, dates: Sequence[date]) -> tuple[Violation, ...]:
    """Everything that is wrong with these dates, the whole course first."""
    return (
        *_count(plan.band, plan.sessions),
        *_maintenance(plan),
        *_span(plan.band, dates),
        *_repeat(plan, dates),
        *(one for number, day in enumerate(dates, start=1) for one in on_day(plan, day, number)),
        *_intervals(plan, dates),
    )


def on_day(plan: CoursePlan, day: date, number: int | None = None) -> Iterator[Violation]:
    """What speaks against a session on this day, whatever the other sessions are."""
    if plan.earliest is not None and day < plan.earliest:
        yield _never("before_earliest_date", words.before_earliest(plan.earliest), number)
    if any(first <= day <= last for first, last in plan.blackouts):
        yield _warning("in_blackout", words.in_blackout(day), number)
    if any(first <= day <= last for first, last in plan.bleeding):
        yield _warning("menstruation_expected", words.bleeding(day), number)
    if plan.birth is not None and day < plan.birth.on:
        yield _never("pregnancy", words.pregnant(day), number)
    elif plan.birth is not None and day < plan.birth.rested_on:
        message = words.postpartum(day, plan.birth.rested_on)
        yield _warning("session_under_6_weeks_postpartum", message, number)
    for one in plan.planned:
        if one.hit_by(day):
            yield Violation(
                code=one.ban.code,
                level=one.ban.level(day, one.days),
                message=words.banned(one, day),
                session=number,
                rule=one.ban.rule,
            )


def _count(band: Band, sessions: int) -> Iterator[Violation]:
    low, high = band.sessions_min, band.most_sessions
    message = words.count(sessions, low, high)
    if low is not None and sessions < low:
        yield _warning("too_few_sessions", message)
    if high is not None and sessions > high:
        yield _warning("too_many_sessions", message)


def _maintenance(plan: CoursePlan) -> Iterator[Violation]:
    asked, least = plan.maintenance_every_months, plan.band.maintenance_every_months
    if asked is not None and least is not None and asked < least:
        yield _warning("maintenance_too_often", words.maintenance(least))


def _span(band: Band, dates: Sequence[date]) -> Iterator[Violation]:
    if not dates:
        return
    first, last = min(dates), max(dates)
    begins, ends = band.span(first)
    message = words.span((last - first).days, band)
    if last < begins:
        yield _warning("course_span_too_short", message)
    if last > ends:
        yield _warning("course_span_too_long", message)


def _repeat(plan: CoursePlan, dates: Sequence[date]) -> Iterator[Violation]:
    months = plan.band.repeat_after_months
    if plan.ended is None or months is None or not dates:
        return
    if min(dates) < months_after(plan.ended, months):
        yield _warning("repeat_course_too_early", words.repeat(plan.ended, months))


def _intervals(plan: CoursePlan, dates: Sequence[date]) -> Iterator[Violation]:
    before = [plan.previous, *dates]
    for number, (last, day) in enumerate(zip(before, dates, strict=False), start=1):
        if last is None:
            continue
        gap, most = (day - last).days, plan.band.interval_max_days
        if gap < plan.band.least_days:
            yield _never(
                "interval_too_short", words.too_short(number, gap, plan.band.least_days), number
            )
        elif number > 1 and most is not None and gap > most:
            yield _warning("interval_too_long", words.too_long(number, gap, most), number)


def _never(code: str, message: Words, session: int | None = None) -> Violation:
    return Violation(code=code, level=Level.ERROR, message=message, session=session)


def _warning(code: str, message: Words, session: int | None = None) -> Violation:
    return Violation(code=code, level=Level.WARNING, message=message, session=session)
