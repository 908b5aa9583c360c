"""Lots on the shelf: received, and withdrawn when something is wrong with them."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState, constraints_as
from clinic.record import audit
from clinic.staff.models import User
from procedures.models import Lot, Product


class LotExists(ClinicError):
    code = "lot-exists"
    text = _("This lot of this product was already received. Check the number on the box.")


class NoNumber(ClinicError):
    code = "no-number"
    text = _("Enter the lot number that is printed on the box.")


class NoUnits(ClinicError):
    code = "no-units"
    text = _("Enter how many ampoules, vials or syringes were received, at least 1.")


class ExpiredOnArrival(ClinicError):
    code = "expired-on-arrival"
    text = _("This lot expires before the day it was received. Check both dates on the box.")


@transaction.atomic
def receive(
    product: Product, number: str, *, expires_on: date, units: int, at: datetime, by: User
) -> Lot:
    """Put a delivered lot on the shelf."""
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    if product.retired_at is not None:
        raise WrongState(state=_("Retired"))
    with constraints_as(
        lot_number_unique_in_product=LotExists,
        lot_expires_after_received=ExpiredOnArrival,
        lot_has_number=NoNumber,
        lot_has_units=NoUnits,
    ):
        lot = Lot.objects.create(
            product=product,
            number=number.strip(),
            expires_on=expires_on,
            received_on=timezone.localdate(at),
            units=units,
        )
    audit.record("lot.received", lot, at=at, by=by, units=units)
    return lot


@transaction.atomic
def withdraw(lot: Lot, *, at: datetime, by: User) -> Lot:
    """Never use it again: recalled, damaged, stored wrongly."""
    lot = Lot.objects.select_for_update(no_key=True).get(pk=lot.pk)
    lot.withdrawn_at = lot.withdrawn_at or at
    lot.save(update_fields=["withdrawn_at"])
    audit.record("lot.withdrawn", lot, at=at, by=by)
    return lot
