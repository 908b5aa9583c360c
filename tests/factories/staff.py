"""People, places and hours of an imaginary clinic."""

from datetime import UTC, datetime, time
from itertools import count

from django.contrib.auth.hashers import make_password

from clinic.staff import pins
from clinic.staff.models import Location, Room, User, Weekday, WorkingHours
from clinic.staff.roles import Role

PASSWORD = "correct-horse-battery"
PIN = "2580"
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)  # a Wednesday
_number = count(1)


def make_staff(
    *roles: Role,
    full_name: str = "",
    email: str = "",
    title: str = "",
    location: Location | None = None,
    is_active: bool = True,
) -> User:
    """A colleague who signs in with `PASSWORD`; of the reception unless said otherwise."""
    number = next(_number)
    user: User = User.objects.create(
        email=email or f"colleague-{number}@clinic.example",
        full_name=full_name or f"Colleague {number}",
        title=title,
        roles=[role.value for role in roles or (Role.RECEPTION,)],
        location=location,
        password=make_password(PASSWORD),
        is_active=is_active,
        deactivated_at=None if is_active else NOW,
    )
    return user


def make_pin(user: User, *, at: datetime = NOW) -> User:
    """Somebody who may hand over tablets, and takes them back with `PIN`."""
    pins.choose(user, PIN, at=at, by=user)
    return user


def make_location(
    *, name: str = "", time_zone: str = "Europe/Kyiv", language: str = "en", quiet: bool = True
) -> Location:
    """An address; quiet from 21:00 until 08:00 unless told that it never is."""
    return Location.objects.create(
        name=name or f"Location {next(_number)}",
        legal_name="Fictional Clinic Ltd",
        licence="No. 000000, Ministry of Fiction",
        address="1 Imaginary Street, Nowhere",
        time_zone=time_zone,
        language=language,
        phone="+380440000001",
        urgent_phone="+380440000002",
        emergency_number="112",
        quiet_from=time(21, 0) if quiet else time(0, 0),
        quiet_until=time(8, 0) if quiet else time(0, 0),
    )


def make_room(location: Location | None = None, *, name: str = "") -> Room:
    return Room.objects.create(
        location=location or make_location(), name=name or f"Room {next(_number)}"
    )


def make_working_hours(
    user: User,
    location: Location,
    *,
    weekdays: tuple[int, ...] = tuple(Weekday.values),
    starts: time = time(8, 0),
    ends: time = time(20, 0),
) -> list[WorkingHours]:
    """The same hours on each of these days; every day of the week unless said otherwise."""
    return [
        WorkingHours.objects.create(
            user=user, location=location, weekday=weekday, starts=starts, ends=ends
        )
        for weekday in weekdays
    ]
