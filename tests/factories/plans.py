"""Plans of imaginary patients, drafted and signed off through the use cases."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from clinic.staff.models import Location, User
from clinic.staff.roles import Role
from patients.models import Area, Patient
from procedures import plans, screening
from procedures.models import Plan, Product, Screening
from procedures.plans import Intent
from tests.factories.catalogue import make_product
from tests.factories.patients import make_healthy_patient
from tests.factories.staff import NOW, make_location, make_staff


def make_intent(
    *products: Product,
    practitioner: User | None = None,
    location: Location | None = None,
    **changes: Any,
) -> Intent:
    """Six sessions for a brighter face, a week apart, 2 ml of each product."""
    facts: dict[str, Any] = {
        "indication": "ID-COMPLEXION",
        "protocol": "CP-FACE-GENERAL",
        "area": Area.FACE.value,
        "technique": "TE-NAPPAGE",
        "pain_relief": "",
        "sessions": 6,
        "interval_days": 7,
        "goal": "Brighter skin",
        "allergy_test_required": False,
        **changes,
    }
    return Intent(
        practitioner=practitioner or make_staff(Role.COSMETOLOGIST),
        location=location or make_location(),
        products=[(product, Decimal("2.0")) for product in products or (make_product(),)],
        **facts,
    )


def make_plan(
    patient: Patient | None = None,
    intent: Intent | None = None,
    *,
    at: datetime = NOW,
    by: User | None = None,
) -> Plan:
    """Drafted and not signed off, for a patient of whom everything is known and nothing wrong."""
    intent = intent or make_intent()
    patient = patient or make_healthy_patient(location=intent.location)
    return plans.draft(patient, intent, at=at, by=by or intent.practitioner)


def make_screening(plan: Plan, *, at: datetime = NOW, by: User | None = None) -> Screening:
    """Of that day, kept."""
    on = at.astimezone(plan.location.zone).date()
    by = by or plan.practitioner
    return screening.screen_patient(plan.patient, plan=plan, on=on, at=at, by=by)


def make_signed_plan(
    patient: Patient | None = None,
    intent: Intent | None = None,
    *,
    at: datetime = NOW,
    by: User | None = None,
) -> Plan:
    """A doctor has examined the patient and signed it off."""
    plan = make_plan(patient, intent, at=at)
    doctor = by or make_staff(Role.CLINICAL_LEAD)
    return plans.sign_off(plan, "Healthy skin, nothing against it.", at=at, by=doctor)
