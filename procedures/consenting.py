"""What a plan asks the patient to agree to: built from plan and knowledge, offered, looked for."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.knowledge.entries import Kind, Words
from clinic.knowledge.loader import load
from clinic.knowledge.resolver import resolve
from clinic.record import worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.models import Location, User
from clinic.staff.roles import Role
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
from patients.models import Answer, Patient, Reply
from procedures import anamnesis, catalogue, screening, settings
from procedures.domain.findings import Finding as Found
from procedures.models import AllergyTest, AppointmentStatus, Plan, ProductIngredient, Session
from procedures.wording import AREAS, FOR_THE_DOCTOR, REPLIES, TEST_RESULTS, VIEWS, period

BY_PATIENTS = "patient"


class NotSignedOff(ClinicError):
    code = "not-signed-off"
    text = _("A doctor has to sign off this plan before the patient is asked to agree to it.")


class NotCurrent(ClinicError):
    code = "not-current"
    text = _("This plan was changed or closed. Open the plan that holds now and offer that one.")


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


@transaction.atomic
def offer(plan: Plan, *, language: str, at: datetime, by: User) -> ConsentDocument:
    """Put the consent to exactly this plan before the patient, in the patient's language."""
    Patient.objects.select_for_update(no_key=True).get(pk=plan.patient_id)
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if plan.superseded_at is not None or plan.closed_at is not None:
        raise NotCurrent
    if plan.signed_off_at is None:
        raise NotSignedOff
    content = content_of(plan, language=language, at=at)
    return signing.offer(plan.patient, plan.subject, content, at=at, by=by)


def in_force(plan: Plan, *, at: datetime) -> ConsentDocument | None:
    """The consent that names exactly this plan and holds at that moment, if there is one."""
    consents = ConsentDocument.objects.in_force(at=at).naming(terms_of(plan))
    return consents.filter(patient=plan.patient, subject=plan.subject).order_by("pk").last()


@transaction.atomic
def flag_withdrawn(document: ConsentDocument, *, at: datetime) -> Task | None:
    """Ask whoever treats about the sessions that have lost their consent; about a running one
    at once. Twice asks once."""
    ahead = Session.objects.filter(
        patient=document.patient,
        course__plan__lineage=document.subject.removeprefix("plan:"),
        appointment__status__in=anamnesis.UNDER_WAY,
    )
    first = ahead.select_related("appointment").order_by("appointment__slot", "pk").first()
    if first is None or in_force(first.course.plan, at=at) is not None:
        return None
    return worklist.ask(
        TaskKind.CONSENT_PROBLEM,
        f"{_cause(document)}:{document.uuid}",
        first,
        role=Role.COSMETOLOGIST,
        patient=document.patient.uuid,
        urgent=first.appointment.status == AppointmentStatus.STARTED,
        due_at=first.appointment.slot.lower,
        at=at,
        sessions=ahead.count(),
    )


def settle_withdrawn(document: ConsentDocument, *, at: datetime) -> list[Task]:
    """The patient has agreed again: nobody needs to ask."""
    return worklist.settle(_cause(document), at=at)


def catch_up(*, since: datetime, at: datetime) -> list[Task]:
    """The same for every withdrawal since then: news may get lost."""
    taken_back = ConsentDocument.objects.filter(
        subject__startswith="plan:", withdrawal__at__gte=since, withdrawal__at__lte=at
    )
    tasks = [flag_withdrawn(document, at=at) for document in taken_back.order_by("pk")]
    return [task for task in tasks if task is not None]


def on_its_way(plan: Plan) -> ConsentDocument | None:
    """The document for exactly this plan that somebody still has to sign or seal."""
    consents = ConsentDocument.objects.unfinished().naming(terms_of(plan))
    return consents.filter(patient=plan.patient, subject=plan.subject).order_by("pk").last()


def terms_of(plan: Plan) -> str:
    """The fingerprint a consent must carry to cover this plan, whatever its language."""
    return replace(NOTHING, **_terms(plan, "en", ())).terms_sha256()


def content_of(plan: Plan, *, language: str, at: datetime) -> ConsentContent:
    """Everything the consent says, in one language; its terms are the same in every language."""
    booked = _booked(plan)
    found = _found(plan, at)
    terms = _terms(plan, language, found)
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
        "sessions": replace(terms["sessions"], booked=booked),
        "expected": _expected(plan, language),
        "risks": _risks(plan, language),
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
    return ConsentContent(**(terms | rest))


def _cause(document: ConsentDocument) -> str:
    return f"consent-withdrawn:{document.subject}"


def _terms(plan: Plan, language: str, found: tuple[Found, ...]) -> dict[str, Any]:
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


def _risks(plan: Plan, language: str) -> tuple[Risk, ...]:
    """Every risk of the knowledge, in its order; marked are those of what this plan injects."""
    injected = _ingredients(plan)
    return tuple(
        Risk(
            id=entry.id,
            label=entry.label.in_(language),
            frequency=entry.frequency.in_(language),
            of_this_plan=not injected.isdisjoint(entry.ingredient_ids),
        )
        for entry in load().consent_risks.values()
    )


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
        Finding(rule=one.rule, label=_label(one, language))
        for one in found
        if one.code not in decided and not one.sensitive
    )


def _overrides(plan: Plan, found: tuple[Found, ...], language: str) -> tuple[OverrideTerm, ...]:
    """What was decided against, in the patient's language as long as it is still found."""
    labels = {one.code: _label(one, language) for one in found}
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


def _label(finding: Found, language: str) -> str:
    words = FOR_THE_DOCTOR if finding.sensitive else finding.label
    return words.in_(language)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for row in text.splitlines() if (line := row.strip()))


def _in(words: Words | None, language: str) -> str:
    return words.in_(language) if words else ""
