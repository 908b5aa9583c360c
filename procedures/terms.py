"""What must be the same for a consent to cover a plan, whatever its language."""

from dataclasses import replace
from datetime import date
from typing import Any

from clinic.knowledge.loader import load
from consent.content import (
    Clinic,
    ConsentContent,
    Drug,
    Ingredient,
    Named,
    OverrideTerm,
    Person,
    SessionTerms,
)
from procedures.domain.findings import Finding as Found
from procedures.models import Plan
from procedures.wording import AREAS, FOR_THE_DOCTOR

NOBODY = Person(name="", birth_date=date.min, number=0)
NOWHERE = Clinic(
    name="",
    legal_name="",
    licence="",
    address="",
    phone="",
    urgent_phone="",
    emergency_number="",
    time_zone="",
)
NOTHING = ConsentContent(
    language="",
    clinic=NOWHERE,
    patient=NOBODY,
    practitioner="",
    indication=Named(id="", label=""),
    goal="",
    technique=Named(id="", label=""),
    area=Named(id="", label=""),
    pain_relief="",
    drugs=(),
    sessions=SessionTerms(count=0, interval_days=0),
    expected=(),
    risks=(),
    preparation=(),
    aftercare=(),
    other_conditions=(),
    photo_views=(),
    health=(),
    allergy_test_required=False,
    allergy_tests=(),
    findings=(),
    overrides=(),
    knowledge="",
)  # a consent without words: what is filled in are the terms that are compared


def terms_of(plan: Plan) -> str:
    """The fingerprint a consent must carry to cover this plan, whatever its language."""
    return replace(NOTHING, **terms(plan, "en", ())).terms_sha256()


def terms(plan: Plan, language: str, found: tuple[Found, ...]) -> dict[str, Any]:
    """What must be the same for a consent to cover a plan."""
    indication = load().indications[plan.indication]
    technique = load().techniques[plan.technique]
    return {
        "indication": Named(id=plan.indication, label=indication.label.in_(language)),
        "technique": Named(
            id=plan.technique,
            label=technique.label.in_(language),
            text=technique.description.in_(language),
        ),
        "area": Named(id=plan.area, label=AREAS[plan.area].in_(language)),
        "pain_relief": plan.pain_relief,
        "drugs": _drugs(plan),
        "sessions": SessionTerms(count=plan.sessions, interval_days=plan.interval_days),
        "overrides": _overrides(plan, found, language),
    }


def label_of(finding: Found, language: str) -> str:
    words = FOR_THE_DOCTOR if finding.sensitive else finding.label
    return words.in_(language)


def _drugs(plan: Plan) -> tuple[Drug, ...]:
    products = plan.products.select_related("product").prefetch_related("product__ingredients")
    return tuple(
        Drug(
            id=str(line.product.uuid),
            name=line.product.name,
            maker=line.product.maker,
            registration=line.product.registration,
            purpose=line.product.purpose,
            volume_ml=line.volume_ml,
            ingredients=tuple(
                Ingredient(name=part.text, role=part.role, concentration=part.concentration)
                for part in sorted(line.product.ingredients.all(), key=lambda part: part.text)
            ),
        )
        for line in products.order_by("product__name", "pk")
    )


def _overrides(plan: Plan, found: tuple[Found, ...], language: str) -> tuple[OverrideTerm, ...]:
    """What was decided against, in the patient's language as long as it is still found."""
    labels = {one.code: label_of(one, language) for one in found}
    rows = plan.overrides.select_related("made_by").order_by("rule")
    return tuple(
        OverrideTerm(
            rule=row.rule,
            label=labels.get(row.rule) or FOR_THE_DOCTOR.in_(language),
            reason=row.reason,
            doctor=row.made_by.signature_name,
        )
        for row in rows
    )
