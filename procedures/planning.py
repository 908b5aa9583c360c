"""A whole course laid out in the free time of a place: queries, then the pure search."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from clinic.errors import ClinicError
from clinic.staff.models import Room, TimeOff, User, WorkingHours
from clinic.staff.roles import Permission
from procedures import catalogue, screening
from procedures.catalogue.courses import bans
from procedures.domain import planning as layout
from procedures.domain.course import Band, CoursePlan, Period, Planned, Violation
from procedures.domain.openings import Ask, Diary, Opening, Shift, Span, Spans, day_span, minute_of
from procedures.domain.planning import Relaxed
from procedures.domain.schedule import violations
from procedures.models import OFF_THE_CALENDAR, Appointment, Plan, Session, SlotReservation

HORIZON = 90  # days beyond the longest course in which free time is looked for
EVERY_DAY = frozenset(range(7))


class NoFreeTime(ClinicError):
    code = "no-free-time"
    text = _("No free time was found for session %(number)s. Choose another room, hour or start.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What suits the patient: from when on, at what hour, where, with whom, and what not."""

    first: date
    hour: time
    minutes: int
    room: Room | None = None
    anybody: bool = False
    weekdays: frozenset[int] = EVERY_DAY
    hours: tuple[time, time] | None = None
    pause: int = 0
    away: tuple[Period, ...] = ()
    bleeding: tuple[Period, ...] = ()
    beach: tuple[Period, ...] = ()
    alcohol: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """When, with whom and where one session is."""

    start: datetime
    practitioner: User
    room: Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A session of a proposal, and where else it could be."""

    number: int
    seat: Seat
    alternatives: tuple[Seat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """Every session of a plan; `given_up` is the wish that stood in the way."""

    sittings: tuple[Sitting, ...]
    given_up: Relaxed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who and what may be taken, by key; the person the plan names comes first."""

    people: dict[int, User] = field(default_factory=dict)
    rooms: dict[int, Room] = field(default_factory=dict)

    def seat(self, opening: Opening, plan: Plan) -> Seat:
        start = opening.at.astimezone(plan.location.zone)
        return Seat(
            start=start,
            practitioner=self.people[opening.person],
            room=self.rooms[opening.room],
        )


def propose(plan: Plan, wish: Wish, *, at: datetime) -> LaidOut:
    """A free time for every session, with others to choose from."""
    asked = course_plan(plan, wish, at=at)
    until = wish.first + timedelta(days=2 * plan.sessions * plan.interval_days + HORIZON)
    owners = _owners(plan, wish)
    diary = _diary(plan, owners, (wish.first, until), at=at)
    found = layout.propose(asked, _ask(wish), diary, first=wish.first, until=until)
    if found is None:
        raise NoFreeTime(number=_stuck_at(asked, _ask(wish), diary, (wish.first, until)))
    return LaidOut(
        sittings=tuple(
            Sitting(
                number=number,
                seat=owners.seat(one.opening, plan),
                alternatives=tuple(owners.seat(other, plan) for other in one.alternatives),
            )
            for number, one in enumerate(found.choices, start=1)
        ),
        given_up=found.given_up,
    )


def starts(plan: Plan, wish: Wish, *, at: datetime) -> list[datetime]:
    """Only when: the proposed start of every session."""
    return [one.seat.start for one in propose(plan, wish, at=at).sittings]


def judged(plan: Plan, wish: Wish, days: Sequence[date], *, at: datetime) -> tuple[Violation, ...]:
    """What these days run into: what the patient plans, bleeding, too long an interval."""
    return violations(course_plan(plan, wish, at=at), days)


def course_plan(plan: Plan, wish: Wish, *, at: datetime) -> CoursePlan:
    """The plan with everything that is known about the days around it."""
    planned = [Planned(ban=bans()["beach_holiday"], days=days) for days in wish.beach]
    planned += [Planned(ban=bans()["alcohol_planned"], days=(day, day)) for day in wish.alcohol]
    return CoursePlan(
        sessions=plan.sessions,
        interval_days=plan.interval_days,
        band=_band(plan),
        previous=last_performed(plan),
        earliest=_safe_from(plan, wish.first, at=at),
        blackouts=wish.away,
        bleeding=wish.bleeding,
        planned=tuple(planned),
    )


def last_performed(plan: Plan) -> date | None:
    """The day of the patient's last performed session: what was booked does not count."""
    last = Session.objects.performed().filter(patient=plan.patient).order_by("started_at").last()
    if last is None or last.started_at is None:
        return None
    return timezone.localdate(last.started_at, plan.location.zone)


def others(plan: Plan) -> list[tuple[date, int]]:
    """The days of the sessions of the patient's other courses, and the intervals they keep."""
    sessions = Session.objects.filter(patient=plan.patient)
    sessions = sessions.exclude(appointment__status__in=OFF_THE_CALENDAR)
    others = sessions.exclude(course__plan__lineage=plan.lineage)
    return [
        (timezone.localdate(slot.lower, plan.location.zone), days)
        for slot, days in others.values_list("appointment__slot", "course__plan__interval_days")
    ]


