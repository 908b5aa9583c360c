"""Where the clinic works, and who is there when. Each public function is one transaction."""

from collections.abc import Sequence
from datetime import datetime, time
from itertools import pairwise
from typing import NotRequired, TypedDict, TypeVar, Unpack
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from psycopg.types.range import TimestamptzRange

from clinic.errors import ClinicError, Stale, WrongState, constraints_as
from clinic.record import audit
from clinic.staff.models import Location, Room, TimeOff, User, WorkingHours

Span = tuple[Location, int, time, time]
Row = TypeVar("Row", Location, Room)


class NameTaken(ClinicError):
    code = "name-taken"
    text = _(
        "There is already one of this name. Choose another name, so that nobody mixes them up."
    )


class UnknownTimeZone(ClinicError):
    code = "unknown-time-zone"
    text = _("“%(zone)s” is no time zone. Write it like Europe/Kyiv.")


class LastLocation(ClinicError):
    code = "last-location"
    text = _("This is the only location in use. Open another one before you close it.")


class HoursBackwards(ClinicError):
    code = "hours-backwards"
    text = _("Working hours end after they start.")


class HoursOverlap(ClinicError):
    code = "hours-overlap"
    text = _("Two spans of the same day overlap. Nobody works in two places at once.")


class SpanBackwards(ClinicError):
    code = "span-backwards"
    text = _("The time off ends before it starts.")


class TimeOffOverlaps(ClinicError):
    code = "time-off-overlaps"
    text = _("There is already time off in these days. Cancel that first, or choose other days.")


class LocationFields(TypedDict):
    """What is known about a location."""

    name: str
    legal_name: str
    licence: str
    address: str
    time_zone: str
    language: str
    phone: str
    urgent_phone: str
    emergency_number: str
    quiet_from: time
    quiet_until: time
    notice_hours: NotRequired[int | None]


@transaction.atomic
def open_location(*, at: datetime, by: User, **fields: Unpack[LocationFields]) -> Location:
    """The clinic works at one more address."""
    location = Location(**known(fields))
    with constraints_as(staff_location_name_key=NameTaken):
        location.save(force_insert=True)
    audit.record("location.opened", location, at=at, by=by)
    return location


@transaction.atomic
def edit_location(
    location: Location, *, version: int, at: datetime, by: User, **fields: Unpack[LocationFields]
) -> Location:
    """Correct what is known about an address; documents already signed keep what they said."""
    location = fresh(location, version)
    changed = [name for name, value in fields.items() if getattr(location, name) != value]
    for name, value in known(fields).items():
        setattr(location, name, value)
    location.version += 1
    with constraints_as(staff_location_name_key=NameTaken):
        location.save(update_fields=[*fields, "version"])
    audit.record("location.edited", location, at=at, by=by, changed=", ".join(changed))
    return location


@transaction.atomic
def close_location(location: Location, *, version: int, at: datetime, by: User) -> Location:
    """Nothing new is booked there; what was done there stays."""
    list(Location.objects.in_use().order_by("pk").select_for_update(no_key=True))
    location = closable(fresh(location, version))
    if not Location.objects.in_use().exclude(pk=location.pk).exists():
        raise LastLocation
    location.closed_at = at
    location.version += 1
    location.save(update_fields=["closed_at", "version"])
    audit.record("location.closed", location, at=at, by=by)
    return location


@transaction.atomic
def add_room(location: Location, name: str, *, at: datetime, by: User) -> Room:
    """One more room to treat in."""
    with constraints_as(room_name_unique_in_location=NameTaken):
        room = Room.objects.create(location=location, name=name.strip())
    audit.record("room.added", room, at=at, by=by)
    return room


@transaction.atomic
def edit_room(room: Room, name: str, *, version: int, at: datetime, by: User) -> Room:
    """Give a room another name."""
    room = fresh(room, version)
    room.name = name.strip()
    room.version += 1
    with constraints_as(room_name_unique_in_location=NameTaken):
        room.save(update_fields=["name", "version"])
    audit.record("room.edited", room, at=at, by=by)
    return room


@transaction.atomic
def close_room(room: Room, *, version: int, at: datetime, by: User) -> Room:
    """Nothing new is booked into it."""
    room = closable(fresh(room, version))
    room.closed_at = at
    room.version += 1
    room.save(update_fields=["closed_at", "version"])
    audit.record("room.closed", room, at=at, by=by)
    return room


@transaction.atomic
def set_hours(
    user: User, hours: Sequence[Span], *, version: int | None = None, at: datetime, by: User
) -> list[WorkingHours]:
    """Somebody's whole week, instead of the one before; bookings already made stay."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if version is not None and user.version != version:
        raise Stale
    check_apart(hours)
    WorkingHours.objects.filter(user=user).delete()
    rows = WorkingHours.objects.bulk_create(
        WorkingHours(user=user, location=location, weekday=weekday, starts=starts, ends=ends)
        for location, weekday, starts, ends in hours
    )
    user.version += 1
    user.save(update_fields=["version"])
    audit.record("user.hours-set", user, at=at, by=by, spans=len(rows))
    return rows


@transaction.atomic
def add_time_off(user: User, span: TimestamptzRange, *, at: datetime, by: User) -> TimeOff:
    """Somebody is away; nothing is booked into it from now on."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if span.lower is None or span.upper is None or span.lower >= span.upper:
        raise SpanBackwards
    with constraints_as(timeoff_spans_apart=TimeOffOverlaps):
        time_off = TimeOff.objects.create(user=user, span=span)
    audit.record("time-off.added", time_off, at=at, by=by)
    return time_off


@transaction.atomic
def cancel_time_off(time_off: TimeOff, *, at: datetime, by: User) -> TimeOff:
    """Somebody is there after all."""
    time_off = TimeOff.objects.select_for_update(no_key=True).get(pk=time_off.pk)
    if time_off.cancelled_at is not None:
        raise WrongState(state=pgettext_lazy("time off", "cancelled"))
    time_off.cancelled_at = at
    time_off.save(update_fields=["cancelled_at"])
    audit.record("time-off.cancelled", time_off, at=at, by=by)
    return time_off


def known(fields: LocationFields) -> LocationFields:
    """A misspelt time zone would break every page that shows an hour there."""
    if fields["time_zone"] not in available_timezones():
        raise UnknownTimeZone(zone=fields["time_zone"])
    return fields


def check_apart(hours: Sequence[Span]) -> None:
    """Spans run forwards, and those of one day stand apart."""
    if any(ends <= starts for _place, _day, starts, ends in hours):
        raise HoursBackwards
    ordered = sorted((weekday, starts, ends) for _place, weekday, starts, ends in hours)
    for (day, _starts, ends), (next_day, next_starts, _ends) in pairwise(ordered):
        if day == next_day and next_starts < ends:
            raise HoursOverlap


def fresh(row: Row, version: int) -> Row:
    """The row under lock, as the editor saw it."""
    current = type(row).objects.select_for_update(no_key=True).get(pk=row.pk)
    if current.version != version:
        raise Stale
    return current


def closable(row: Row) -> Row:
    if row.closed_at is not None:
        raise WrongState(state=pgettext_lazy("place", "closed"))
    return row
