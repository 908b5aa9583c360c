"""Products and lots of an imaginary clinic, through the use cases that enter them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import lots, products
from procedures.models import IngredientRole, Lot, Product
from procedures.products import Ingredient, Leaflet
from tests.factories.staff import NOW, make_staff

_number = count(1)
LONG_AGO = NOW - timedelta(days=30)
VITAMIN_C = Ingredient(text="Ascorbic acid", role=IngredientRole.ACTIVE, ingredient="ING-VITC")
SALINE = Ingredient(text="Sodium chloride 0.9%", role=IngredientRole.EXCIPIENT)


def make_leaflet(
    *ingredients: Ingredient, name: str = "", registration: str = "UA/0000/01/01", **changes: Any
) -> Leaflet:
    """A registered vitamin that speaks against nobody, unless the test says otherwise."""
    facts: dict[str, Any] = {
        "maker": "Fictional Pharma",
        "intradermal": True,
        "monotherapy": False,
        "oil_emulsion": False,
        "purpose": "Brighter, more even skin",
        **changes,
    }
    lines: Sequence[Ingredient] = ingredients or (VITAMIN_C, SALINE)
    name = name or f"Fictivit {next(_number)}"
    return Leaflet(name=name, registration=registration, ingredients=lines, **facts)


def make_product(
    *ingredients: Ingredient,
    name: str = "",
    at: datetime = LONG_AGO,
    by: User | None = None,
    **changes: Any,
) -> Product:
    leaflet = make_leaflet(*ingredients, name=name, **changes)
    return products.add(leaflet, at=at, by=by or make_staff(Role.CLINICAL_LEAD))


def make_lot(
    product: Product | None = None,
    *,
    number: str = "",
    expires_on: date | None = None,
    at: datetime = LONG_AGO,
    by: User | None = None,
) -> Lot:
    """Delivered a month ago, good for another year; give `expires_on` to make it an old one."""
    return lots.receive(
        product or make_product(),
        number or f"L{next(_number):04}",
        expires_on=expires_on or (NOW + timedelta(days=365)).date(),
        units=20,
        at=at,
        by=by or make_staff(Role.COSMETOLOGIST),
    )
