"""A patient asks to be called: the desk has one task until somebody has called."""

import pytest

from aftercare import calls
from clinic.record import worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role
from tests.factories.aftercare import AN_HOUR, make_aftercare, make_aftercare_link
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db


def test_the_desk_has_one_task_however_often_the_patient_presses() -> None:
    plan = make_aftercare()
    link, at = make_aftercare_link(plan), plan.session_ended_at + AN_HOUR
    first = calls.ask_for_a_call(plan, at=at, by=link)
    assert calls.ask_for_a_call(plan, at=at + AN_HOUR, by=link) == first
    assert (first.kind, first.role) == (TaskKind.CALL_PATIENT, Role.RECEPTION)


def test_after_the_call_another_may_be_asked_for() -> None:
    plan, desk = make_aftercare(), make_staff(Role.RECEPTION)
    link, at = make_aftercare_link(plan), plan.session_ended_at + AN_HOUR
    first = calls.ask_for_a_call(plan, at=at, by=link)
    worklist.finish(first, "Called", at=at, by=desk)
    assert calls.asked(plan) is None
    assert calls.ask_for_a_call(plan, at=at + AN_HOUR, by=link) != first
