"""What a person must do is asked once, and closed by somebody who says what came of it."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic.errors import ClinicError, WrongState
from clinic.record import worklist
from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from tests.factories.staff import make_staff

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def ask(subject: User, cause: str = "review:1", *, urgent: bool = False) -> Task:
    return worklist.ask(
        TaskKind.REVIEW,
        cause,
        subject,
        role=Role.RECEPTION,
        urgent=urgent,
        due_at=NOW + timedelta(hours=1),
        at=NOW,
        reason="late",
    )


def test_the_same_cause_asks_once() -> None:
    colleague = make_staff()
    first, second = ask(colleague), ask(colleague)
    assert first.pk == second.pk
    assert first.facts == {"reason": "late"}
    assert AuditEntry.objects.filter(action="task.asked").count() == 1


def test_a_role_sees_its_tasks_and_a_person_their_own() -> None:
    desk, lead = make_staff(Role.RECEPTION), make_staff(Role.CLINICAL_LEAD)
    shared = ask(lead)
    own = worklist.ask(TaskKind.REVIEW, "review:2", lead, owner=lead, due_at=NOW, at=NOW)
    assert list(Task.objects.visible_to(desk)) == [shared]
    assert list(Task.objects.visible_to(lead)) == [own]


def test_a_finished_task_keeps_what_came_of_it() -> None:
    colleague = make_staff()
    task = worklist.finish(ask(colleague), "  Called, all is well. ", at=NOW, by=colleague)
    assert (task.outcome, task.done_at, task.done_by_uuid) == (
        "Called, all is well.",
        NOW,
        colleague.uuid,
    )
    assert not Task.objects.due(at=NOW).exists()
    entry = AuditEntry.objects.get(action="task.finished")
    assert entry.actor_uuid == colleague.uuid
    assert "Called" not in str(entry.facts)


def test_a_task_cannot_be_finished_twice() -> None:
    colleague = make_staff()
    task = ask(colleague)
    worklist.finish(task, "Done", at=NOW, by=colleague)
    with pytest.raises(WrongState, match="done"):
        worklist.finish(task, "Done again", at=NOW, by=colleague)


def test_an_outcome_is_asked_for() -> None:
    colleague = make_staff()
    with pytest.raises(worklist.NoOutcome):
        worklist.finish(ask(colleague), "   ", at=NOW, by=colleague)
    assert Task.objects.open().count() == 1


def test_a_snoozed_task_comes_back() -> None:
    colleague = make_staff()
    later = NOW + timedelta(days=1)
    worklist.snooze(ask(colleague), later, at=NOW, by=colleague)
    assert not Task.objects.due(at=later - timedelta(seconds=1)).exists()
    assert Task.objects.due(at=later).exists()


@pytest.mark.parametrize(
    ("urgent", "until", "code"),
    [
        (True, NOW + timedelta(days=1), "urgent-stays"),
        (False, NOW, "snoozed-into-the-past"),
    ],
)
def test_what_is_urgent_stays_and_the_past_is_no_time(
    urgent: bool, until: datetime, code: str
) -> None:
    colleague = make_staff()
    with pytest.raises(ClinicError) as refusal:
        worklist.snooze(ask(colleague, urgent=urgent), until, at=NOW, by=colleague)
    assert refusal.value.code == code
    assert Task.objects.get().snoozed_until is None


def test_a_cause_that_has_gone_closes_its_open_tasks() -> None:
    colleague = make_staff()
    moot, other = ask(colleague, "message:7:failed"), ask(colleague, "message:70:failed")
    done = worklist.finish(ask(colleague, "message:7:uncertain"), "Done", at=NOW, by=colleague)
    assert worklist.settle("message:7:", at=NOW + timedelta(minutes=1)) == [moot]
    assert list(Task.objects.open()) == [other]
    done.refresh_from_db()
    assert done.outcome == "Done"
    assert AuditEntry.objects.get(action="task.settled").actor_kind == "system"


def test_who_takes_a_task_has_it_and_nobody_else_may() -> None:
    lead, other = make_staff(Role.CLINICAL_LEAD), make_staff(Role.CLINICAL_LEAD)
    task = ask(lead)
    assert worklist.take(task, at=NOW, by=lead).owner_uuid == lead.uuid
    with pytest.raises(worklist.TakenAlready):
        worklist.take(task, at=NOW, by=other)
    with pytest.raises(worklist.NotYours):
        worklist.give_back(task, at=NOW, by=other)
    worklist.give_back(task, at=NOW, by=lead)
    assert worklist.take(task, at=NOW, by=other).owner_uuid == other.uuid


def test_what_nobody_takes_in_time_is_passed_on_once() -> None:
    desk, lead = make_staff(Role.RECEPTION), make_staff(Role.CLINICAL_LEAD)
    calm = worklist.ask(TaskKind.CALL_PATIENT, "a", desk, role=Role.RECEPTION, due_at=NOW, at=NOW)
    urgent = worklist.ask(
        TaskKind.RED_FLAG, "b", desk, role=Role.RECEPTION, urgent=True, due_at=NOW, at=NOW
    )
    taken = worklist.ask(
        TaskKind.RED_FLAG, "c", desk, role=Role.RECEPTION, urgent=True, due_at=NOW, at=NOW
    )
    worklist.take(taken, at=NOW, by=desk)
    assert worklist.escalate(at=NOW + timedelta(minutes=29)) == []
    assert worklist.escalate(at=NOW + timedelta(minutes=30)) == [urgent]
    assert list(Task.objects.visible_to(lead)) == [urgent]
    assert worklist.escalate(at=NOW + timedelta(days=2)) == [calm]
    assert worklist.escalate(at=NOW + timedelta(days=3)) == []
