"""One day at one place, ready to be drawn: a column per practitioner, in five-minute steps."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from clinic.staff.models import Location, Room, TimeOff, User, WorkingHours
from clinic.staff.roles import Permission
from procedures.courses import Dots
from procedures.models import (
    OPEN,
    Appointment,
    AppointmentKind,
    AppointmentStatus,
    Course,
    SlotReservation,
)
from procedures.readiness import LACKS, Lack, missing

STEP = 5  # minutes
FIRST, LAST = 8, 20  # hours shown at least
TONES = {
    AppointmentStatus.BOOKED: "booked",
    AppointmentStatus.ARRIVED: "arrived",
    AppointmentStatus.STARTED: "started",
    AppointmentStatus.COMPLETED: "done",
    AppointmentStatus.STOPPED: "danger",
    AppointmentStatus.CANCELLED: "off",
    AppointmentStatus.NO_SHOW: "off",
}
FREE_SLOT = 30  # minutes of a slot that can be clicked


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a column, counted in five-minute steps from the first hour shown."""

    at: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    label: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One visit as the board shows it; what is missing is named, never why."""

    visit: Appointment
    span: Span
    tone: str
    missing: tuple[Lack, ...]
    dots: Dots | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """A free stretch inside somebody's hours, bookable with one click."""

    start: datetime
    span: Span

    @property
    def wall(self) -> str:
        """The start on the location's wall clock, as an address carries it."""
        return f"{self.start:%Y-%m-%dT%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    practitioner: User
    blocks: tuple[Block, ...]
    off: tuple[Span, ...]
    free: tuple[Free, ...]
    kept: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Everything the day view needs; `now` is empty on other days."""

    on: date
    location: Location
    hours: tuple[Hour, ...]
    columns: tuple[Column, ...]
    now: int | None

    @property
    def blocks(self) -> list[Block]:
        """The same visits as a list, by time: for the keyboard, for print, for a phone."""
        everything = [block for column in self.columns for block in column.blocks]
        return sorted(everything, key=lambda block: (block.span.at, block.visit.pk))

    @property
    def waiting(self) -> list[Block]:
        """Who waits, is being treated or is still to come; who is here stands first."""
        rows = [block for block in self.blocks if block.visit.status in OPEN]
        return sorted(rows, key=lambda block: block.visit.status == AppointmentStatus.BOOKED)

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """What the icons mean."""
        return LACKS

    @property
    def before(self) -> date:
        return self.on - timedelta(days=1)

    @property
    def after(self) -> date:
        return self.on + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """Turns instants of one day into steps from the first hour shown, on the wall clock."""

    on: date
    location: Location
    first: int
    last: int

    def step(self, at: datetime) -> int:
        local = at.astimezone(self.location.zone)
        minutes = local.hour * 60 + local.minute + (local.date() - self.on).days * 24 * 60
        return min(max((minutes - self.first * 60) // STEP, 0), self.steps)

    def span(self, starts: datetime, ends: datetime) -> Span:
        at = self.step(starts)
        return Span(at=at, length=max(self.step(ends) - at, 1))

    def moment(self, wall: time) -> datetime:
        return datetime.combine(self.on, wall, self.location.zone)

    @property
    def steps(self) -> int:
        return (self.last - self.first) * 60 // STEP


def day(location: Location, on: date, *, user: User, at: datetime) -> Day:
    """The day as this person may see it, the own column first; a constant number of queries."""
    visits = _visits(location, on, user)
    hours = list(
        WorkingHours.objects.filter(location=location, weekday=on.weekday())
        .filter(user__is_active=True)
        .select_related("user")
        .order_by("user__full_name", "user", "starts")
    )
    ruler = _ruler(location, on, hours)
    people = {row.user.pk: row.user for row in hours if row.user.may(Permission.TREAT)}
    people |= {visit.practitioner.pk: visit.practitioner for visit in visits}
    away = _away(people, location, on)
    kept = _kept(location, on, ruler, at)
    today = timezone.localdate(at, location.zone) == on
    blocks = _blocks(visits, ruler, missing(visits, on, at=at, today=today))
    columns = tuple(
        _column(
            person,
            blocks[pk],
            [row for row in hours if row.user_id == pk],
            _Lost(away[pk], kept[pk]),
            ruler,
        )
        for pk, person in sorted(people.items(), key=lambda pair: pair[0] != user.pk)
    )
    return Day(
        on=on,
        location=location,
        hours=tuple(
            Hour(label=f"{hour}:00", at=(hour - ruler.first) * 60 // STEP)
            for hour in range(ruler.first, ruler.last)
        ),
        columns=columns,
        now=ruler.step(at) if today else None,
    )


def _visits(location: Location, on: date, user: User) -> list[Appointment]:
    return list(
        Appointment.objects.visible_to(user)
        .filter(room__location=location, slot__overlap=_whole(location, on))
        .exclude(status=AppointmentStatus.CANCELLED)
        .select_related("patient", "practitioner", "room", "session__course__plan")
        .order_by("slot", "pk")
    )


def _whole(location: Location, on: date) -> TimestamptzRange:
    """From midnight to midnight on the wall clock: 23, 24 or 25 hours."""
    midnight = datetime.combine(on, time.min, location.zone)
    return TimestamptzRange(
        midnight, datetime.combine(on + timedelta(days=1), time.min, location.zone)
    )


def _ruler(location: Location, on: date, hours: Iterable[WorkingHours]) -> Ruler:
    starts = [row.starts.hour for row in hours]
    ends = [row.ends.hour + (row.ends.minute > 0) for row in hours]
    return Ruler(on=on, location=location, first=min([FIRST, *starts]), last=max([LAST, *ends]))


def _away(people: dict[int, User], location: Location, on: date) -> dict[int, list[TimeOff]]:
    whole = _whole(location, on)
    away: dict[int, list[TimeOff]] = defaultdict(list)
    for row in TimeOff.objects.filter(user__in=people, cancelled_at=None, span__overlap=whole):
        away[row.user_id].append(row)
    return away


def _kept(location: Location, on: date, ruler: Ruler, at: datetime) -> dict[int, list[Span]]:
    """What is promised at this moment, by practitioner."""
    rows = SlotReservation.objects.in_force(at=at).over(_whole(location, on))
    kept: dict[int, list[Span]] = defaultdict(list)
    for row in rows.filter(room__location=location).order_by("slot", "pk"):
        kept[row.practitioner_id].append(ruler.span(row.slot.lower, row.slot.upper))
    return kept


def _blocks(
    visits: list[Appointment], ruler: Ruler, lacks: dict[int, list[Lack]]
) -> dict[int, list[Block]]:
    dots = course_dots(visits)
    blocks: dict[int, list[Block]] = defaultdict(list)
    for visit in visits:
        session = getattr(visit, "session", None)
        block = Block(
            visit=visit,
            span=ruler.span(visit.slot.lower, visit.slot.upper),
            tone=TONES[AppointmentStatus(visit.status)],
            missing=tuple(lacks[visit.pk]),
            dots=dots.get(session.course_id) if session else None,
        )
        blocks[visit.practitioner_id].append(block)
    return blocks


def course_dots(visits: list[Appointment]) -> dict[int, Dots]:
    """Per course: how many sessions are done, how many booked, how many planned."""
    courses = {visit.session.course_id for visit in visits if visit.kind == AppointmentKind.SESSION}
    rows = Course.objects.filter(pk__in=courses).values_list(
        "pk", "plan__sessions", "sessions__appointment__status"
    )
    states: dict[int, list[str]] = defaultdict(list)
    planned: dict[int, int] = {}
    for pk, sessions, status in rows:
        planned[pk] = sessions
        states[pk].append(status)
    return {pk: Dots.of(found, total=planned[pk]) for pk, found in states.items()}


class _Lost(NamedTuple):
    """What of somebody's hours cannot be had."""

    away: list[TimeOff]
    kept: list[Span]


