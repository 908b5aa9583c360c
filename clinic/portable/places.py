"""The clinic itself as FHIR: where, who, with what, and what it decided."""

from collections.abc import Callable
from typing import Any, TypeAlias

from django.db.models import Model

from clinic.staff.models import Location, Room, User
from consent.models import ConsentRules, ConsentTemplate
from patients.models import Synonym
from procedures.models import ClinicSetting, Course, Lot, Product

Resource: TypeAlias = dict[str, Any]
Builder: TypeAlias = Callable[[Any], Resource]
CODES = "urn:mesoclinic"


def coded(code: str, text: str = "", system: str = CODES) -> Resource:
    """A word of ours, and how it reads."""
    coding = [{"system": system, "code": code}] if code else []
    found: Resource = {"coding": coding} if coding else {}
    if text or not coding:
        found["text"] = text or "unknown"
    return found


def to(row: Any, resource: str = "") -> Resource:
    """A reference by UUID, which holds in any clinic."""
    kinds = {"Patient": "Patient", "User": "Practitioner", "Location": "Location"}
    kind = resource or kinds.get(type(row).__name__, "Basic")
    return {"reference": f"{kind}/{row.uuid}"}


def location(row: Location) -> Resource:
    return {
        "name": row.name,
        "status": "inactive" if row.closed_at else "active",
        "telecom": [{"system": "phone", "value": row.phone}] if row.phone else [],
        "address": {"text": row.address or "unknown"},
    }


def room(row: Room) -> Resource:
    status = "inactive" if row.closed_at else "active"
    return {"name": row.name, "status": status, "partOf": to(row.location)}


def practitioner(row: User) -> Resource:
    return {
        "name": [{"text": row.full_name}],
        "telecom": [{"system": "email", "value": row.email}],
    }


def product(row: Product) -> Resource:
    lines = [
        {"itemCodeableConcept": {"text": line.text}, "isActive": line.role == "active"}
        for line in row.ingredients.order_by("pk")
    ]
    found: Resource = {"code": {"text": row.name}}
    return found | ({"ingredient": lines} if lines else {})


def lot(row: Lot) -> Resource:
    batch = {"lotNumber": row.number, "expirationDate": row.expires_on.isoformat()}
    return {"code": {"text": row.product.name}, "batch": batch}


def basic(code: str) -> Builder:
    """What FHIR has no resource for."""

    def built(row: Any) -> Resource:
        found: Resource = {"code": coded(code)}
        patient = getattr(row, "patient", None)
        return found | ({"subject": to(patient)} if patient is not None else {})

    return built


BUILDERS: dict[type[Model], Builder] = {
    Location: location,
    Room: room,
    User: practitioner,
    Product: product,
    Lot: lot,
    ConsentTemplate: basic("consent-template"),
    ConsentRules: basic("consent-rules"),
    ClinicSetting: basic("clinic-setting"),
    Synonym: basic("synonym"),
    Course: basic("course"),
}
