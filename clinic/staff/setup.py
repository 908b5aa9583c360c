"""The first day: an empty database gets its first location and its first administrator."""

from datetime import datetime
from typing import Unpack

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.record import audit
from clinic.staff import places, team
from clinic.staff.models import Location, User
from clinic.staff.places import LocationFields
from clinic.staff.roles import Role


class NotEmpty(ClinicError):
    code = "not-empty"
    text = _(
        "This clinic is already set up. An administrator invites colleagues on the page “Team”."
    )


@transaction.atomic
def start(
    administrator_email: str, full_name: str, *, at: datetime, **fields: Unpack[LocationFields]
) -> User:
    """Make the first administrator and the first location; only where there is nobody yet."""
    with connection.cursor() as cursor:  # a second set-up waits, and then finds the first
        cursor.execute("LOCK TABLE staff_user IN SHARE ROW EXCLUSIVE MODE")
    if User.objects.exists() or Location.objects.exists():
        raise NotEmpty
    user = team.invite(
        administrator_email,
        full_name,
        [Role.ADMINISTRATOR],
        location=None,
        language=fields["language"],
        at=at,
        by=None,
    )
    location = places.open_location(at=at, by=user, **fields)
    user.location = location
    user.save(update_fields=["location"])
    audit.record("clinic.set-up", location, at=at, by=user)
    return user


def set_password_link(user: User) -> str:
    """The path where the first administrator chooses a password."""
    return team.password_link(user)