def _band(plan: Plan) -> Band:
    """The doctor's interval is the least; the protocol's longest holds unless the doctor's is."""
    known = catalogue.band(plan.protocol, plan.indication)
    most = known.interval_max_days
    return Band(
        floor_days=plan.interval_days,
        interval_max_days=None if most is None else max(most, plan.interval_days),
        span_min_months=known.span_min_months,
        span_max_months=known.span_max_months,
    )


def _safe_from(plan: Plan, on: date, *, at: datetime) -> date | None:
    """The earliest safe day that the screening knows of."""
    result = screening.preview(plan.patient, plan, on=on, at=at, ahead=True)
    lifts = [one.lifts_on for one in screening.stopping_of(result, plan) if one.lifts_on]
    return max(lifts, default=None)


def _ask(wish: Wish) -> Ask:
    return Ask(
        minutes=wish.minutes,
        pause_before=wish.pause,
        pause_after=wish.pause,
        near=wish.hour,
        hours=wish.hours,
        weekdays=wish.weekdays,
    )


def _owners(plan: Plan, wish: Wish) -> Owners:
    people = {plan.practitioner_id: plan.practitioner}
    if wish.anybody:
        treating = User.objects.active().holding(Permission.TREAT)
        here = treating.filter(working_hours__location=plan.location).distinct()
        people |= {one.pk: one for one in here.order_by("full_name", "pk") if one.pk not in people}
    rooms = [wish.room] if wish.room else Room.objects.in_use().filter(location=plan.location)
    return Owners(people=people, rooms={room.pk: room for room in rooms})


def _diary(plan: Plan, owners: Owners, days: tuple[date, date], *, at: datetime) -> Diary:
    """What the people and rooms have open and taken between two days."""
    zone = plan.location.zone
    reach = TimestamptzRange(
        datetime.combine(days[0], time.min, UTC) - timedelta(days=2),
        datetime.combine(days[1], time.min, UTC) + timedelta(days=2),
    )
    people, rooms, patient = _taken(plan, owners, reach, at=at)
    shifts: dict[int, list[Shift]] = {key: [] for key in owners.people}
    for row in WorkingHours.objects.filter(user__in=owners.people, location=plan.location):
        shifts[row.user_id].append(Shift(weekday=row.weekday, starts=row.starts, ends=row.ends))
    away: dict[int, list[TimestamptzRange]] = defaultdict(list)
    for gone in TimeOff.objects.in_force().filter(user__in=owners.people, span__overlap=reach):
        away[gone.user_id].append(gone.span)
    return Diary(
        zone=zone,
        people=shifts,
        away={key: spans(found) for key, found in away.items()},
        busy={key: spans(found) for key, found in people.items()},
        rooms={key: spans(rooms[key]) for key in owners.rooms},
        patient=(_past(at), *spans(patient), *_near_others(plan)),
    )


def _taken(
    plan: Plan, owners: Owners, reach: TimestamptzRange, *, at: datetime
) -> tuple[
    dict[int, list[TimestamptzRange]], dict[int, list[TimestamptzRange]], list[TimestamptzRange]
]:
    people: dict[int, list[TimestamptzRange]] = defaultdict(list)
    rooms: dict[int, list[TimestamptzRange]] = defaultdict(list)
    patient: list[TimestamptzRange] = []
    wanted = Q(practitioner__in=owners.people) | Q(room__in=owners.rooms) | Q(patient=plan.patient)
    visits = Appointment.objects.standing().filter(wanted, slot__overlap=reach)
    for person, room, who, slot in visits.values_list("practitioner", "room", "patient", "slot"):
        people[person].append(slot)
        rooms[room].append(slot)
        if who == plan.patient_id:
            patient.append(slot)
    promised = SlotReservation.objects.in_force(at=at).over(reach)
    for person, room, who, slot in promised.values_list("practitioner", "room", "patient", "slot"):
        if who != plan.patient_id:  # what is kept for this very patient is what is looked for
            people[person].append(slot)
            rooms[room].append(slot)
    return people, rooms, patient


def _near_others(plan: Plan) -> Spans:
    """Whole days that are too near to what is injected under the patient's other plans."""
    found: list[tuple[int, int]] = []
    for day, days in others(plan):
        around = range(1 - days, plan.interval_days)
        found += [day_span(day + timedelta(days=one), plan.location.zone) for one in around]
    return tuple(found)


def _past(at: datetime) -> Span:
    """Nothing that is over is proposed, not this morning either."""
    return 0, minute_of(at)


def spans(slots: Iterable[TimestamptzRange]) -> Spans:
    return tuple(
        (minute_of(one.lower), minute_of(one.upper)) for one in slots if one.lower and one.upper
    )


def _stuck_at(plan: CoursePlan, ask: Ask, diary: Diary, days: tuple[date, date]) -> int:
    """The first session for which there is no time."""
    return 1 + layout.fitting(plan, ask, diary, first=days[0], until=days[1])
