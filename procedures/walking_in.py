"""Who stands at the desk now: the next person who is free, a chart opened in one breath."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from clinic.errors import ClinicError
from clinic.staff.models import Location, Room, TimeOff, User, WorkingHours
from clinic.staff.roles import Permission
from patients import registration
from patients.models import Patient
from patients.registration import Identity
from procedures import booking, planning
from procedures.booking import Stretch, Visit
from procedures.domain.openings import Ask, Book, Diary, Shift, minute_of
from procedures.models import Appointment, SlotReservation

A_DAY = timedelta(days=1)


class NobodyFree(ClinicError):
    code = "nobody-free"
    text = _("Nobody is free here any more today. Choose another day in the calendar.")


def next_free(location: Location, minutes: int, *, at: datetime) -> Stretch:
    """The earliest start today at which somebody and a room are free."""
    on = timezone.localdate(at, location.zone)
    midnight = datetime.combine(on, time.min, location.zone)
    today = TimestamptzRange(midnight, datetime.combine(on + A_DAY, time.min, location.zone))
    hours = WorkingHours.objects.filter(location=location, weekday=on.weekday())
    working = {row.user_id: row.user for row in hours.select_related("user").order_by("starts")}
    people = {
        key: one for key, one in working.items() if one.is_active and one.may(Permission.TREAT)
    }
    rooms = {one.pk: one for one in Room.objects.in_use().filter(location=location).order_by("pk")}
    shifts: dict[int, list[Shift]] = defaultdict(list)
    for row in hours:
        shifts[row.user_id].append(Shift(weekday=row.weekday, starts=row.starts, ends=row.ends))
    diary = _diary(location, {key: shifts[key] for key in people}, rooms, today, at)
    found = Book(diary, Ask(minutes=minutes, near=at.astimezone(location.zone).time())).best(on)
    if found is None:
        raise NobodyFree
    return Stretch(
        practitioner=people[found.person], room=rooms[found.room], start=found.at, minutes=minutes
    )


@transaction.atomic
def book_newcomer(
    identity: Identity,
    visit: Callable[[Patient], Visit],
    *,
    insist: bool = False,
    location: Location,
    at: datetime,
    by: User,
) -> Appointment:
    """Open a chart and book its first visit, both or neither."""
    patient = registration.register(
        identity,
        location=location,
        at=at,
        by=by,
        email_allowed=False,
        sms_allowed=False,
        accept_duplicate=insist,
    )
    return booking.book(visit(patient), at=at, by=by)


def _diary(
    location: Location,
    people: dict[int, list[Shift]],
    rooms: dict[int, Room],
    today: TimestamptzRange,
    at: datetime,
) -> Diary:
    busy: dict[int, list[TimestamptzRange]] = defaultdict(list)
    full: dict[int, list[TimestamptzRange]] = defaultdict(list)
    ours = Q(practitioner__in=people) | Q(room__in=rooms)
    columns = ("practitioner", "room", "slot")
    visits = Appointment.objects.standing().filter(ours, slot__overlap=today)
    kept = SlotReservation.objects.in_force(at=at).over(today).filter(ours)
    for person, room, slot in [*visits.values_list(*columns), *kept.values_list(*columns)]:
        busy[person].append(slot)
        full[room].append(slot)
    away: dict[int, list[TimestamptzRange]] = defaultdict(list)
    for gone in TimeOff.objects.in_force().filter(user__in=people, span__overlap=today):
        away[gone.user_id].append(gone.span)
    return Diary(
        zone=location.zone,
        people=people,
        away={key: planning.spans(found) for key, found in away.items()},
        busy={key: planning.spans(found) for key, found in busy.items()},
        rooms={key: planning.spans(full[key]) for key in rooms},
        patient=((0, minute_of(at)),),
    )
