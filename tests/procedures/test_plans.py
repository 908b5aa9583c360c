"""Plans: what may be drafted, who signs off what, and what a change undoes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.errors import ClinicError, Stale, WrongState
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent.models import ConsentState
from procedures import booking, consenting, plans, products, screening
from procedures.models import Plan, Product, Screening, Session, TestResult
from procedures.plans import (
    NoExamination,
    NoProducts,
    NoSessions,
    NotADoctor,
    NotAPractitioner,
    NotOffered,
    ProductTwice,
    Retired,
    StillBooked,
    StillOpen,
    TestMissing,
    TooClose,
    TooEarlyToRead,
    WrongVolume,
)
from tests.factories.catalogue import make_product
from tests.factories.consent import make_offered
from tests.factories.patients import make_healthy_patient, make_history, make_intake
from tests.factories.plans import make_intent, make_plan, make_screening, make_signed_plan
from tests.factories.procedures import make_session
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
FINE = "Healthy skin, nothing against it."


@pytest.fixture
def doctor() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def revised(plan: Plan, **changes: Any) -> Plan:
    product = plan.products.get().product
    intent = make_intent(product, practitioner=plan.practitioner, location=plan.location, **changes)
    return plans.revise(plan, intent, at=LATER, by=plan.practitioner)


def test_a_draft_binds_nobody() -> None:
    plan = make_plan()
    assert (plan.revision, plan.signed_off_at, plan.products.count()) == (1, None, 1)
    entry = AuditEntry.objects.get(action="plan.drafted", subject_uuid=plan.uuid)
    assert entry.patient_uuid == plan.patient.uuid


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"indication": "ID-NOTHING"}, NotOffered),
        ({"technique": "TE-NOTHING"}, NotOffered),
        ({"area": "elbow"}, NotOffered),
        ({"protocol": "CP-HAIR"}, NotOffered),
        ({"interval_days": 6}, TooClose),
        ({"indication": "ID-SCARS", "protocol": "CP-POSTACNE-SCAR", "interval_days": 9}, TooClose),
    ],
)
def test_what_the_clinic_does_not_offer_is_not_planned(
    changes: dict[str, Any], error: type[ClinicError]
) -> None:
    with pytest.raises(error):
        make_intent(**changes)


def test_somebody_of_the_reception_treats_nobody() -> None:
    with pytest.raises(NotAPractitioner):
        make_intent(practitioner=make_staff(Role.RECEPTION))
    with pytest.raises(NotAPractitioner):
        make_intent(practitioner=make_staff(Role.COSMETOLOGIST, is_active=False))


def test_a_plan_names_products_each_once_in_a_sane_volume() -> None:
    intent, product = make_intent(), make_product()
    with pytest.raises(NoProducts):
        replace(intent, products=[])
    for lines, error in (
        ([(product, Decimal(1)), (product, Decimal(2))], ProductTwice),
        ([(product, Decimal(0))], WrongVolume),
        ([(product, Decimal(51))], WrongVolume),
    ):
        with pytest.raises(error):
            make_plan(intent=replace(intent, products=lines))
    with pytest.raises(NoSessions):
        make_plan(intent=replace(intent, sessions=0))
    assert not Plan.objects.exists()


def test_a_retired_product_is_not_planned(doctor: User) -> None:
    product = make_product()
    products.retire(product, at=NOW, by=doctor)
    with pytest.raises(Retired):
        make_plan(intent=make_intent(Product.objects.get(pk=product.pk)))


def test_a_change_is_a_new_revision_without_sign_off(doctor: User) -> None:
    plan = make_signed_plan(by=doctor)
    new = revised(plan, sessions=7)
    plan.refresh_from_db()
    assert (new.revision, new.lineage, new.signed_off_at) == (2, plan.lineage, None)
    assert (new.replaces, plan.superseded_at) == (plan, LATER)
    assert list(Plan.objects.current()) == [new]


def test_the_course_follows_its_plan() -> None:
    plan = make_session().course.plan
    new = revised(plan, sessions=3)
    assert Session.objects.filter(course__plan=new).count() == 2


def test_a_change_made_on_an_old_revision_is_refused() -> None:
    plan = make_plan()
    revised(plan)
    with pytest.raises(Stale):
        revised(plan, sessions=7)
    assert Plan.objects.count() == 2


def test_a_change_takes_back_the_consent_that_was_not_signed_yet() -> None:
    plan = make_signed_plan()
    document = make_offered(plan.patient, subject=plan.subject)
    revised(plan, sessions=7)
    document.refresh_from_db()
    assert document.state == ConsentState.SUPERSEDED


def test_only_a_doctor_signs_off() -> None:
    plan = make_plan()
    with pytest.raises(NotADoctor):
        plans.sign_off(plan, FINE, at=NOW, by=plan.practitioner)


def test_a_doctor_writes_what_was_found(doctor: User) -> None:
    with pytest.raises(NoExamination):
        plans.sign_off(make_plan(), "  ", at=NOW, by=doctor)


def test_signing_off_screens_in_the_same_moment(doctor: User) -> None:
    plan = plans.sign_off(make_plan(), FINE, at=LATER, by=doctor)
    drafted, signed = Screening.objects.filter(plan=plan).order_by("made_at")
    assert (drafted.made_at, signed.made_at) == (NOW, LATER)
    assert (drafted.made_by, signed.made_by) == (plan.practitioner, doctor)
    assert (plan.signed_off_by, plan.examination) == (doctor, FINE)
    with pytest.raises(WrongState):
        plans.sign_off(plan, FINE, at=LATER, by=doctor)


def test_a_plan_is_not_signed_off_while_a_finding_stops_it(doctor: User) -> None:
    patient = make_healthy_patient()
    make_history(patient, "medicine", "warfarin")
    plan = make_plan(patient)
    with pytest.raises(StillOpen, match="clotting"):
        plans.sign_off(plan, FINE, at=NOW, by=doctor)
    plan.refresh_from_db()
    assert plan.signed_off_at is None


def test_a_doctor_who_decided_on_every_finding_signs_off(doctor: User) -> None:
    patient = make_healthy_patient()
    make_history(patient, "medicine", "warfarin")
    plan = make_plan(patient)
    made = make_screening(plan)
    for finding in screening.stopping(made, plan):
        screening.override(plan, finding.code, "Ended by the prescriber", at=NOW, by=doctor)
    assert plans.sign_off(plan, FINE, at=NOW, by=doctor).signed_off_at == NOW


def test_a_decision_does_not_carry_over_to_a_new_revision(doctor: User) -> None:
    patient = make_healthy_patient()
    make_history(patient, "medicine", "warfarin")
    plan = make_plan(patient)
    for finding in screening.stopping(make_screening(plan), plan):
        screening.override(plan, finding.code, "Ended by the prescriber", at=NOW, by=doctor)
    with pytest.raises(StillOpen):
        plans.sign_off(revised(plan), FINE, at=LATER, by=doctor)


def test_a_cold_today_does_not_stop_a_plan(doctor: User) -> None:
    patient = make_healthy_patient()
    make_intake(patient, {"CI-FEVER": "yes"}, at=NOW)
    plan = make_plan(patient)
    assert screening.stopping(make_screening(plan), plan)
    assert plans.sign_off(plan, FINE, at=NOW, by=doctor).signed_off_at == NOW


def test_a_plan_is_not_closed_while_its_sessions_are_booked() -> None:
    session = make_session()
    plan, by = session.course.plan, session.course.plan.practitioner
    with pytest.raises(StillBooked):
        plans.close(plan, at=NOW, by=by)
    for one in session.course.sessions.all():
        booking.cancel(one.appointment, "asked for", at=NOW, by=by)
    assert plans.close(plan, at=NOW, by=by).closed_at == NOW


def test_under_a_closed_plan_nothing_is_changed_or_offered(doctor: User) -> None:
    plan = make_signed_plan()
    plans.close(plan, at=NOW, by=doctor)
    with pytest.raises(WrongState):
        revised(plan)
    with pytest.raises(consenting.NotCurrent):
        consenting.offer(plan, language="en", at=LATER, by=doctor)


def test_only_a_product_of_the_plan_is_tried() -> None:
    plan = make_plan()
    with pytest.raises(TestMissing):
        plans.record_test(plan, make_product(), "left forearm", at=NOW, by=plan.practitioner)


def test_a_test_is_read_once_and_after_it_was_applied() -> None:
    plan = make_plan()
    product, by = plan.products.get().product, plan.practitioner
    test = plans.record_test(plan, product, "left forearm", at=NOW, by=by)
    with pytest.raises(TooEarlyToRead):
        plans.read_test(test, TestResult.NEGATIVE, at=NOW - timedelta(hours=1), by=by)
    read = plans.read_test(test, TestResult.POSITIVE, at=LATER, by=by)
    assert (read.result, read.read_at) == (TestResult.POSITIVE, LATER)
    with pytest.raises(WrongState):
        plans.read_test(test, TestResult.NEGATIVE, at=LATER, by=by)
