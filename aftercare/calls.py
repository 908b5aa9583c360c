"""A patient asks to be called: a task for the desk, once while it is open."""

from datetime import datetime

from django.db import transaction

from aftercare.models import AftercarePlan
from clinic.messaging.models import PatientLink
from clinic.record import audit, worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.roles import Role


@transaction.atomic
def ask_for_a_call(plan: AftercarePlan, *, at: datetime, by: PatientLink) -> Task:
    """The desk calls; asking again while nobody has called changes nothing."""
    plan = AftercarePlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    open_one = asked(plan)
    if open_one is not None:
        return open_one
    earlier = Task.objects.filter(cause__startswith=_cause(plan)).count()
    patient = plan.patient.uuid
    audit.record("call.asked", plan, at=at, by=by, patient=patient)
    return worklist.ask(
        TaskKind.CALL_PATIENT,
        f"{_cause(plan)}{earlier + 1}",
        plan,
        role=Role.RECEPTION,
        patient=patient,
        due_at=at,
        at=at,
    )


def asked(plan: AftercarePlan) -> Task | None:
    """The call that is still owed."""
    return Task.objects.open().filter(cause__startswith=_cause(plan)).first()


def _cause(plan: AftercarePlan) -> str:
    return f"call:{plan.uuid}:"
