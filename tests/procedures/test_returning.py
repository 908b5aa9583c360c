"""A finished course asks for the next treatment when its month has come, once."""

from datetime import date, timedelta

import pytest

from clinic.record.models import Task, TaskKind
from procedures import booking, returning
from tests.factories.procedures import make_completed_session
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db


def test_the_next_treatment_is_asked_for_once_when_it_is_due() -> None:
    session = make_completed_session(sessions=1)
    soon, due = NOW + timedelta(days=20), NOW + timedelta(days=40)
    assert returning.catch_up(at=soon) == []
    assert len(returning.catch_up(at=due)) == 1
    returning.catch_up(at=due + timedelta(days=1))
    task = Task.objects.get(kind=TaskKind.NEXT_COURSE)
    assert task.patient_uuid == session.patient.uuid


def test_nobody_is_called_in_the_middle_of_a_course_or_with_a_visit_ahead() -> None:
    session = make_completed_session(sessions=2)
    later = NOW + timedelta(days=90)
    assert returning.catch_up(at=later) == []
    following = session.course.sessions.get(number=2).appointment
    booking.cancel(following, "moved away", at=NOW, by=session.course.plan.practitioner)
    assert returning.catch_up(at=later) == []


def test_a_protocol_without_a_month_asks_for_nothing() -> None:
    assert returning.due_on("CP-ACNE", date(2026, 1, 31)) is None
    assert returning.due_on("CP-FACE-GENERAL", date(2026, 1, 31)) == date(2026, 2, 28)
