"""Consents of an imaginary clinic to imaginary products, from the offer to the seal."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps

from clinic.knowledge.loader import load
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent import keys, offering, sealing, signing
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
from consent.ink import Ink
from consent.models import ConsentDocument, ConsentTemplate, PhotoUse
from consent.text import latest_template
from patients.models import Patient
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

NO_PHOTOS = dict.fromkeys(PhotoUse.values, False)
DOSE = "2.5"


def make_drug(number: int = 1, **changes: Any) -> Drug:
    """A product that no maker makes."""
    facts: dict[str, Any] = {
        "id": str(UUID(int=number)),
        "name": f"Hyalofict {number}",
        "maker": "Imaginary Pharma Ltd",
        "registration": f"UA/000{number}/01/01",
        "purpose": "moisture of the skin",
        "volume_ml": Decimal(DOSE),
        "ingredients": (
            Ingredient(name="Sodium hyaluronate", role="active", concentration="10 mg/ml"),
            Ingredient(name="Sodium chloride", role="excipient", concentration="9 mg/ml"),
            Ingredient(name="Water for injections", role="excipient"),
        ),
    }
    return Drug(**(facts | changes))


def make_content(
    patient: Patient | None = None, *, language: str = "en", **changes: Any
) -> ConsentContent:
    """A plan of two products and four sessions; name only what the test is about."""
    book = load()
    result = book.expected_results["ER-AGEING"]
    facts: dict[str, Any] = {
        "language": language,
        "clinic": Clinic(
            name="Location One",
            legal_name="Fictional Clinic Ltd",
            licence="No. 000000, Ministry of Fiction",
            address="1 Imaginary Street, Nowhere",
            phone="+380440000001",
            urgent_phone="+380440000002",
            emergency_number="112",
            time_zone="Europe/Kyiv",
        ),
        "patient": Person(
            name=patient.full_name if patient else "Testova Fictiona",
            birth_date=patient.birth_date if patient else date(1985, 2, 3),
            number=patient.number if patient else 1001,
        ),
        "practitioner": "Colleague One, cosmetologist",
        "indication": Named(
            id="ID-AGEING", label=book.indications["ID-AGEING"].label.in_(language)
        ),
        "goal": "A fresher look",
        "technique": Named(id="TE-PAPULE", label="Papules", text="small doses, 1 to 2 mm deep"),
        "area": Named(id="face", label="Face"),
        "pain_relief": "Numbing cream, 30 minutes",
        "drugs": (make_drug(1), make_drug(2, name="Vitafict")),
        "sessions": SessionTerms(
            count=4, interval_days=14, booked=(NOW + timedelta(days=7), NOW + timedelta(days=21))
        ),
        "expected": (
            Expected(
                may_improve=result.may_improve.in_(language),
                visible_when=result.visible_when.in_(language),
                caveat=result.caveat.in_(language),
            ),
        ),
        "risks": tuple(
            Risk(
                id=risk.id,
                label=risk.label.in_(language),
                frequency=risk.frequency.in_(language),
                of_this_plan=risk.id == "RK-SWELL",
            )
            for risk in book.consent_risks.values()
        ),
        "preparation": ("No alcohol the day before", "Come without make-up"),
        "aftercare": tuple(
            AftercareItem(
                id=rule.id,
                text=rule.forbidden.in_(language),
                why=rule.why.in_(language),
                period="14 days",
                until=NOW + timedelta(days=21),
            )
            for rule in list(book.restrictions.values())[:8]
        ),
        "other_conditions": ("Sessions are given on weekdays",),
        "photo_views": ("Front", "Left 45°", "Right 45°"),
        "health": (
            HealthAnswer(id="CI-DIABETES", question="Do you have diabetes?", answer="no"),
            HealthAnswer(id="CI-PREGNANCY", question="Are you pregnant?", answer="no"),
        ),
        "allergy_test_required": True,
        "allergy_tests": (
            AllergyTestTerm(product="Hyalofict 1", result="No reaction", read_on=date(2026, 3, 1)),
        ),
        "findings": (Finding(rule="CI-HERPES", label="Herpes last year: tell us of new spots"),),
        "overrides": (
            OverrideTerm(
                rule="CI-X", label="A finding", reason="Examined, mild", doctor="Colleague Two, Dr"
            ),
        ),
        "knowledge": book.version,
    }
    return ConsentContent(**(facts | changes))


def with_name(content: ConsentContent, name: str) -> ConsentContent:
    return replace(content, patient=replace(content.patient, name=name))


def make_ink(*, width: float = 600, height: float = 220) -> Ink:
    """Two strokes that go somewhere."""
    loop = [[60 + 9 * n, 110 + (40 if n % 2 else -35), 16 * n, 0.5] for n in range(28)]
    line = [[50 + 12 * n, 170 - n, 600 + 16 * n, 0.5] for n in range(24)]
    return Ink.from_data({"width": width, "height": height, "ratio": 2, "strokes": [loop, line]})


def make_signature(**changes: Any) -> signing.Signature:
    facts: dict[str, Any] = {
        "signer_name": "Testova Fictiona",
        "photo_use": NO_PHOTOS | {"record": True},
        "ink": make_ink(),
    }
    return signing.Signature(**(facts | changes))


def ensure_wording() -> None:
    """A test with real transactions empties every table; the migrations' rows come back here."""
    if not ConsentTemplate.objects.exists():
        for migration in ("0002_first_wording", "0008_second_wording"):
            import_module(f"consent.migrations.{migration}").fill(apps, None)


