"""Courses as reception asks for them: an indication, a number, a start; what is wrong with it.

Nothing here touches the database. Periods name their first and last day; windows after a session
are half-open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic.errors import Broken
from procedures.catalogue.courses import (
    BANS,
    Asked,
    asked,
    band_of,
    bans,
    cited,
    rest_days,
    sources_of,
)
from procedures.domain import course_words as words
from procedures.domain.course import Birth, CoursePlan, Level, Period, Planned, Violation
from procedures.domain.dates import earliest, evenly
from procedures.domain.findings import Words
from procedures.domain.schedule import violations

Case = Mapping[str, Any]
MOST = 1000  # sessions a case may ask for; a course never has so many
PAIR = 2
ENDED = ("previous_course_ended", "last_course_session")
BORN = ("delivery_date", "pregnancy_ended")
EVERY = ("maintenance_every_months", "correction_every_months")
PERIODS = frozenset({"beach_holiday", "blackouts", "menstruation_expected"})
UNDERSTOOD = PERIODS | {*ENDED, *BORN, *EVERY, *BANS, "breastfeeding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A case, understood."""

    asked: Asked
    plan: CoursePlan
    dates: tuple[date, ...]
    breastfeeding: object = None
    unread: tuple[str, ...] = ()


def answer(case: Case) -> dict[str, Any]:
    """What is wrong with the course of one case, and which dates would be in order."""
    try:
        return _answer(_read(case))
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError) as error:
        raise Broken(f"cannot be read: {error}") from error


def _answer(reading: Reading) -> dict[str, Any]:
    person = (*_of_wish(reading.asked), *_of_person(reading))
    found = (*person, *violations(reading.plan, reading.dates))
    dates: tuple[date, ...] | None = reading.dates
    if found:
        first = min(reading.dates, default=date.min)
        dates = None if person else earliest(reading.plan, first)
    return {
        "ok": not found,
        "violations": [_as_data(one, reading.asked) for one in found],
        "proposed_dates": [day.isoformat() for day in dates] if dates is not None else None,
    }


def _as_data(found: Violation, wish: Asked) -> dict[str, Any]:
    protocol = wish.home if found.code == "home_procedure_not_allowed" else wish.protocol
    entries = sources_of(found, protocol)
    if found.code == "indication_not_offered":
        entries = wish.not_offered
    return {
        "code": found.code,
        "level": found.level.value,
        "message": found.message.en,
        **({"session": found.session} if found.session is not None else {}),
        "rules": [entry.id for entry in entries],
        "sources": [one.as_data() for one in cited(entries)],
    }


def _of_wish(wish: Asked) -> Iterator[Violation]:
    """What is wrong with what was asked for, whatever the dates."""
    if not wish.known:
        yield _never("unknown_indication", words.unknown(wish.text))
    if wish.home is not None:
        yield _never("home_procedure_not_allowed", words.HOME)
    if wish.not_offered:
        yield _never("indication_not_offered", words.not_offered(wish.text))
    elif wish.known and wish.home is None and not wish.counted:
        yield Violation(code="no_protocol", level=Level.WARNING, message=words.NO_PROTOCOL)


def _of_person(reading: Reading) -> Iterator[Violation]:
    """What nobody knows the end of, and what was said and not understood: it must not be lost."""
    if reading.unread:
        yield _never("unknown_context", words.unread(", ".join(reading.unread)))
    if reading.breastfeeding not in (None, False):
        sure = reading.breastfeeding is True
        yield _never("breastfeeding", words.BREASTFEEDING if sure else words.ASK_BREASTFEEDING)


def _never(code: str, message: Words) -> Violation:
    return Violation(code=code, level=Level.ERROR, message=message)


def _read(case: Case) -> Reading:
    context = case.get("context") or {}
    wish = asked(_text(case, "indication"))
    band = band_of(wish.protocol)
    fixed = tuple(_day(one) for one in case.get("schedule") or ())
    sessions = _sessions(case, fixed)
    days = _interval(case, band.least_days)
    plan = CoursePlan(
        sessions=sessions,
        interval_days=days,
        band=band,
        previous=_latest(context, *ENDED),
        ended=_latest(context, *ENDED),
        blackouts=_days_of(context, "blackouts"),
        bleeding=_days_of(context, "menstruation_expected"),
        planned=tuple(_planned(context)),
        birth=_birth(context),
        maintenance_every_months=_maintenance(context),
    )
    return Reading(
        asked=wish,
        plan=plan,
        dates=_dates(case, fixed, plan),
        breastfeeding=context.get("breastfeeding"),
        unread=tuple(sorted(set(context) - UNDERSTOOD)),
    )


def _dates(case: Case, fixed: tuple[date, ...], plan: CoursePlan) -> tuple[date, ...]:
    """The dates that are fixed, and after them as many as are still missing."""
    left = plan.sessions - len(fixed)
    if not fixed:
        return evenly(_day(case["start"]), left, plan.interval_days)
    return (*fixed, *evenly(fixed[-1], max(left, 0) + 1, plan.interval_days)[1:])


def _sessions(case: Case, fixed: tuple[date, ...]) -> int:
    number = case.get("sessions_asked")
    if number is None and fixed:
        return len(fixed)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST:
        raise Broken(f"`sessions_asked` is no number of sessions: {number!r}")
    return max(number, len(fixed))


def _interval(case: Case, default: int) -> int:
    days = case.get("interval_days")
    if days is None:
        return default
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 <= days <= MOST:
        raise Broken(f"`interval_days` is no number of days: {days!r}")
    return int(days)  # intervals compare dates: 28 hours are one day


def _planned(context: Case) -> Iterator[Planned]:
    for key, ban in bans().items():
        for days in _days_of(context, key):
            yield Planned(ban=ban, days=days)


def _birth(context: Case) -> Birth | None:
    on = _latest(context, *BORN)
    return None if on is None else Birth(on=on, rest_days=rest_days())


def _maintenance(context: Case) -> float | None:
    numbers = [float(context[key]) for key in EVERY if context.get(key) is not None]
    return min(numbers, default=None)


def _latest(context: Case, *keys: str) -> date | None:
    days = [_day(context[key]) for key in keys if context.get(key) is not None]
    return max(days, default=None)


def _days_of(context: Case, key: str) -> tuple[Period, ...]:
    """Periods, or single days: a day is a period of itself, two days may be one period."""
    value = context.get(key)
    if value is None:
        return ()
    if isinstance(value, str | date):
        return ((_day(value), _day(value)),)
    days = [isinstance(one, str | date) for one in value]
    if key in PERIODS and all(days) and len(days) == PAIR:
        return (_period(*value),)
    return tuple(
        _period(one, one) if alone else _period(*one)
        for one, alone in zip(value, days, strict=True)
    )


def _period(first: object, last: object) -> Period:
    period = _day(first), _day(last)
    if period[1] < period[0]:
        raise Broken(f"the period {first} to {last} runs backwards")
    return period


def _text(case: Case, key: str) -> str:
    value = case.get(key)
    if not isinstance(value, str):
        raise Broken(f"`{key}` is missing: text")
    return value


def _day(value: object) -> date:
    """A date, or the day of a moment; TOML brings dates, JSON brings text."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
