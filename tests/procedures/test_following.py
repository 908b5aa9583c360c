"""A screening is made by itself wherever the facts, the plan or the day change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients import intake
from patients.models import HistoryKind
from procedures import plans, screening
from procedures.models import Screening
from tests.factories.patients import make_history, make_intake, make_patient
from tests.factories.plans import make_intent, make_plan, make_signed_plan
from tests.factories.procedures import make_ready_session
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
Committing = Callable[..., Any]


def test_at_intake_before_there_is_a_plan(django_capture_on_commit_callbacks: Committing) -> None:
    patient = make_patient()
    with django_capture_on_commit_callbacks(execute=True):
        make_intake(patient, {"CI-PREGNANCY": "yes"}, at=NOW)
    made = Screening.objects.get(patient=patient)
    assert (made.plan, made.made_by, made.on) == (None, None, NOW.date())
    assert any(one.rule == "CI-PREGNANCY" for one in screening.findings_of(made))
    assert AuditEntry.objects.get(action="screening.made").actor_kind == "system"


def test_after_a_change_of_history_for_every_plan_that_counts(
    django_capture_on_commit_callbacks: Committing,
) -> None:
    plan = make_signed_plan()
    closed = plans.close(make_plan(plan.patient), at=NOW, by=plan.practitioner)
    with django_capture_on_commit_callbacks(execute=True):
        make_history(plan.patient, HistoryKind.MEDICINE, "warfarin", at=LATER)
    made = Screening.objects.get(made_at=LATER)
    assert (made.plan, made.made_by) == (plan, None)
    assert screening.stopping(made, plan)
    assert screening.is_fresh(made, patient=plan.patient, plan=plan, at=LATER)
    assert closed.screenings.filter(made_at=LATER).count() == 0


def test_with_every_change_of_the_plan() -> None:
    plan = make_plan()
    assert plan.screenings.get().made_by == plan.practitioner
    revised = plans.revise(plan, make_intent(sessions=3), at=LATER, by=plan.practitioner)
    made = revised.screenings.get()
    assert (made.made_at, made.on) == (LATER, NOW.date())


def test_at_check_in_before_a_session() -> None:
    session = make_ready_session(without="screening")
    plan = session.course.plan
    made = screening.latest(session.patient, plan, on=NOW.date())
    assert made is not None
    assert made.made_at == NOW
    assert made.made_by is not None
    assert made.made_by.roles == [Role.RECEPTION], "whoever checked the patient in"
    unasked = [one.rule for one in screening.findings_of(made) if one.stops]
    assert unasked, "nobody has asked yet whether anything has changed"
    assert intake.answers_now(session.patient, at=NOW)
