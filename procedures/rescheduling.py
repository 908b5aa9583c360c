"""A visit that is dragged: it alone or those after it, told to the patient or not."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from clinic.staff.models import Room, User
from procedures import booking, courses, planning, telling
from procedures.booking import Place
from procedures.domain.openings import Ask, Book, Diary, Shift
from procedures.models import Appointment, AppointmentKind, SlotReservation

OFFERED = 3
SEARCHED = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Where it was let go, as the desk confirmed it."""

    start: datetime
    minutes: int
    room: Room
    practitioner: User
    version: int
    following: bool = False
    tell: bool = False


@transaction.atomic
def drop(appointment: Appointment, drop: Drop, *, at: datetime, by: User) -> list[Appointment]:
    """Move what was dragged; who is told hears of it after some minutes, so a slip is silent."""
    place = Place(
        start=drop.start,
        minutes=drop.minutes,
        room=drop.room,
        practitioner=drop.practitioner,
        version=drop.version,
    )
    moved = _moved(appointment, place, drop, at=at, by=by)
    for visit in moved:
        telling.settle(visit, at=at)
        if drop.tell:
            telling.moved(visit, at=at)
    return moved


def next_free(appointment: Appointment, *, at: datetime) -> list[datetime]:
    """The next times at which this visit would fit with the same person in the same room."""
    return free_times(appointment, max(at, appointment.slot.lower), most=OFFERED, at=at)


def free_times(
    appointment: Appointment, first: datetime, *, most: int, at: datetime
) -> list[datetime]:
    """The first times after a moment at which it would fit, near the hour it has, day by day."""
    zone = appointment.room.location.zone
    on = timezone.localdate(first, zone)
    ask = Ask(minutes=appointment.minutes, near=appointment.slot.lower.astimezone(zone).time())
    book = Book(_diary(appointment, on, on + SEARCHED, at=at), ask)
    days = (on + timedelta(days=n) for n in range(SEARCHED.days))
    found = (opening.at for day in days for opening in book.choices(day) if opening.at > first)
    return list(islice(found, most))


def _moved(
    appointment: Appointment, place: Place, drop: Drop, *, at: datetime, by: User
) -> list[Appointment]:
    if appointment.kind != AppointmentKind.SESSION:
        return [booking.move(appointment, **place, at=at, by=by)]
    if drop.following:
        return courses.move_following(appointment.session, **place, at=at, by=by)
    return [courses.move(appointment.session, **place, at=at, by=by)]


def _diary(appointment: Appointment, on: date, until: date, *, at: datetime) -> Diary:
    """What the person, the room and the patient have taken, but for the visit itself."""
    zone, person = appointment.room.location.zone, appointment.practitioner
    reach = TimestamptzRange(
        datetime.combine(on, time.min, zone), datetime.combine(until, time.min, zone)
    )
    others = Appointment.objects.standing().exclude(pk=appointment.pk)
    owners = Q(practitioner=person) | Q(room=appointment.room) | Q(patient=appointment.patient)
    promised = SlotReservation.objects.in_force(at=at).over(reach).filter(owners)
    taken = others.filter(owners, slot__overlap=reach).values_list("slot", flat=True)
    lost = [*taken, *promised.values_list("slot", flat=True)]
    away = person.time_off.filter(cancelled_at=None, span__overlap=reach)
    hours = person.working_hours.filter(location=appointment.room.location)
    return Diary(
        zone=zone,
        people={person.pk: [Shift(weekday=r.weekday, starts=r.starts, ends=r.ends) for r in hours]},
        away={person.pk: planning.spans(away.values_list("span", flat=True))},
        busy={},
        rooms={appointment.room_id: planning.spans(lost)},
    )
