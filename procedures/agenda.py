"""What stands in a place's calendar between two days, on its wall clock, in few queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from clinic.staff.models import Location, Room, TimeOff, User, WorkingHours
from clinic.staff.roles import Permission
from procedures.day import TONES, course_dots
from procedures.models import Appointment, AppointmentStatus, SlotReservation
from procedures.readiness import missing

LONGEST = 42  # days: what a month's sheet shows
OPENS, CLOSES = 8, 20  # hours shown at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The days that are shown, `last` not among them, and whether a column is a room."""

    location: Location
    first: date
    last: date
    by_room: bool = False

    @property
    def days(self) -> list[date]:
        count = min(max((self.last - self.first).days, 1), LONGEST)
        return [self.first + timedelta(days=n) for n in range(count)]

    @property
    def span(self) -> TimestamptzRange:
        """From midnight to midnight on the wall clock."""
        zone, days = self.location.zone, self.days
        after = days[-1] + timedelta(days=1)
        return TimestamptzRange(
            datetime.combine(days[0], time.min, zone), datetime.combine(after, time.min, zone)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Visits, who or what has a column, and when nobody can be booked there."""

    visits: tuple[Appointment, ...]
    columns: tuple[User | Room, ...]
    closed: tuple[tuple[User, datetime, datetime], ...]
    away: tuple[TimeOff, ...]
    reserved: tuple[SlotReservation, ...]
    opens: int
    closes: int


def sheet(reach: Reach, *, user: User, at: datetime) -> Sheet:
    """The days as this person may see them, the own column first."""
    visits, reserved = tuple(_visits(reach, user)), tuple(_reserved(reach, at))
    if reach.by_room:
        rooms = {room.pk: room for room in Room.objects.in_use().filter(location=reach.location)}
        rooms |= {visit.room_id: visit.room for visit in visits}
        columns: tuple[User | Room, ...] = tuple(sorted(rooms.values(), key=str))
        return Sheet(
            visits=visits,
            columns=columns,
            closed=(),
            away=(),
            reserved=reserved,
            opens=OPENS,
            closes=CLOSES,
        )
    hours = _hours(reach.location)
    people = {row.user_id: row.user for row in hours if row.user.may(Permission.TREAT)}
    people |= {visit.practitioner_id: visit.practitioner for visit in visits}
    first = sorted(people.values(), key=lambda one: (one.pk != user.pk, one.full_name, one.pk))
    return Sheet(
        visits=visits,
        columns=tuple(first),
        closed=tuple(_closed(first, hours, reach)),
        away=tuple(TimeOff.objects.in_force().filter(user__in=people, span__overlap=reach.span)),
        reserved=reserved,
        opens=min([OPENS, *(row.starts.hour for row in hours)]),
        closes=max([CLOSES, *(row.ends.hour + (row.ends.minute > 0) for row in hours)]),
    )


def marks(reach: Reach, *, user: User, at: datetime) -> dict[str, dict[str, Any]]:
    """What each session still lacks and how far its course has come, by visit."""
    visits = list(_visits(reach, user))
    today = timezone.localdate(at, reach.location.zone)
    by_day: dict[date, list[Appointment]] = defaultdict(list)
    for visit in visits:
        by_day[timezone.localdate(visit.slot.lower, reach.location.zone)].append(visit)
    dots = course_dots(visits)
    found: dict[str, dict[str, Any]] = {}
    for on, those in by_day.items():
        lacks = missing(those, on, at=at, today=on == today)
        for visit in those:
            session = getattr(visit, "session", None)
            found[str(visit.uuid)] = {
                "lacks": lacks[visit.pk],
                "dots": dots.get(session.course_id) if session else None,
            }
    return found


def wall(at: datetime, zone: ZoneInfo) -> str:
    """The place's clock on the wall, without a zone: the widget knows none."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def wall_end(visit: Appointment, zone: ZoneInfo) -> str:
    """As long after the start as the visit lasts, whatever the clocks do meanwhile."""
    starts = visit.slot.lower.astimezone(zone).replace(tzinfo=None)
    return f"{starts + timedelta(minutes=visit.minutes):%Y-%m-%dT%H:%M}"


def _visits(reach: Reach, user: User) -> Iterable[Appointment]:
    rows = Appointment.objects.visible_to(user).filter(
        room__location=reach.location, slot__overlap=reach.span
    )
    rows = rows.exclude(status=AppointmentStatus.CANCELLED)
    known = rows.select_related(
        "patient", "practitioner", "room__location", "session__course__plan"
    )
    return known.order_by("slot", "pk")


def _reserved(reach: Reach, at: datetime) -> Iterable[SlotReservation]:
    """Promised at this moment; for whom is nobody else's business."""
    rows = SlotReservation.objects.in_force(at=at).over(reach.span)
    known = rows.filter(room__location=reach.location)
    return known.select_related("practitioner", "room", "held_by").order_by("slot", "pk")


def _hours(location: Location) -> list[WorkingHours]:
    rows = WorkingHours.objects.filter(location=location, user__is_active=True)
    return list(rows.select_related("user").order_by("user", "weekday", "starts"))


def _closed(
    people: Iterable[User], hours: Iterable[WorkingHours], reach: Reach
) -> Iterable[tuple[User, datetime, datetime]]:
    """Every stretch of every day in which somebody does not work here; wall times."""
    shifts: dict[tuple[int, int], list[WorkingHours]] = defaultdict(list)
    for row in hours:
        shifts[row.user_id, row.weekday].append(row)
    for person in people:
        for on in reach.days:
            begun = datetime.combine(on, time.min)
            for row in shifts[person.pk, on.weekday()]:
                starts = datetime.combine(on, row.starts)
                if starts > begun:
                    yield person, begun, starts
                begun = max(begun, datetime.combine(on, row.ends))
            yield person, begun, datetime.combine(on + timedelta(days=1), time.min)


def tone(visit: Appointment) -> str:
    return TONES[AppointmentStatus(visit.status)]
