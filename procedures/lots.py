"""Lots on the shelf: received, and withdrawn when something is wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState, constraints_as
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients.models import Patient
from procedures.models import (
    OPEN,
    Appointment,
    Lot,
    LotMovement,
    MovementKind,
    Product,
    Session,
)


class LotExists(ClinicError):
    code = "lot-exists"
    text = _("This lot of this product was already received. Check the number on the box.")


class NoNumber(ClinicError):
    code = "no-number"
    text = _("Enter the lot number that is printed on the box.")


class NoUnits(ClinicError):
    code = "no-units"
    text = _("Enter how many ampoules, vials or syringes were received, at least 1.")


class NotOnTheShelf(ClinicError):
    code = "not-on-the-shelf"
    text = _(
        "Of lot %(lot)s only %(left)s are on the shelf. Take another lot, or correct the count."
    )


class NothingMoved(ClinicError):
    code = "nothing-moved"
    text = _("Enter how many units, at least 1, and why.")


class SameCount(ClinicError):
    code = "same-count"
    text = _("That is what the shelf already says. Nothing was changed.")


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
def waste(lot: Lot, units: int, reason: str, *, at: datetime, by: User) -> LotMovement:
    """Units were broken, spilled or thrown away after their date."""
    lot = _held(lot)
    if units < 1 or not reason.strip():
        raise NothingMoved
    _require(lot, units)
    moved = _move(lot, MovementKind.WASTED, -units, reason.strip(), at=at, by=by)
    audit.record("lot.wasted", lot, at=at, by=by, units=units)
    return moved


@transaction.atomic
def count(lot: Lot, found: int, reason: str, *, at: datetime, by: User) -> LotMovement:
    """Somebody counted the shelf, and it holds another number than we thought."""
    lot = _held(lot)
    difference = found - on_shelf(lot)
    if difference == 0:
        raise SameCount
    if found < 0 or not reason.strip():
        raise NothingMoved
    moved = _move(lot, MovementKind.COUNTED, difference, reason.strip(), at=at, by=by)
    audit.record("lot.counted", lot, at=at, by=by, found=found, difference=difference)
    return moved


@transaction.atomic
def withdraw(lot: Lot, reason: str = "", *, at: datetime, by: User) -> Lot:
    """Never use it again: recalled, damaged, stored wrongly. Whoever had it becomes a task."""
    lot = _held(lot)
    lot.withdrawn_at = lot.withdrawn_at or at
    lot.withdrawn_reason = lot.withdrawn_reason or reason.strip()
    lot.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    audit.record("lot.withdrawn", lot, at=at, by=by)
    _ask_to_call(lot, at=at)
    _flag_laid_out(lot, at=at)
    return lot


def treated_with(lot: Lot) -> QuerySet[Patient]:
    """Everybody who was given something of it, in one query."""
    return Patient.objects.filter(sessions__injections__lot=lot).distinct()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """Somebody who was given a lot: from when to when, how much in all."""

    patient: Patient
    first: datetime
    last: datetime
    volume_ml: Decimal


def recall(lot: Lot, user: User) -> Iterator[Recalled]:
    """Whom this person may see of those who had it, the last treated first; one query."""
    given = "sessions__injections"
    rows = Patient.objects.visible_to(user).filter(sessions__injections__lot=lot)
    counted: QuerySet[Any] = rows.annotate(
        first_at=Min(f"{given}__recorded_at"),
        last_at=Max(f"{given}__recorded_at"),
        given_ml=Sum(f"{given}__volume_ml"),
    )
    for row in counted.order_by("-last_at", "pk"):
        yield Recalled(patient=row, first=row.first_at, last=row.last_at, volume_ml=row.given_ml)


def draw(lot: Lot, units: int, *, session: UUID, at: datetime, by: User) -> LotMovement:
    """Open units for a session, in the transaction of who lays them out."""
    lot = _held(lot)
    if units < 1:
        raise NothingMoved
    _require(lot, units)
    moved = LotMovement(lot=lot, kind=MovementKind.OPENED, units=-units, session_uuid=session)
    moved.moved_at, moved.moved_by = at, by
    moved.save(force_insert=True)
    return moved


def return_unopened(lot: Lot, units: int, *, at: datetime, by: User) -> LotMovement:
    """They were laid out by mistake, in the transaction of who puts them back."""
    reason = str(_("laid out by mistake, not opened"))
    return _move(_held(lot), MovementKind.COUNTED, units, reason, at=at, by=by)


def on_shelf(lot: Lot) -> int:
    """What was delivered, less what left."""
    moved: int = lot.movements.aggregate(total=Coalesce(Sum("units"), 0))["total"]
    return lot.units + moved


def _held(lot: Lot) -> Lot:
    return Lot.objects.select_for_update(no_key=True).get(pk=lot.pk)


def _require(lot: Lot, units: int) -> None:
    left = on_shelf(lot)
    if units > left:
        raise NotOnTheShelf(lot=lot.number, left=left)


def _move(
    lot: Lot, kind: MovementKind, units: int, reason: str, *, at: datetime, by: User
) -> LotMovement:
    return LotMovement.objects.create(
        lot=lot, kind=kind, units=units, reason=reason, moved_at=at, moved_by=by
    )


def _ask_to_call(lot: Lot, *, at: datetime) -> None:
    """A doctor decides what each of them is told."""
    for patient in treated_with(lot).order_by("pk"):
        worklist.ask(
            TaskKind.LOT_RECALL,
            f"lot-recall:{lot.uuid}:{patient.uuid}",
            lot,
            role=Role.CLINICAL_LEAD,
            patient=patient.uuid,
            due_at=at,
            at=at,
            lot=lot.number,
        )


def _flag_laid_out(lot: Lot, *, at: datetime) -> None:
    """It lies open in a room at this moment: whoever treats there is told, the gate is shut."""
    for session in Session.objects.filter(
        prepared__lot=lot, appointment__in=Appointment.objects.filter(status__in=OPEN)
    ).select_related("appointment__practitioner", "patient"):
        worklist.ask(
            TaskKind.LOT_RECALL,
            f"lot-recall:{lot.uuid}:{session.uuid}",
            session,
            owner=session.appointment.practitioner,
            patient=session.patient.uuid,
            urgent=True,
            due_at=at,
            at=at,
            lot=lot.number,
        )
