"""What a plan asks the patient to agree to: built from plan and knowledge, offered, looked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.knowledge.entries import Words
from clinic.knowledge.loader import load
from clinic.staff.models import Location, User
from consent import signing
from consent.content import (
    AftercareItem,
    AllergyTestTerm,
    Clinic,
    ConsentContent,
    Drug,
    Expected,
    Finding,
    HealthAnswer,
    Ingredient,
    Named,
    OverrideTerm,
    Person,
    Risk,
    SessionTerms,
)
from consent.models import ConsentDocument
from patients import intake, photos
from patients.models import Area, Reply
from procedures import catalogue, settings
from procedures.models import AllergyTest, Plan, Session

FOR_PATIENTS = "patient"


class NotSignedOff(ClinicError):
    code = "not-signed-off"
    text = _("A doctor has to sign off this plan before the patient is asked to agree to it.")


@dataclass(frozen=True, slots=True)
class Period:
    """How long, in words of each language: "for 7 days"."""

    days: int

    def in_(self, language: str) -> str:
        if self.days == 1:
            return {"ru": "24 часа", "uk": "24 години"}.get(language, "for 24 hours")
        few = self.days % 10 in {2, 3, 4} and self.days % 100 not in {12, 13, 14}
        russian, ukrainian = ("дня", "дні") if few else ("дней", "днів")
        words = {"ru": f"{self.days} {russian}", "uk": f"{self.days} {ukrainian}"}
        return words.get(language, f"for {self.days} days")


@transaction.atomic
def offer(plan: Plan, *, language: str, at: datetime, by: User) -> ConsentDocument:
    """Put the consent to exactly this plan before the patient, in the patient's language."""
    if plan.signed_off_at is None:
        raise NotSignedOff
    content = content_of(plan, language=language, at=at)
    return signing.offer(plan.patient, plan.subject, content, at=at, by=by)


def in_force(plan: Plan, *, at: datetime) -> ConsentDocument | None:
    """The consent that names exactly this plan and holds at that moment, if there is one."""
    terms = content_of(plan, language="en", at=at).terms_sha256()
    consents = ConsentDocument.objects.in_force(at=at).naming(terms)
    return consents.filter(patient=plan.patient, subject=plan.subject).order_by("pk").last()


def content_of(plan: Plan, *, language: str, at: datetime) -> ConsentContent:
    """Everything the consent says, in one language; its terms are the same in every language."""
    knowledge = load()
    technique = knowledge.techniques[plan.technique]
    booked = _booked(plan)
    made = plan.screenings.order_by("made_at", "pk").last()
    with translation.override(language):
        return ConsentContent(
            language=language,
            clinic=_clinic(plan.location),
            patient=Person(
                name=plan.patient.full_name,
                birth_date=plan.patient.birth_date,
                number=plan.patient.number,
            ),
            practitioner=plan.practitioner.signature_name,
            indication=Named(
                id=plan.indication, label=knowledge.indications[plan.indication].label.in_(language)
            ),
            goal=plan.goal,
            technique=Named(id=plan.technique, label=technique.label.in_(language)),
            area=Named(id=plan.area, label=str(Area(plan.area).label)),
            pain_relief=plan.pain_relief,
            drugs=_drugs(plan),
            sessions=SessionTerms(
                count=plan.sessions, interval_days=plan.interval_days, booked=booked
            ),
            expected=_expected(plan, language),
            risks=_risks(language),
            preparation=_preparation(language),
            aftercare=_aftercare(language, booked),
            other_conditions=tuple(plan.other_conditions.splitlines()),
            photo_views=tuple(str(view.label) for view in photos.standard_views(plan.area)),
            health=_health(plan, language, at),
            allergy_test_required=plan.allergy_test_required,
            allergy_tests=_tests(plan),
            findings=_findings(plan, language, made.findings if made else []),
            overrides=tuple(
                OverrideTerm(
                    rule=override.rule,
                    label=override.label,
                    reason=override.reason,
                    doctor=override.made_by.signature_name,
                )
                for override in plan.overrides.select_related("made_by").order_by("rule")
            ),
            knowledge=catalogue.version(settings.current()),
        )


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


def _booked(plan: Plan) -> tuple[datetime, ...]:
    sessions = Session.objects.filter(course__plan=plan, appointment__status="booked")
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


def _risks(language: str) -> tuple[Risk, ...]:
    """Every risk of the knowledge, in its order."""
    return tuple(
        Risk(id=entry.id, label=entry.label.in_(language), frequency=entry.frequency.in_(language))
        for entry in load().consent_risks.values()
    )


def _preparation(language: str) -> tuple[str, ...]:
    steps = sorted(load().pre_procedure.values(), key=lambda step: step.order)
    return tuple(step.step.in_(language) for step in steps if FOR_PATIENTS in step.actor)


def _aftercare(language: str, booked: tuple[datetime, ...]) -> tuple[AftercareItem, ...]:
    """Each restriction with its strict period, and its real end after the first booked session."""
    first = min(booked, default=None)
    return tuple(
        AftercareItem(
            id=entry.id,
            text=entry.forbidden.in_(language),
            why=entry.why.in_(language),
            allowed=_in(entry.allowed, language),
            period=Period(entry.until_days).in_(language),
            until=first + timedelta(hours=entry.until_hours) if first else None,
        )
        for entry in load().restrictions.values()
        if entry.until_hours > 0
    )


def _health(plan: Plan, language: str, at: datetime) -> tuple[HealthAnswer, ...]:
    answers = intake.answers_now(plan.patient, at=at)
    rows = load().contraindications
    return tuple(
        HealthAnswer(
            id=code,
            question=rows[code].question.in_(language),
            answer=str(Reply(answer.reply).label),
        )
        for code, answer in answers.items()
        if code in rows
    )


def _tests(plan: Plan) -> tuple[AllergyTestTerm, ...]:
    tests = AllergyTest.objects.filter(
        patient=plan.patient, product__in=plan.products.values("product")
    )
    return tuple(
        AllergyTestTerm(
            product=test.product.name,
            result=str(test.get_result_display()) if test.read_at else "",
            read_on=test.read_at.astimezone(plan.location.zone).date() if test.read_at else None,
        )
        for test in tests.select_related("product").order_by("applied_at", "pk")
    )


def _findings(plan: Plan, language: str, found: Iterable[dict[str, object]]) -> tuple[Finding, ...]:
    """What was found and nobody decided against: the patient reads it too."""
    overridden = set(plan.overrides.values_list("rule", flat=True))
    return tuple(
        Finding(rule=str(item["rule"]), label=_label(item["label"], language))
        for item in found
        if item["rule"] not in overridden
    )


def _label(label: object, language: str) -> str:
    return str(label.get(language, label.get("en", ""))) if isinstance(label, dict) else str(label)


def _in(words: Words | None, language: str) -> str:
    return words.in_(language) if words else ""
