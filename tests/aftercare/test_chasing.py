"""Whoever does not answer is asked once more, and then somebody calls."""

from datetime import datetime

import pytest

from aftercare import chasing, check_ins
from aftercare.models import AftercarePlan, Feeling
from clinic.messaging.models import Message, MessageState
from clinic.record.models import Task, TaskKind
from clinic.staff.roles import Role
from tests.factories.aftercare import A_DAY, AN_HOUR, make_aftercare, make_aftercare_link

pytestmark = pytest.mark.django_db


def asked(plan: AftercarePlan, message: str = "RP-D3") -> datetime:
    """The question of day 3 has arrived."""
    row = Message.objects.get(message=message, patient_uuid=plan.patient.uuid)
    row.state, row.state_at = MessageState.DELIVERED, row.due_at
    row.save()
    return row.due_at


def again(plan: AftercarePlan) -> int:
    rows = Message.objects.filter(message="check-in-again", patient_uuid=plan.patient.uuid)
    return rows.count()


def test_silence_is_asked_once_more_and_then_called() -> None:
    plan = make_aftercare()
    at = asked(plan)
    assert chasing.chase(at=at + 11 * AN_HOUR) == 0
    for hours in (12, 13, 20):
        chasing.chase(at=at + hours * AN_HOUR)
    assert again(plan) == 1
    assert not Task.objects.exists()
    for hours in (24, 25, 40):
        chasing.chase(at=at + hours * AN_HOUR)
    task = Task.objects.get()
    assert (task.kind, task.role) == (TaskKind.CALL_PATIENT, Role.RECEPTION)
    assert again(plan) == 1


def test_an_answer_ends_asking_and_calling() -> None:
    plan = make_aftercare()
    at = asked(plan)
    chasing.chase(at=at + 13 * AN_HOUR)
    chasing.chase(at=at + 25 * AN_HOUR)
    link, answered = make_aftercare_link(plan), at + 26 * AN_HOUR
    check_ins.check_in(plan, Feeling.FADING, [], at=answered, by=link)
    assert Task.objects.get().done_at == answered
    row = Message.objects.get(message="check-in-again")
    assert (row.state, row.reason) == (MessageState.CANCELLED, "answered")
    assert chasing.chase(at=answered + AN_HOUR) == 0


def test_a_question_that_did_not_arrive_is_no_silence() -> None:
    plan = make_aftercare()
    assert chasing.chase(at=plan.session_ended_at + 4 * A_DAY) == 0


def test_long_ago_nobody_waits_for_an_answer_any_more() -> None:
    plan = make_aftercare()
    at = asked(plan)
    assert chasing.chase(at=at + 4 * A_DAY) == 0
