"""What is intended for a patient: drafted, examined and signed off by a doctor, revised, closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, WrongState, constraints_as
from clinic.record import audit
from clinic.staff.models import Location, User
from clinic.staff.roles import Permission
from consent import offering
from consent.models import ConsentDocument, ConsentState
from patients.models import Area, Patient
from procedures import catalogue, screening
from procedures.models import OPEN, AllergyTest, Plan, PlanProduct, Product, Session, TestResult


class NoProducts(ClinicError):
    code = "no-products"
    text = _("A plan names at least one product. Choose what is to be injected.")


class ProductTwice(ClinicError):
    code = "product-twice"
    text = _("The same product is named twice. Enter it once with the whole volume.")


class WrongVolume(ClinicError):
    code = "wrong-volume"
    text = _("A volume is more than 0 and at most 50 ml.")


class NoSessions(ClinicError):
    code = "no-sessions"
    text = _("A plan has at least one session.")


class NotAPractitioner(ClinicError):
    code = "not-a-practitioner"
    text = _("The person who treats must be a cosmetologist or a doctor who works here.")


class NotADoctor(ClinicError):
    code = "not-a-doctor"
    text = _("Only a doctor signs off a plan. Ask the clinical lead.")


class StillOpen(ClinicError):
    code = "still-open"
    text = _(
        "Findings still stop this plan: %(findings)s. Change the plan, or decide on each finding."
    )


class NoExamination(ClinicError):
    code = "no-examination"
    text = _("Write what you found when you examined the patient.")


class NotOffered(ClinicError):
    code = "not-offered"
    text = _("The clinic does not offer “%(what)s”. Choose one of the list.")


class Retired(ClinicError):
    code = "product-retired"
    text = _("%(product)s is no longer used. Choose another product.")


class TooClose(ClinicError):
    code = "too-close"
    text = _("Sessions of this plan are at least %(days)s days apart.")


class StillBooked(ClinicError):
    code = "still-booked"
    text = _("Sessions of this plan are still booked. Cancel them first, then close it.")


class TooEarlyToRead(ClinicError):
    code = "too-early-to-read"
    text = _("The test was read before it was applied. Check the time.")


class TestMissing(ClinicError):
    __test__ = False
    code = "not-in-the-plan"
    text = _("This product is not part of the plan. Choose one that is.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Everything a revision of a plan says. `products` are with the millilitres of one session."""

    indication: str
    protocol: str
    area: str
    technique: str
    pain_relief: str
    sessions: int
    interval_days: int
    goal: str
    practitioner: User
    location: Location
    allergy_test_required: bool
    products: Sequence[tuple[Product, Decimal]]
    other_conditions: str = ""

    def __post_init__(self) -> None:
        if not self.products:
            raise NoProducts
        if not (self.practitioner.is_active and self.practitioner.may(Permission.TREAT)):
            raise NotAPractitioner
        self._check_offered()
        floor = catalogue.band(self.protocol, self.indication).floor_days
        if self.interval_days < floor:
            raise TooClose(days=floor)

    def _check_offered(self) -> None:
        protocols = {one.id for one in catalogue.protocols_for(self.indication)}
        offered = {
            self.indication: {one.id for one in catalogue.indications()},
            self.technique: {one.id for one in catalogue.techniques()},
            self.protocol: protocols | {""},
            self.area: set(Area.values),
        }
        for chosen, choices in offered.items():
            if chosen not in choices:
                raise NotOffered(what=chosen)


MAX_NAMED = 5  # findings in one sentence
COLUMNS = [
    "indication",
    "protocol",
    "area",
    "technique",
    "pain_relief",
    "sessions",
    "interval_days",
    "goal",
    "other_conditions",
    "practitioner",
    "location",
    "allergy_test_required",
]