def make_wording(language: str = "en", *, at: datetime = NOW, **texts: str) -> ConsentTemplate:
    """The clinic's next version, with these first paragraphs of its blocks."""
    last = latest_template(language)
    blocks = {key: dict(block) for key, block in last.texts["blocks"].items()}
    for key, words in texts.items():
        blocks[key]["text"] = [words]
    said = last.texts | {"blocks": blocks}
    return ConsentTemplate.objects.create(
        language=language, version=last.version + 1, texts=said, sha256="0" * 64, created_at=at
    )


def make_offered(
    patient: Patient | None = None,
    *,
    content: ConsentContent | None = None,
    subject: str = "",
    at: datetime = NOW,
    by: User | None = None,
    asking: dict[str, Any] | None = None,
    **changes: Any,
) -> ConsentDocument:
    """Shown to the patient, not signed. `asking` is the rest of the proposal, other arguments
    change the content."""
    ensure_wording()
    keys.ensure_key(at=datetime.now(UTC))  # valid on the day the tests run, whatever NOW is
    patient = patient or make_patient()
    said = content or make_content(patient, **changes)
    return offering.offer(
        patient,
        subject or f"plan:{uuid4()}",
        offering.Proposal(content=said, **({"valid_months": 12} | (asking or {}))),
        at=at,
        by=by or make_staff(Role.RECEPTION),
    )


def make_signed(
    patient: Patient | None = None, *, at: datetime = NOW, **changes: Any
) -> ConsentDocument:
    document = make_offered(patient, at=at, **changes)
    return signing.sign(
        document,
        make_signature(),
        content_sha256=document.content_sha256,
        at=at + timedelta(minutes=10),
        by=signing.open_on_tablet(document, at=at, by=document.created_by),
    )


def make_countersigned(
    patient: Patient | None = None, *, at: datetime = NOW, by: User | None = None, **changes: Any
) -> ConsentDocument:
    document = make_signed(patient, at=at, **changes)
    by = by or make_staff(Role.COSMETOLOGIST, title="cosmetologist")
    return signing.countersign(document, at=at + timedelta(minutes=15), by=by)


def make_sealed(
    patient: Patient | None = None, *, at: datetime = NOW, by: User | None = None, **changes: Any
) -> ConsentDocument:
    """A real file with a real seal, about 0.4 seconds."""
    document = make_countersigned(patient, at=at, by=by, **changes)
    return sealing.seal(document, at=at + timedelta(minutes=16))
