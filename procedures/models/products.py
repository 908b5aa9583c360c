"""What the clinic injects: products, what they are made of, the lots on its shelf."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
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
    version = models.PositiveIntegerField(default=1)
    retired_at = models.DateTimeField(null=True, editable=False, help_text="Empty means: in use.")

    objects = ProductManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="product_has_name"),
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
