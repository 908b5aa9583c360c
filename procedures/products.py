"""The catalogue of what may be injected: products with their whole composition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, constraints_as
from clinic.knowledge.loader import load
from clinic.record import audit
from clinic.staff.models import User
from procedures.domain.gs1 import valid_gtin
from procedures.models import IngredientRole, Product, ProductIngredient


class ProductExists(ClinicError):
    code = "product-exists"
    text = _("There is already a product of this name. Open that one and change it.")


class NoComposition(ClinicError):
    code = "no-composition"
    text = _("Enter at least one active ingredient: allergies are matched to the composition.")


class IngredientTwice(ClinicError):
    code = "ingredient-twice"
    text = _("An ingredient stands twice in the composition. Enter it once.")


class UnknownIngredient(ClinicError):
    code = "unknown-ingredient"
    text = _("“%(ingredient)s” is no ingredient the knowledge has. Choose one of the list.")


class GtinTwice(ClinicError):
    code = "gtin-twice"
    text = _("Another product has this GTIN. Check the number on the box.")


class NoGtin(ClinicError):
    code = "no-gtin"
    text = _("A GTIN has 14 digits and a check digit that fits. Scan the box or check the number.")


class EmptyUnit(ClinicError):
    code = "empty-unit"
    text = _("One unit holds more than 0 ml. Leave it empty if it is not known.")


class NoName(ClinicError):
    code = "no-name"
    text = _("Enter the product's name as it is printed on the box.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """One line of a leaflet's composition; `ingredient` is its id in the knowledge, if any."""

    text: str
    role: IngredientRole
    ingredient: str = ""
    concentration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet:
    """What the leaflet says of a product."""

    name: str
    maker: str
    registration: str
    intradermal: bool | None
    monotherapy: bool
    oil_emulsion: bool
    purpose: str
    ingredients: Sequence[Ingredient]
    unit_ml: Decimal | None = None
    gtin: str = ""

    def __post_init__(self) -> None:
        if self.gtin and not valid_gtin(self.gtin):
            raise NoGtin
        if not any(line.role is IngredientRole.ACTIVE for line in self.ingredients):
            raise NoComposition
        for line in self.ingredients:
            if line.ingredient and line.ingredient not in load().ingredients:
                raise UnknownIngredient(ingredient=line.ingredient)


BROKEN: dict[str, type[ClinicError]] = {
    "procedures_product_name_key": ProductExists,
    "product_has_name": NoName,
    "product_gtin_once": GtinTwice,
    "product_gtin_is_one": NoGtin,
    "product_unit_holds_something": EmptyUnit,
}


@transaction.atomic
def add(leaflet: Leaflet, *, at: datetime, by: User) -> Product:
    """Enter a product as its leaflet describes it."""
    with constraints_as(**BROKEN):
        product = Product.objects.create(**_columns(leaflet))
    _write_composition(product, leaflet)
    audit.record("product.added", product, at=at, by=by)
    return product


@transaction.atomic
def edit(product: Product, leaflet: Leaflet, *, version: int, at: datetime, by: User) -> Product:
    """Correct a product; every plan that names it is screened and consented anew by its content."""
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    if product.version != version:
        raise Stale
    for column, value in _columns(leaflet).items():
        setattr(product, column, value)
    product.version += 1
    with constraints_as(**BROKEN):
        product.save()
    _write_composition(product, leaflet)
    audit.record("product.edited", product, at=at, by=by)
    return product


@transaction.atomic
def retire(product: Product, *, at: datetime, by: User) -> Product:
    """No new plan may name it; what was given with it stays on the record."""
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    product.retired_at = product.retired_at or at
    product.version += 1
    product.save(update_fields=["retired_at", "version"])
    audit.record("product.retired", product, at=at, by=by)
    return product


def _columns(leaflet: Leaflet) -> dict[str, Any]:
    return {
        "name": leaflet.name.strip(),
        "maker": leaflet.maker,
        "registration": leaflet.registration.strip(),
        "intradermal": leaflet.intradermal,
        "monotherapy": leaflet.monotherapy,
        "oil_emulsion": leaflet.oil_emulsion,
        "purpose": leaflet.purpose,
        "unit_ml": leaflet.unit_ml,
        "gtin": leaflet.gtin,
    }


def _write_composition(product: Product, leaflet: Leaflet) -> None:
    product.ingredients.all().delete()
    with constraints_as(productingredient_once=IngredientTwice):
        ProductIngredient.objects.bulk_create(
            ProductIngredient(
                product=product,
                ingredient=line.ingredient,
                text=line.text.strip(),
                role=line.role,
                concentration=line.concentration.strip(),
            )
            for line in leaflet.ingredients
        )
