"""What is given is recorded with its lot, and nothing is completed without it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from clinic.errors import WrongState
from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from procedures import plans, signals, treatment
from procedures.models import AppointmentStatus, Session
from procedures.treatment import Given
from tests.factories.catalogue import make_lot, make_product
from tests.factories.plans import make_intent
from tests.factories.procedures import (
    give,
    make_completed_session,
    make_consent,
    make_ready_session,
    make_session,
)
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


def started() -> Session:
    session = make_ready_session()
    return treatment.start(session, at=NOW, by=session.course.plan.practitioner)


def test_a_session_runs_from_the_gate_to_the_end() -> None:
    session = make_completed_session()
    assert session.appointment.status == AppointmentStatus.COMPLETED
    assert session.completed_at == NOW + timedelta(minutes=30)
    assert session.injections.get().volume_ml == Decimal("1.50")


def test_completion_is_told_inside_the_transaction() -> None:
    session, heard = started(), []
    give(session)

    def hear(sender: type[Session], *, session_id: int, **_: object) -> None:
        heard.append(session_id)

    signals.session_completed.connect(hear)
    try:
        by = session.course.plan.practitioner
        treatment.complete(session, "", at=NOW, by=by)
    finally:
        signals.session_completed.disconnect(hear)
    assert heard == [session.pk]


def test_a_session_without_anything_given_is_not_completed() -> None:
    session = started()
    with pytest.raises(treatment.NothingRecorded):
        treatment.complete(session, "", at=NOW, by=session.course.plan.practitioner)


def test_a_session_is_completed_once() -> None:
    session = make_completed_session()
    with pytest.raises(WrongState):
        treatment.complete(session, "", at=NOW, by=session.course.plan.practitioner)


def test_only_lots_laid_out_are_given() -> None:
    session = started()
    other = make_lot(session.course.plan.products.get().product)
    given = Given(lot=other, zone="cheeks", volume_ml=Decimal("1"))
    with pytest.raises(treatment.NotLaidOut):
        treatment.inject(session, given, at=NOW, by=session.course.plan.practitioner)


def test_what_a_revision_has_dropped_is_not_given_though_it_was_laid_out() -> None:
    kept, dropped = make_product(), make_product()
    session = make_ready_session(products=[kept, dropped])
    plan, by = session.course.plan, session.course.plan.practitioner
    intent = make_intent(kept, practitioner=by, location=plan.location, sessions=2)
    revised = plans.revise(plan, intent, at=NOW, by=by)
    plans.sign_off(revised, "Fine.", at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    make_consent(revised, at=NOW)
    session = treatment.start(Session.objects.get(pk=session.pk), at=NOW, by=by)
    use = session.prepared.get(lot__product=dropped)
    with pytest.raises(treatment.NotInThePlan):
        treatment.inject(
            session, Given(lot=use.lot, zone="cheeks", volume_ml=Decimal("1")), at=NOW, by=by
        )


@pytest.mark.parametrize("volume", ["0", "-1", "51"])
def test_a_volume_is_above_nothing_and_below_fifty_millilitres(volume: str) -> None:
    session = started()
    with pytest.raises(treatment.WrongVolume):
        give(session, volume_ml=volume)
    assert not session.injections.exists()


def test_a_lot_of_another_product_is_not_laid_out() -> None:
    session = make_session()
    by = session.course.plan.practitioner
    with pytest.raises(treatment.NotInThePlan):
        treatment.prepare(session, make_lot(), opened_at=NOW, at=NOW, by=by)


def test_the_desk_does_not_treat() -> None:
    session = make_ready_session()
    with pytest.raises(treatment.MayNotTreat):
        treatment.start(session, at=NOW, by=make_staff())


def test_a_session_broken_off_after_an_injection_is_followed_up() -> None:
    session = started()
    give(session)
    by = session.course.plan.practitioner
    stopped = treatment.stop(session, "faint", at=NOW, by=by)
    assert stopped.appointment.status == AppointmentStatus.STOPPED
    assert stopped.completed_at == NOW


def test_a_session_broken_off_before_any_injection_is_not_followed_up() -> None:
    session = started()
    by = session.course.plan.practitioner
    assert treatment.stop(session, "faint", at=NOW, by=by).completed_at is None


def test_every_act_in_the_room_is_on_the_record() -> None:
    session = make_completed_session()
    entries = AuditEntry.objects.filter(subject_uuid=session.uuid).order_by("pk")
    assert list(entries.values_list("action", flat=True)) == [
        "session.lot-prepared",
        "session.started",
        "session.injected",
        "session.completed",
    ]