@transaction.atomic
def draft(patient: Patient, intent: Intent, *, at: datetime, by: User) -> Plan:
    """Write down what is intended; it binds nobody until a doctor signs it off."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    plan = _write(Plan(patient=patient), intent, at=at, by=by)
    audit.record("plan.drafted", plan, at=at, by=by, patient=patient.uuid)
    return plan


@transaction.atomic
def revise(plan: Plan, intent: Intent, *, at: datetime, by: User) -> Plan:
    """Change a plan: a new revision without sign-off; its course and its consent lineage follow.

    A consent to the old terms does not open the gate any more, because the terms differ; one
    that the patient has not signed yet is taken back, so that nobody signs what no longer holds.
    """
    plan = _lock_current(plan)
    _take_back_offers(plan, at=at, by=by)
    plan.superseded_at = at
    plan.save(update_fields=["superseded_at"])
    revised = Plan(
        patient=plan.patient, lineage=plan.lineage, revision=plan.revision + 1, replaces=plan
    )
    revised = _write(revised, intent, at=at, by=by)
    course = getattr(plan, "course", None)
    if course is not None:
        course.plan = revised
        course.save(update_fields=["plan"])
    audit.record(
        "plan.revised", revised, at=at, by=by, patient=plan.patient.uuid, revision=revised.revision
    )
    return revised


@transaction.atomic
def sign_off(plan: Plan, examination: str, *, at: datetime, by: User) -> Plan:
    """The doctor has examined the patient and takes responsibility for exactly this revision.

    What passes by itself (a cold, a period) does not stop a plan: the gate asks on the day.
    """
    plan = _lock_current(plan)
    if not by.may(Permission.SIGN_OFF):
        raise NotADoctor
    if plan.signed_off_at is not None:
        raise WrongState(state=_("Signed off"))
    if not examination.strip():
        raise NoExamination
    made = screening.screen_patient(plan.patient, plan=plan, on=_day(plan, at), at=at, by=by)
    if stopping := screening.stopping(made, plan, lasting=True):
        raise StillOpen(findings=_named([str(one.label) for one in stopping]))
    plan.examination, plan.signed_off_at, plan.signed_off_by = examination.strip(), at, by
    plan.save(update_fields=["examination", "signed_off_at", "signed_off_by"])
    audit.record("plan.signed-off", plan, at=at, by=by, patient=plan.patient.uuid)
    return plan


@transaction.atomic
def close(plan: Plan, *, at: datetime, by: User) -> Plan:
    """Nothing more will be done under this plan."""
    plan = _lock_current(plan)
    if Session.objects.filter(course__plan=plan, appointment__status__in=OPEN).exists():
        raise StillBooked
    _take_back_offers(plan, at=at, by=by)
    plan.closed_at = at
    plan.save(update_fields=["closed_at"])
    audit.record("plan.closed", plan, at=at, by=by, patient=plan.patient.uuid)
    return plan


@transaction.atomic
def record_test(plan: Plan, product: Product, site: str, *, at: datetime, by: User) -> AllergyTest:
    """A product of the plan was tried on the skin; it is read later."""
    if not plan.products.filter(product=product).exists():
        raise TestMissing
    test = AllergyTest.objects.create(
        patient=plan.patient, product=product, site=site, applied_at=at, applied_by=by
    )
    audit.record("allergy-test.applied", test, at=at, by=by, patient=plan.patient.uuid)
    return test


@transaction.atomic
def read_test(test: AllergyTest, result: TestResult, *, at: datetime, by: User) -> AllergyTest:
    """What the skin showed."""
    test = AllergyTest.objects.select_for_update(no_key=True).get(pk=test.pk)
    if test.read_at is not None:
        raise WrongState(state=test.get_result_display())
    test.read_at, test.read_by, test.result = at, by, result
    with constraints_as(allergytest_read_after_applied=TooEarlyToRead):
        test.save(update_fields=["read_at", "read_by", "result"])
    audit.record(
        "allergy-test.read", test, at=at, by=by, patient=test.patient.uuid, result=result.value
    )
    return test


def _named(labels: list[str]) -> str:
    """The first few, and how many more there are."""
    more = len(labels) - MAX_NAMED
    rest = [_("and %(count)s more") % {"count": more}] if more > 0 else []
    return "; ".join([*labels[:MAX_NAMED], *rest])


def _day(plan: Plan, at: datetime) -> date:
    return at.astimezone(plan.location.zone).date()


def _lock_current(plan: Plan) -> Plan:
    """Under lock, patient first, as everywhere; refused where it no longer holds."""
    Patient.objects.select_for_update(no_key=True).get(pk=plan.patient_id)
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if plan.superseded_at is not None:
        raise Stale
    if plan.closed_at is not None:
        raise WrongState(state=_("Closed"))
    return plan


def _take_back_offers(plan: Plan, *, at: datetime, by: User) -> None:
    offered = ConsentDocument.objects.filter(
        patient=plan.patient, subject=plan.subject, state=ConsentState.OFFERED
    )
    for document in offered.order_by("pk"):
        offering.supersede(document, at=at, by=by)


def _write(plan: Plan, intent: Intent, *, at: datetime, by: User) -> Plan:
    for column in COLUMNS:
        setattr(plan, column, getattr(intent, column))
    for product, _volume in intent.products:
        if product.retired_at is not None:
            raise Retired(product=product.name)
    plan.created_at, plan.created_by = at, by
    with constraints_as(plan_has_sessions=NoSessions):
        plan.save()
    with constraints_as(planproduct_once=ProductTwice, planproduct_volume_sane=WrongVolume):
        PlanProduct.objects.bulk_create(
            PlanProduct(plan=plan, product=product, volume_ml=volume)
            for product, volume in intent.products
        )
    screening.screen_patient(plan.patient, plan=plan, on=_day(plan, at), at=at, by=by)
    return plan
