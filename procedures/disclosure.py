"""What the patient is told: everything a consent says about a plan, in one language."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from clinic.knowledge.entries import ConsentRisk, Kind, Words
from clinic.knowledge.entries.aftercare import SideEffect, SideEffectKind
from clinic.knowledge.loader import load
from clinic.knowledge.resolver import resolve
from clinic.staff.models import Location
from consent.content import (
    AftercareItem,
    AllergyTestTerm,
    Clinic,
    ConsentContent,
    Drug,
    Expected,
    Finding,
    HealthAnswer,
    Person,
    Risk,
)
from patients import intake, photos
from patients.models import Answer, Reply
from procedures import catalogue, screening, settings
from procedures.domain.findings import Finding as Found
from procedures.models import AllergyTest, AppointmentStatus, Plan, ProductIngredient, Session
from procedures.terms import label_of, terms
from procedures.wording import REPLIES, TEST_RESULTS, VIEWS, at_most, period

BY_PATIENTS = "patient"
ASKED = "RX-HEAT-SAUNA"  # the rule by which it is seen whether the aftercare was understood
PASSING = frozenset({SideEffectKind.EXPECTED, SideEffectKind.NONSPECIFIC})


def content_of(plan: Plan, *, language: str, at: datetime) -> ConsentContent:
    """Everything the consent says, in one language; its terms are the same in every language."""
    booked = _booked(plan)
    found = _found(plan, at)
    fixed = terms(plan, language, found)
    rest: dict[str, Any] = {
        "language": language,
        "clinic": _clinic(plan.location),
        "patient": Person(
            name=plan.patient.full_name,
            birth_date=plan.patient.birth_date,
            number=plan.patient.number,
        ),
        "practitioner": plan.practitioner.signature_name,
        "goal": plan.goal,
        "drugs": tuple(_marked(drug) for drug in fixed["drugs"]),
        "sessions": replace(fixed["sessions"], booked=booked),
        "expected": _expected(plan, language),
        "risks": _risks(plan, language, {one.rule for one in found}),
        "preparation": _preparation(language),
        "aftercare": _aftercare(plan, language, booked),
        "other_conditions": _lines(plan.other_conditions),
        "photo_views": tuple(
            VIEWS[view].in_(language) for view in photos.standard_views(plan.area)
        ),
        "health": _health(plan, language, at),
        "allergy_test_required": plan.allergy_test_required,
        "allergy_tests": _tests(plan, language, at),
        "findings": _open(plan, found, language),
        "knowledge": catalogue.version(settings.current(at=at)),
    }
    return ConsentContent(**(fixed | rest))


def _clinic(location: Location) -> Clinic:
    return Clinic(
        name=location.name,
        legal_name=location.legal_name,
        licence=location.licence,
        address=location.address,
        phone=location.phone,
        urgent_phone=location.urgent_phone,
        emergency_number=location.emergency_number,
        time_zone=location.time_zone,
    )


def _booked(plan: Plan) -> tuple[datetime, ...]:
    sessions = Session.objects.filter(
        course__plan=plan, appointment__status=AppointmentStatus.BOOKED
    )
    slots = sessions.order_by("number", "pk").values_list("appointment__slot", flat=True)
    return tuple(slot.lower for slot in slots)


def _expected(plan: Plan, language: str) -> tuple[Expected, ...]:
    """What may be hoped for with this indication; if no source says, the general words."""
    results = load().expected_results.values()
    fitting = [entry for entry in results if plan.indication in entry.indication_ids]
    fitting = fitting or [entry for entry in results if not entry.indication_ids]
    return tuple(
        Expected(
            may_improve=entry.may_improve.in_(language),
            visible_when=entry.visible_when.in_(language),
            caveat=entry.caveat.in_(language),
        )
        for entry in fitting
    )


def _risks(plan: Plan, language: str, found: Collection[str]) -> tuple[Risk, ...]:
    """Every risk of the knowledge, in its order; marked are those of what this plan injects, of
    its area, and of what was found with this patient."""
    injected = _ingredients(plan)
    return tuple(
        Risk(
            id=entry.id,
            label=entry.label.in_(language),
            frequency=entry.frequency.in_(language),
            of_this_plan=not injected.isdisjoint(entry.ingredient_ids)
            or entry.area == plan.area
            or any(concept in found for concept in entry.contraindication_ids),
            kind=_kind(entry),
            lasts=_lasts(entry, language),
        )
        for entry in load().consent_risks.values()
    )


def _effects(entry: ConsentRisk) -> list[SideEffect]:
    return [load().side_effects[effect] for effect in entry.side_effect_ids]


def _kind(entry: ConsentRisk) -> str:
    """As aftercare knows it; the first one named decides."""
    return next((effect.kind.value for effect in _effects(entry)), "")


def _lasts(entry: ConsentRisk, language: str) -> str:
    """The longest that a source calls normal, of what passes by itself."""
    passing = [effect for effect in _effects(entry) if effect.kind in PASSING]
    hours = [effect.longest_expected_hours for effect in passing if effect.longest_expected_hours]
    return at_most(max(hours), language) if hours else ""


def _marked(drug: Drug) -> Drug:
    """With those of its ingredients marked to which people react."""
    parts = tuple(replace(part, notable=_is_notable(part.name)) for part in drug.ingredients)
    return replace(drug, ingredients=parts)


def _is_notable(ingredient: str) -> bool:
    """The knowledge names an allergen it may stand for."""
    known = load()
    named = resolve(ingredient, kinds=[Kind.INGREDIENT]).rules
    return any(known.allergens_of(one) for one in named if one in known.ingredients)


def _ingredients(plan: Plan) -> frozenset[str]:
    """What the knowledge knows of the compositions, by id or by the leaflet's words."""
    rows = ProductIngredient.objects.filter(product__in=plan.products.values("product"))
    named = (resolve(row.text, kinds=[Kind.INGREDIENT]).rules for row in rows.order_by("pk"))
    return frozenset(rows.values_list("ingredient", flat=True)).union(*named)


