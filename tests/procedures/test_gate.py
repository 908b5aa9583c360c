"""No needle without all of it: for each missing piece the session does not start and says why."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.staff.roles import Role
from consent import withdrawing
from consent.models import ConsentDocument
from patients import history
from patients.models import Asserter
from procedures import courses, gate, lots, plans, settings, treatment
from procedures.gate import GateClosed
from procedures.models import Appointment, AppointmentStatus, Plan, Session, TestResult
from tests.factories.catalogue import make_lot
from tests.factories.consent import ensure_wording
from tests.factories.plans import make_intent
from tests.factories.procedures import EARLIER, lay_out, make_ready_session, screen_today
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


def missing(session: Session) -> list[str]:
    session = Session.objects.get(pk=session.pk)
    return [check.code for check in gate.checks(session, at=NOW) if not check.ok]


def test_a_ready_session_starts_and_keeps_what_opened_the_gate() -> None:
    session = make_ready_session()
    assert missing(session) == []
    started = treatment.start(session, at=NOW, by=session.course.plan.practitioner)
    assert started.appointment.status == AppointmentStatus.STARTED
    assert started.screening is not None
    assert started.consent == ConsentDocument.objects.get()
    assert started.plan == session.course.plan


@pytest.mark.parametrize("code", ["arrived", "screening", "consent", "photo", "lots"])
def test_what_is_missing_keeps_the_gate_closed(code: str, client: Client) -> None:
    session = make_ready_session(without=code)
    assert refused(session, client) == [code]


def test_a_plan_that_no_doctor_signed_keeps_the_gate_closed(client: Client) -> None:
    session = make_ready_session()
    Plan.objects.update(signed_off_at=None, signed_off_by=None)
    assert refused(session, client) == ["sign-off"]


def test_a_revised_plan_needs_sign_off_and_consent_again(client: Client) -> None:
    session = make_ready_session()
    plan = session.course.plan
    products = [line.product for line in plan.products.all()]
    fewer = make_intent(
        *products, practitioner=plan.practitioner, location=plan.location, sessions=5
    )
    plans.revise(plan, fewer, at=NOW, by=plan.practitioner)
    assert refused(session, client) == ["sign-off", "consent"], "screened with the change"


def test_a_withdrawn_consent_keeps_the_gate_closed(client: Client) -> None:
    """R-48: no valid consent, no session; there is no override."""
    session = make_ready_session()
    withdrawing.withdraw(ConsentDocument.objects.get(), "", at=NOW, by=make_staff(Role.RECEPTION))
    assert refused(session, client) == ["consent"]


def test_a_session_too_soon_after_the_last_keeps_the_gate_closed(client: Client) -> None:
    session = make_ready_session()
    second = session.course.sessions.get(number=2)
    treatment.start(session, at=NOW, by=session.course.plan.practitioner)
    Appointment.objects.filter(pk=second.appointment_id).update(
        status=AppointmentStatus.ARRIVED, arrived_at=NOW
    )
    assert "interval" in missing(second)


def test_a_lot_past_its_date_is_refused_when_laid_out_and_at_the_gate(client: Client) -> None:
    session = make_ready_session(without="lots")
    product = session.course.plan.products.get().product
    old = make_lot(product, expires_on=(NOW - timedelta(days=1)).date())
    by = session.course.plan.practitioner
    with pytest.raises(treatment.LotExpired):
        treatment.prepare(session, old, opened_at=NOW, at=NOW, by=by)
    (good,) = lay_out(session)
    type(good).objects.filter(pk=good.pk).update(expires_on=(NOW - timedelta(days=1)).date())
    assert refused(session, client) == ["lots"]


def test_a_withdrawn_lot_keeps_the_gate_closed(client: Client) -> None:
    session = make_ready_session()
    lots.withdraw(session.prepared.get().lot, at=NOW, by=session.course.plan.practitioner)
    assert refused(session, client) == ["lots"]


def test_another_lot_takes_the_place_of_a_withdrawn_one() -> None:
    session = make_ready_session()
    lots.withdraw(session.prepared.get().lot, at=NOW, by=session.course.plan.practitioner)
    (fresh,) = lay_out(session)
    assert missing(session) == []
    assert session.prepared.get().lot == fresh


def test_a_plan_that_was_closed_or_replaced_keeps_the_gate_closed(client: Client) -> None:
    session = make_ready_session()
    Plan.objects.filter(pk=session.course.plan_id).update(closed_at=NOW)
    assert refused(session, client) == ["sign-off"]


@pytest.mark.django_db(transaction=True)
def test_what_the_gate_has_looked_at_does_not_change_before_the_session_has_started() -> None:
    ensure_wording()
    session = make_ready_session()
    consent = ConsentDocument.objects.get()

    def change(row: Model) -> str:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '50ms'")
                type(row)._base_manager.select_for_update(no_key=True).get(pk=row.pk)
        except OperationalError:
            return "waits"
        finally:
            connection.close()
        return "goes ahead"

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        treatment.start(session, at=NOW, by=session.course.plan.practitioner)
        rows: list[Model] = [session.patient, session.course, consent]
        assert list(pool.map(change, rows)) == ["waits"] * 3


def test_an_ampoule_opened_yesterday_is_refused() -> None:
    session = make_ready_session(without="lots")
    lot = make_lot(session.course.plan.products.get().product)
    by = session.course.plan.practitioner
    with pytest.raises(treatment.OpenedEarlier):
        treatment.prepare(session, lot, opened_at=NOW - timedelta(days=1), at=NOW, by=by)


def test_an_allergy_test_that_is_due_keeps_the_gate_closed_until_it_is_read(
    client: Client,
) -> None:
    session = make_ready_session(allergy_test_required=True)
    assert refused(session, client) == ["allergy-test"]


def test_an_allergy_test_that_showed_a_reaction_keeps_the_gate_closed() -> None:
    session = make_ready_session(allergy_test_required=True)
    plan, by = session.course.plan, session.course.plan.practitioner
    product = plan.products.get().product
    test = plans.record_test(plan, product, "forearm", at=EARLIER, by=by)
    plans.read_test(test, TestResult.POSITIVE, at=EARLIER + timedelta(days=1), by=by)
    assert "allergy-test" in missing(session)
    again = plans.record_test(plan, product, "forearm", at=EARLIER + timedelta(days=2), by=by)
    plans.read_test(again, TestResult.NEGATIVE, at=EARLIER + timedelta(days=3), by=by)
    assert "allergy-test" not in missing(session)


def test_a_missing_laboratory_result_keeps_the_gate_closed() -> None:
    session = make_ready_session()
    lead = make_staff(Role.CLINICAL_LEAD)
    settings.set_value("lab_checklist", ["Fictive count"], "our rule", at=EARLIER, by=lead)
    assert "labs" in missing(session)


def test_a_course_on_hold_keeps_the_gate_closed_until_a_doctor_releases_it(client: Client) -> None:
    session = make_ready_session()
    held = courses.hold(session.course, "reaction:1", "swelling", at=NOW, by=None)
    assert refused(session, client) == ["hold"]
    courses.release(held, "examined", at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    assert missing(session) == []


def test_a_screening_older_than_the_last_change_of_history_keeps_the_gate_closed(
    client: Client,
) -> None:
    session = make_ready_session()
    by, later = session.course.plan.practitioner, NOW + timedelta(minutes=1)
    patient = session.patient
    history.add(patient, "medicine", "warfarin", asserted_by=Asserter.PATIENT, at=later, by=by)
    session = Session.objects.get(pk=session.pk)
    codes = [check.code for check in gate.checks(session, at=later) if not check.ok]
    assert codes == ["screening"]


def test_yesterdays_screening_opens_nothing() -> None:
    session = make_ready_session(without="screening")
    screen_today(session, at=NOW - timedelta(days=1))
    assert missing(session) == ["screening"]


def test_a_visit_of_another_day_does_not_start_today() -> None:
    session = make_ready_session()
    tomorrow = NOW + timedelta(days=1)
    codes = [check.code for check in gate.checks(session, at=tomorrow) if not check.ok]
    assert "arrived" in codes


def test_every_item_of_the_gate_is_broken_once_here() -> None:
    session = make_ready_session()
    codes = {check.code for check in gate.checks(session, at=NOW)}
    assert codes == {
        "arrived",
        "screening",
        "sign-off",
        "consent",
        "allergy-test",
        "labs",
        "interval",
        "lots",
        "photo",
        "hold",
    }


def refused(session: Session, client: Client) -> list[str]:
    """The use case refuses with these codes, and the page names every problem it found."""
    session = Session.objects.get(pk=session.pk)
    by = session.course.plan.practitioner
    with pytest.raises(GateClosed) as closed:
        treatment.start(session, at=NOW, by=by)
    codes: list[str] = list(closed.value.facts["codes"])  # type: ignore[call-overload]
    assert Session.objects.get(pk=session.pk).started_at is None
    now = timezone.now()  # the page asks again, at its own moment
    problems = [str(check.problem) for check in gate.checks(session, at=now) if not check.ok]
    client.force_login(by)
    page = client.post(reverse("procedures:session-start", args=[session.uuid]))
    assert page.status_code == 422
    shown = page.content.decode()
    for problem in problems:
        assert problem in shown, problem
    return codes
