"""What a location of the clinic decides about its consents. A public function: a transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale
from clinic.record import audit
from clinic.staff.models import Location, User
from clinic.staff.roles import Permission
from consent.models import Asked, ConsentRules


class LeadsOnly(ClinicError):
    code = "leads-only"
    text = _("Only a clinical lead sets these values.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What shall hold from now on; what is empty is left open."""

    valid_months: int | None = None
    valid_sessions: int | None = None
    guardian: str = Asked.UNSET
    interpreter: str = Asked.UNSET
    witness: str = Asked.UNSET
    price_line: bool = False


@transaction.atomic
def decide(
    location: Location, wish: Wish, *, after: int | None, at: datetime, by: User
) -> ConsentRules:
    """A new decision after the one that was read (its key, None for none): earlier ones stay."""
    if not by.may(Permission.MANAGE_RULES):
        raise LeadsOnly
    location = Location.objects.select_for_update(no_key=True).get(pk=location.pk)
    if ConsentRules.objects.of(location, at=at).pk != after:
        raise Stale
    row = ConsentRules.objects.create(
        location=location,
        valid_months=wish.valid_months,
        valid_sessions=wish.valid_sessions,
        guardian=wish.guardian,
        interpreter=wish.interpreter,
        witness=wish.witness,
        price_line=wish.price_line,
        set_at=at,
        set_by=by,
    )
    audit.record("consent-rules.decided", row, at=at, by=by)
    return row
