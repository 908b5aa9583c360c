"""Lots on the shelf: received, and withdrawn when something is wrong with them."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, constraints_as
from clinic.record import audit
from clinic.staff.models import User
from procedures.models import Lot, Product


class LotExists(ClinicError):
    code = "lot-exists"
    text = _("This lot of this product was already received. Check the number on the box.")


class ExpiredOnArrival(ClinicError):
    code = "expired-on-arrival"
    text = _("This lot expires before the day it was received. Check both dates on the box.")


@transaction.atomic
def receive(
    product: Product, number: str, *, expires_on: date, units: int, at: datetime, by: User
) -> Lot:
    """Put a delivered lot on the shelf."""
    with constraints_as(
        lot_number_unique_in_product=LotExists, lot_expires_after_received=ExpiredOnArrival
    ):
        lot = Lot.objects.create(
            product=product,
            number=number.strip(),
            expires_on=expires_on,
            received_on=at.date(),
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
