"""What the clinic injects: products, what they are made of, the lots on its shelf."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from clinic.staff.roles import Permission


class ProductQuerySet(models.QuerySet["Product"]):
    def visible_to(self, user: User) -> ProductQuerySet:
        return self.all() if user.may(Permission.SEE_CATALOGUE) else self.none()

    def in_use(self) -> ProductQuerySet:
        return self.filter(retired_at=None)


ProductManager = models.Manager.from_queryset(ProductQuerySet)


@pghistory.track()
class Product(models.Model):
    """A registered medicine or device as its leaflet describes it."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    maker = models.CharField(_("maker"), max_length=200)
    registration = models.CharField(
        _("registration"),
        max_length=120,
        blank=True,
        help_text=_("Number and country. Empty means: not registered, and it cannot be planned."),
    )
    intradermal = models.BooleanField(
        _("licensed for intradermal use"),
        null=True,
        help_text="Empty means: the leaflet was not read.",
    )
    monotherapy = models.BooleanField(_("never mixed with another product"), default=False)
    oil_emulsion = models.BooleanField(_("oil or fat emulsion"), default=False)
    purpose = models.CharField(
        _("what it is for"), max_length=300, help_text=_("Printed in consents.")
    )
    unit_ml = models.DecimalField(
        _("volume of one unit, ml"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_(
            "In one ampoule, vial or syringe, as on the box. Empty means: not known, and what is "
            "given is not compared with what was opened."
        ),
    )
    gtin = models.CharField(
        _("GTIN"),
        max_length=14,
        blank=True,
        help_text=_("The number in the code on the box. Empty means: its code cannot be scanned."),
    )
    version = models.PositiveIntegerField(default=1)
    retired_at = models.DateTimeField(null=True, editable=False, help_text="Empty means: in use.")

    objects = ProductManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="product_has_name"),
            models.CheckConstraint(
                condition=Q(unit_ml=None) | Q(unit_ml__gt=0), name="product_unit_holds_something"
            ),
            models.CheckConstraint(
                condition=Q(gtin="") | Q(gtin__regex=r"^[0-9]{14}$"), name="product_gtin_is_one"
            ),
            models.UniqueConstraint(
                fields=["gtin"], condition=~Q(gtin=""), name="product_gtin_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IngredientRole(models.TextChoices):
    ACTIVE = "active", _("Active ingredient")
    EXCIPIENT = "excipient", _("Excipient")


class ProductIngredient(models.Model):
    """One line of a product's composition, active or excipient; allergies are matched to both."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="ingredients")
    ingredient = models.CharField(
        max_length=60, blank=True, help_text="Id in the knowledge (ING-..); empty: not known there."
    )
    text = models.CharField(_("ingredient"), max_length=200, help_text=_("As on the leaflet."))
    role = models.CharField(_("role"), max_length=10, choices=IngredientRole)
    concentration = models.CharField(_("concentration"), max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "text"], name="productingredient_once"),
            models.CheckConstraint(
                condition=Q(role__in=IngredientRole.values), name="productingredient_role_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class LotQuerySet(models.QuerySet["Lot"]):
    def visible_to(self, user: User) -> LotQuerySet:
        return self.all() if user.may(Permission.SEE_CATALOGUE) else self.none()

    def usable(self, *, on: date) -> LotQuerySet:
        """Not past its date and not withdrawn."""
        return self.filter(withdrawn_at=None, expires_on__gte=on)

    def on_shelf(self) -> LotQuerySet:
        """Not withdrawn and not used up, each with `balance`: delivered, less what left."""
        moved = Coalesce(Sum("movements__units"), 0)
        standing = self.filter(withdrawn_at=None).annotate(balance=F("units") + moved)
        return standing.exclude(balance=0)

    def expiring(self, *, by: date) -> LotQuerySet:
        """Those with something on the shelf that may not be used after that day."""
        return self.on_shelf().filter(expires_on__lte=by)


LotManager = models.Manager.from_queryset(LotQuerySet)


@pghistory.track()
class Lot(models.Model):
    """A delivered batch of a product. It may be used up to and on its expiry date."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(_("lot number"), max_length=60)
    expires_on = models.DateField(_("expires on"))
    received_on = models.DateField(_("received on"))
    units = models.PositiveIntegerField(
        _("units received"), help_text=_("Ampoules, vials or syringes.")
    )
    withdrawn_at = models.DateTimeField(null=True, help_text="Empty means: may be used.")
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    objects = LotManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "number"], name="lot_number_unique_in_product"
            ),
            models.CheckConstraint(condition=~Q(number=""), name="lot_has_number"),
            models.CheckConstraint(condition=Q(units__gt=0), name="lot_has_units"),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("received_on")), name="lot_expires_after_received"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class MovementKind(models.TextChoices):
    """Why units came to a shelf or left it after they were delivered."""

    OPENED = "opened", _("Opened for a session")
    WASTED = "wasted", _("Thrown away")
    COUNTED = "counted", _("Corrected by counting")


class LotMovement(models.Model):
    """Units of a lot that left the shelf or came back to it; what is there is the sum of these."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=MovementKind)
    units = models.IntegerField(help_text="Below zero: they left the shelf.")
    session_uuid = models.UUIDField(null=True, help_text="Empty means: for no session.")
    reason = models.CharField(max_length=300, blank=True)
    moved_at = models.DateTimeField()
    moved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="opened", units__lt=0, session_uuid__isnull=False)
                | (Q(kind="wasted", units__lt=0, session_uuid=None) & ~Q(reason=""))
                | (Q(kind="counted", session_uuid=None) & ~Q(units=0) & ~Q(reason="")),
                name="lotmovement_fits_its_kind",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="lotmovement_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"LotMovement #{self.pk} {self.units}"


class ClinicSetting(models.Model):
    """What the sources leave to the clinic, as its lead set it; the last row of a key holds.

    No row means: not set, and where a fact of a patient needs it, the session is held.
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    key = models.CharField(max_length=60, help_text="Key in the knowledge's clinic settings.")
    value = models.JSONField(null=True, help_text="Empty means: unset again.")
    reason = models.CharField(_("reason or source"), max_length=500)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["key", "-set_at"], name="clinicsetting_latest")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="clinicsetting_has_reason"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="clinicsetting_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"ClinicSetting {self.key} #{self.pk}"
