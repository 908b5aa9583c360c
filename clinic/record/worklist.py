"""The task list: what a person must do, asked once per cause. Each public function is one
transaction."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState
from clinic.record import audit
from clinic.record.audit import Named
from clinic.record.chain import Fact
from clinic.record.models import Task, TaskKind


class SnoozedIntoThePast(ClinicError):
    code = "snoozed-into-the-past"
    text = _("Choose a time that is still to come.")


class UrgentStays(ClinicError):
    code = "urgent-stays"
    text = _("An urgent task cannot be put off. Do it now, or ask a colleague who can.")


class NoOutcome(ClinicError):
    code = "no-outcome"
    text = _("Write what was done about it.")


class TakenAlready(ClinicError):
    code = "taken-already"
    text = _("A colleague has taken this task. Ask there, or choose another one.")


class NotYours(ClinicError):
    code = "not-yours"
    text = _("Only who took a task of a role can give it back.")


class Owner(Protocol):
    """Whose task it is."""

    @property
    def uuid(self) -> UUID: ...


@transaction.atomic
def ask(  # noqa: PLR0913  a task is one sentence, and its words all stand here
    kind: TaskKind,
    cause: str,
    subject: Named,
    *,
    role: str = "",
    owner: Owner | None = None,
    patient: UUID | None = None,
    urgent: bool = False,
    due_at: datetime,
    at: datetime,
    **facts: Fact,
) -> Task:
    """Ask a role or a person for something; the same cause never asks twice."""
    task, created = Task.objects.get_or_create(
        cause=cause,
        defaults={
            "kind": kind,
            "subject_kind": audit.kind_of(subject),
            "subject_uuid": subject.uuid,
            "patient_uuid": patient,
            "facts": facts,
            "role": role,
            "owner_uuid": owner.uuid if owner else None,
            "urgent": urgent,
            "created_at": at,
            "due_at": due_at,
        },
    )
    if created:
        audit.record("task.asked", task, at=at, by=None, patient=patient, kind=kind.value)
    return task


@transaction.atomic
def take(task: Task, *, at: datetime, by: Named) -> Task:
    """Somebody says: mine. Colleagues see whose it is, and nobody is alerted any more."""
    task = locked(task)
    if task.owner_uuid not in {None, by.uuid}:
        raise TakenAlready
    task.owner_uuid = by.uuid
    task.save(update_fields=["owner_uuid"])
    audit.record("task.taken", task, at=at, by=by, patient=task.patient_uuid, kind=task.kind)
    return task


@transaction.atomic
def give_back(task: Task, *, at: datetime, by: Named) -> Task:
    """Whoever took it cannot do it after all: anybody of the role may."""
    task = locked(task)
    if task.owner_uuid != by.uuid or not task.role:
        raise NotYours
    task.owner_uuid = None
    task.save(update_fields=["owner_uuid"])
    audit.record("task.given-back", task, at=at, by=by, patient=task.patient_uuid, kind=task.kind)
    return task


@transaction.atomic
def escalate(*, at: datetime) -> list[Task]:
    """What nobody has taken in time is shown to those who answer for it, too."""
    rows = Task.objects.neglected(at=at).order_by("pk")
    tasks = list(rows.select_for_update(no_key=True, skip_locked=True))
    for task in tasks:
        task.escalated_at = at
        task.save(update_fields=["escalated_at"])
        audit.record(
            "task.escalated", task, at=at, by=None, patient=task.patient_uuid, kind=task.kind
        )
    return tasks


@transaction.atomic
def finish(task: Task, outcome: str, *, at: datetime, by: Named) -> Task:
    """Somebody did it, and says what came of it."""
    task = locked(task)
    if not outcome.strip():
        raise NoOutcome
    task.done_at, task.done_by_uuid, task.outcome = at, by.uuid, outcome.strip()
    task.save(update_fields=["done_at", "done_by_uuid", "outcome"])
    audit.record("task.finished", task, at=at, by=by, patient=task.patient_uuid, kind=task.kind)
    return task


@transaction.atomic
def snooze(task: Task, until: datetime, *, at: datetime, by: Named) -> Task:
    """Hide it until a later moment; what is urgent stays in sight."""
    task = locked(task)
    if task.urgent:
        raise UrgentStays
    if until <= at:
        raise SnoozedIntoThePast
    task.snoozed_until = until
    task.save(update_fields=["snoozed_until"])
    audit.record("task.snoozed", task, at=at, by=by, patient=task.patient_uuid, kind=task.kind)
    return task


@transaction.atomic
def settle(cause_prefix: str, *, at: datetime) -> list[Task]:
    """Close what nobody needs to do any more, because its cause has gone."""
    moot = Task.objects.open().filter(cause__startswith=cause_prefix).order_by("pk")
    tasks = list(moot.select_for_update(no_key=True))
    for task in tasks:
        task.done_at = max(at, task.created_at)
        task.save(update_fields=["done_at"])
        audit.record(
            "task.settled", task, at=at, by=None, patient=task.patient_uuid, kind=task.kind
        )
    return tasks


def locked(task: Task) -> Task:
    """The row as it stands now; done is done."""
    task = Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    if task.done_at is not None:
        raise WrongState(state=_("done"))
    return task
