"""Somebody at a screen: signed in, at an address, with a form that is filled in."""

from typing import Any

from django.test import Client
from django.urls import reverse

from clinic.staff.models import Location, User
from clinic.staff.roles import Role
from patients.models import Area, Patient
from procedures.models import Plan, Product, Screening
from tests.factories.staff import make_staff


def signed_in(who: Role | User = Role.COSMETOLOGIST) -> Client:
    client = Client()
    client.force_login(who if isinstance(who, User) else make_staff(who))
    return client


def url(name: str, row: Plan | Patient | Screening, query: str = "") -> str:
    return reverse(f"procedures:{name}", args=[row.uuid]) + query


def typed(product: Product, practitioner: User, place: Location, **changes: Any) -> dict[str, Any]:
    """The plan form as a browser sends it, with one line filled and one left empty."""
    return {
        "indication": "ID-COMPLEXION",
        "protocol": "CP-FACE-GENERAL",
        "area": Area.FACE.value,
        "technique": "TE-NAPPAGE",
        "sessions": "6",
        "interval_days": "7",
        "practitioner": str(practitioner.uuid),
        "location": str(place.uuid),
        "goal": "Brighter skin",
        "lines-TOTAL_FORMS": "2",
        "lines-INITIAL_FORMS": "0",
        "lines-0-product": str(product.uuid),
        "lines-0-volume_ml": "2.5",
        "lines-1-product": "",
        "lines-1-volume_ml": "",
        **changes,
    }


def form_of(plan: Plan, **changes: Any) -> dict[str, Any]:
    product = plan.products.get().product
    return typed(product, plan.practitioner, plan.location, **changes)
