"""The PIN by which a colleague takes a tablet back. Each public function is one transaction.

It opens nothing by itself: only a tablet that the same colleague handed over, for a while.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.record import audit
from clinic.staff.models import StaffPin, User

SHORTEST, LONGEST = 4, 8
TRIES = 5
LOCKED_FOR = timedelta(minutes=15)


class WeakPin(ClinicError):
    code = "weak-pin"
    text = _("Choose 4 to 8 digits that are not all the same and do not count up or down.")


class NoPin(ClinicError):
    code = "no-pin"
    text = _("Set your PIN on your account page first: without it you could not take it back.")


@transaction.atomic
def choose(user: User, pin: str, *, at: datetime, by: User) -> StaffPin:
    """From now on this PIN takes back the tablets that its owner handed over."""
    if is_weak(pin):
        raise WeakPin
    row, _created = StaffPin.objects.update_or_create(
        user=user, defaults={"digest": make_password(peppered(pin)), "set_at": at, "wrong": 0}
    )
    audit.record("user.pin-set", user, at=at, by=by)
    return row


@transaction.atomic
def is_right(user: User, pin: str, *, at: datetime) -> bool:
    """Compared under lock; after five wrong ones nothing is compared for a quarter of an hour."""
    row = StaffPin.objects.select_for_update(no_key=True).filter(user=user).first()
    if row is None or row.is_locked(at=at):
        return False
    right = user.is_active and check_password(peppered(pin), row.digest)
    row.wrong = 0 if right else row.wrong + 1
    if row.wrong >= TRIES:
        row.wrong, row.locked_until = 0, at + LOCKED_FOR
    row.save(update_fields=["wrong", "locked_until"])
    audit.record("user.pin-accepted" if right else "user.pin-refused", user, at=at, by=None)
    return right


def has_pin(user: User) -> bool:
    return StaffPin.objects.filter(user=user).exists()


def is_locked(user: User, *, at: datetime) -> bool:
    row = StaffPin.objects.filter(user=user).first()
    return row is not None and row.is_locked(at=at)


def is_weak(pin: str) -> bool:
    """What somebody who looks on would try first."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        return True
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return steps in ({0}, {1}, {-1})


def peppered(pin: str) -> str:
    """Whoever reads the database alone cannot try ten thousand PINs."""
    return salted_hmac("clinic.staff.pins", pin, algorithm="sha256").hexdigest()
