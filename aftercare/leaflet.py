"""What a patient reads on a day after a session (or before it), in words and dates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby

from django.utils import translation

from aftercare import reminding
from aftercare.models import AftercarePlan, CheckIn, Question, Restriction
from clinic.knowledge.entries import Recommendation
from clinic.knowledge.entries.aftercare import Safety
from clinic.knowledge.loader import load
from clinic.messaging import wording
from procedures import catalogue
from procedures import settings as clinic_settings
from procedures.models import Session

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
SOON = timedelta(hours=48)  # nearer than this, hours say more than a date
CONDITION_IN_THE_WORDS = {"RE-SKINCARE", "RE-SPF"}
OWN_SUNSCREEN_FROM_DAY = 2  # RE-SPF: before, only what the clinic listed
DATES = {
    "window_end": "RX-TOUCH",
    "sauna_date": "RX-HEAT-SAUNA",
    "sun_date": "RX-SUN",
    "procedure_date": "RX-OTHER-PROC",
}
QUESTIONS_SHOWN = 5
DAYS_A_WEEK = 7
REPORT_SHOWN_FOR = timedelta(hours=36)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """One line of the list: what, why, and what instead."""

    rule: str
    what: str
    why: str
    allowed: str
    starts_at: datetime
    is_ahead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bans:
    """Everything that is allowed again at the same moment."""

    until: datetime
    hours_left: int | None
    days_left: int
    bans: tuple[Ban, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the small calendar: how many things are not allowed, whether one ends."""

    on: date
    is_today: bool
    held: int
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What helps, from which day to which; the last day is open where nobody names one."""

    words: str
    first: int
    last: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the clinic itself has set for this treatment; what is empty is unset."""

    products: tuple[str, ...] = ()
    hours: str = ""
    gap: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet:
    """The page of one patient at one moment."""

    session: Session
    plan: AftercarePlan | None
    day: int | None
    today: str
    forbidden: tuple[Bans, ...]
    helps: tuple[str, ...]
    report: CheckIn | None
    asked: tuple[Question, ...] = ()
    weeks: tuple[tuple[Day | None, ...], ...] = ()
    own: Own = Own()


def read(session: Session, *, at: datetime) -> Leaflet:
    """For the session a link names: how to prepare, or what holds now from every recent session."""
    language = translation.get_language() or "en"
    plan = AftercarePlan.objects.filter(session=session).first()
    if plan is None:
        return _before(session, language, at=at)
    held = Restriction.objects.not_over(at=at).filter(plan__patient=plan.patient)
    day = (at - plan.session_ended_at) // A_DAY
    bans = _merged(held)
    report = plan.check_ins.filter(at__gt=at - REPORT_SHOWN_FOR).order_by("-at", "-pk").first()
    return Leaflet(
        session=session,
        plan=plan,
        day=day,
        today=_today(session, day, language),
        forbidden=_grouped(bans, language, at=at),
        helps=tuple(one.recommendation.in_(language) for one in _helps(plan, day)),
        report=report,
        asked=tuple(plan.questions.order_by("-asked_at", "-pk")[:QUESTIONS_SHOWN]),
        weeks=_weeks(bans, session.appointment.room.location.zone, at=at),
        own=own_of(session),
    )


def own_of(session: Session) -> Own:
    """The clinic's list, its hours, and its words where the sources leave the bans open."""
    known = clinic_settings.current()
    plan = session.plan or session.course.plan
    gap = catalogue.gap_of(plan.area, plan.technique)
    products = known.get("home_products")
    return Own(
        products=tuple(str(one) for one in products) if isinstance(products, list) else (),
        hours=str(known.get("contact_hours", "")),
        gap=gap,
        profile=str(known.get(_profile(plan.area, gap), "")) if gap else "",
    )


def advice(plan: AftercarePlan, language: str) -> tuple[Advice, ...]:
    """Everything that helps somebody after this session, the earliest first."""
    area = plan.session.plan.area if plan.session.plan else ""
    rows = (one for one in load().recommendations.values() if one.safety is Safety.OK)
    kept = [
        Advice(words=one.recommendation.in_(language), first=_first_day(one), last=one.day_to)
        for one in rows
        if _is_for(one, area) and one.day_from >= 0
    ]
    return tuple(sorted(kept, key=lambda one: one.first))


def _profile(area: str, gap: str) -> str:
    if gap == "GAP-NONINJECT":
        return "needle_free_aftercare_text"
    return f"{area}_aftercare_text"


def _weeks(
    bans: list[Restriction], zone: tzinfo, *, at: datetime
) -> tuple[tuple[Day | None, ...], ...]:
    """Whole weeks from today to the last end, Monday first; days outside are empty."""
    if not bans:
        return ()
    today, last = at.astimezone(zone).date(), bans[-1].until.astimezone(zone).date()
    days: list[Day | None] = [None] * today.weekday()
    days += [
        _day(today + timedelta(days=ahead), bans, zone, today=today)
        for ahead in range((last - today).days + 1)
    ]
    days += [None] * (-len(days) % DAYS_A_WEEK)
    return tuple(
        tuple(days[start : start + DAYS_A_WEEK]) for start in range(0, len(days), DAYS_A_WEEK)
    )