def _column(
    person: User, blocks: list[Block], hours: list[WorkingHours], lost: _Lost, ruler: Ruler
) -> Column:
    """A practitioner's day: grey where they are not here, clickable where nothing stands."""
    open_steps = set()
    for row in hours:
        shift = ruler.span(ruler.moment(row.starts), ruler.moment(row.ends))
        open_steps |= set(range(shift.at, shift.at + shift.length))
    for gone in lost.away:
        away = ruler.span(gone.span.lower, gone.span.upper)
        open_steps -= set(range(away.at, away.at + away.length))
    closed = sorted(set(range(ruler.steps)) - open_steps)
    standing = [block.span for block in blocks if block.tone != "off"]
    for span in (*standing, *lost.kept):
        open_steps -= set(range(span.at, span.at + span.length))
    return Column(
        practitioner=person,
        blocks=tuple(blocks),
        off=tuple(_runs(closed)),
        free=tuple(_free(open_steps, ruler)),
        kept=tuple(lost.kept),
    )


def _runs(steps: list[int]) -> Iterable[Span]:
    """Neighbouring steps as spans."""
    start = previous = None
    for step in steps:
        if previous is None or step != previous + 1:
            if start is not None and previous is not None:
                yield Span(at=start, length=previous - start + 1)
            start = step
        previous = step
    if start is not None and previous is not None:
        yield Span(at=start, length=previous - start + 1)


def _free(open_steps: set[int], ruler: Ruler) -> Iterable[Free]:
    """Half-hour slots, on the half hour, in which nothing stands."""
    size = FREE_SLOT // STEP
    for at in range(0, ruler.steps, size):
        if set(range(at, at + size)) <= open_steps:
            minutes = ruler.first * 60 + at * STEP
            start = ruler.moment(time(minutes // 60, minutes % 60))
            yield Free(start=start, span=Span(at=at, length=size))


def free_room(location: Location, start: datetime, *, user: User, at: datetime) -> Room | None:
    """A room for whoever clicks a free slot: the first in which nothing stands or is promised."""
    slot = TimestamptzRange(start, start + timedelta(minutes=FREE_SLOT))
    taken = Appointment.objects.standing().filter(slot__overlap=slot).values("room")
    promised = SlotReservation.objects.in_force(at=at).over(slot).exclude(held_by=user)
    rooms = Room.objects.in_use().filter(location=location).exclude(pk__in=taken)
    rooms = rooms.exclude(pk__in=promised.values("room"))
    return rooms.order_by("name", "pk").first()