def _preparation(language: str) -> tuple[str, ...]:
    steps = sorted(load().pre_procedure.values(), key=lambda step: step.order)
    return tuple(step.step.in_(language) for step in steps if step.actor == BY_PATIENTS)


def _aftercare(
    plan: Plan, language: str, booked: tuple[datetime, ...]
) -> tuple[AftercareItem, ...]:
    """Each ban of the area with its strict period, and its real end after the first session."""
    first = min(booked, default=None)
    return tuple(
        AftercareItem(
            id=rule.id,
            text=words.forbidden.in_(language),
            why=words.why.in_(language),
            allowed=_in(words.allowed, language),
            period=period(rule.until_hours, language),
            until=first + timedelta(hours=rule.until_hours) if first else None,
            asked=rule.id == ASKED,
        )
        for rule in catalogue.restriction_rules()
        if not rule.areas or plan.area in rule.areas
        for words in [catalogue.restriction(rule.id)]
    )


def _health(plan: Plan, language: str, at: datetime) -> tuple[HealthAnswer, ...]:
    """What the patient answered; what is for the doctor alone is on no paper of the desk."""
    rows = load().contraindications
    return tuple(
        HealthAnswer(
            id=code,
            question=rows[code].question.in_(language),
            answer=_answer(answer, language),
        )
        for code, answer in intake.answers_now(plan.patient, at=at).items()
        if code in rows and not rows[code].sensitive
    )


def _answer(answer: Answer, language: str) -> str:
    said = [] if answer.reply == Reply.SAID else [REPLIES[answer.reply].in_(language)]
    if answer.date is not None:
        said.append(f"{answer.date:%d.%m.%Y}")
    return ", ".join([*said, answer.note] if answer.note else said)


def _tests(plan: Plan, language: str, at: datetime) -> tuple[AllergyTestTerm, ...]:
    tests = AllergyTest.objects.filter(
        patient=plan.patient, product__in=plan.products.values("product"), applied_at__lte=at
    )
    return tuple(
        AllergyTestTerm(
            product=test.product.name,
            result=TEST_RESULTS[test.result].in_(language),
            read_on=timezone.localdate(test.read_at, plan.location.zone) if test.read_at else None,
        )
        for test in tests.select_related("product").order_by("applied_at", "pk")
    )


def _found(plan: Plan, at: datetime) -> tuple[Found, ...]:
    """The findings of the plan's last screening by then."""
    made = plan.screenings.filter(made_at__lte=at).order_by("made_at", "pk").last()
    return screening.findings_of(made) if made else ()


def _open(plan: Plan, found: tuple[Found, ...], language: str) -> tuple[Finding, ...]:
    """What was found and nobody decided against: the patient reads it too."""
    decided = set(plan.overrides.values_list("rule", flat=True))
    return tuple(
        Finding(rule=one.rule, label=label_of(one, language))
        for one in found
        if one.code not in decided and not one.sensitive
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for row in text.splitlines() if (line := row.strip()))


def _in(words: Words | None, language: str) -> str:
    return words.in_(language) if words else ""