def _day(on: date, bans: list[Restriction], zone: tzinfo, *, today: date) -> Day:
    begins = datetime.combine(on, time.min, zone)
    ends = datetime.combine(on + A_DAY, time.min, zone)
    return Day(
        on=on,
        is_today=on == today,
        held=sum(one.starts_at < ends and one.until > begins for one in bans),
        ends=sum(begins < one.until <= ends for one in bans),
    )


def _before(session: Session, language: str, *, at: datetime) -> Leaflet:
    days = (session.appointment.slot.lower - at) // A_DAY
    spoken = [row for row in reminding.before() if row.day_offset >= -days - 1]
    name = (spoken or reminding.before()[-1:])[0].id
    held = Restriction.objects.not_over(at=at).filter(plan__patient=session.patient)
    return Leaflet(
        session=session,
        plan=None,
        day=None,
        today=_words(session, name, language),
        forbidden=_grouped(_merged(held), language, at=at),
        helps=(load().recommendations["RE-ALCOHOL-PRE"].recommendation.in_(language),),
        report=None,
    )


def _merged(held: Iterable[Restriction]) -> list[Restriction]:
    """Of sessions close to each other the later end counts."""
    latest: dict[str, Restriction] = {}
    for row in held:
        known = latest.get(row.rule)
        if known is None or row.until > known.until:
            latest[row.rule] = row
    return sorted(latest.values(), key=lambda row: (row.until, row.rule))


def _grouped(rows: list[Restriction], language: str, *, at: datetime) -> tuple[Bans, ...]:
    """By the moment of their end, the next one first."""
    ends = groupby(rows, key=lambda row: row.until)
    return tuple(
        Bans(
            until=until,
            hours_left=max(-((at - until) // AN_HOUR), 1) if until - at < SOON else None,
            days_left=(until - at) // A_DAY,
            bans=tuple(_ban(row, language, at=at) for row in same),
        )
        for until, same in ends
    )


def _ban(row: Restriction, language: str, *, at: datetime) -> Ban:
    return Ban(
        rule=row.rule,
        what=_in(row.words["forbidden"], language),
        why=_in(row.words["why"], language),
        allowed=_in(row.words["allowed"], language),
        starts_at=row.starts_at,
        is_ahead=row.starts_at > at,
    )


def _in(words: dict[str, str] | None, language: str) -> str:
    return words.get(language[:2], words["en"]) if words else ""


def _helps(plan: AftercarePlan, day: int) -> list[Recommendation]:
    """What is safe for everybody on this day; a condition nobody can check here hides it."""
    area = plan.session.plan.area if plan.session.plan else ""
    rows = (one for one in load().recommendations.values() if one.safety is Safety.OK)
    return [one for one in rows if _is_for(one, area) and _is_on(one, day)]


def _is_for(one: Recommendation, area: str) -> bool:
    if one.area is not None:
        return one.area == area
    return one.condition is None or one.id in CONDITION_IN_THE_WORDS


def _is_on(one: Recommendation, day: int) -> bool:
    return 0 <= _first_day(one) <= day and (one.day_to is None or day <= one.day_to)


def _first_day(one: Recommendation) -> int:
    return OWN_SUNSCREEN_FROM_DAY if one.id == "RE-SPF" else one.day_from


def _today(session: Session, day: int, language: str) -> str:
    """The newest words of the knowledge whose day has come."""
    spoken = [
        row
        for row in load().reminders.values()
        if row.send and row.variant is None and 0 <= row.day_offset <= day
    ]
    newest = max(spoken, key=lambda row: row.day_offset, default=None)
    return _words(session, newest.id, language) if newest else ""


def _words(session: Session, name: str, language: str) -> str:
    """The words of the knowledge with this patient's dates; without them, none."""
    words = load().reminders[name].message
    try:
        return wording.fill(words.in_(language), _values(session)) if words else ""
    except wording.MissingValue:
        return ""


def _values(session: Session) -> dict[str, str]:
    place, start = session.appointment.room.location, session.appointment.slot.lower
    rows = Restriction.objects.filter(plan__session=session, rule__in=DATES.values())
    ends = dict(rows.values_list("rule", "until"))
    dates = {name: ends[rule] for name, rule in DATES.items() if rule in ends} | {"date": start}
    return {
        **wording.phones(place),
        **{name: wording.day(at, place.zone) for name, at in dates.items()},
    }


def signs_for(area: str) -> list[str]:
    """What may be ticked after a treatment of this area, the usual first."""
    known = [one for one in catalogue.signs() if not one.area or one.area == area]
    return [one.id for one in sorted(known, key=lambda one: one.expected == "no")]
