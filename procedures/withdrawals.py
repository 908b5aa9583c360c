"""A consent was taken back: its course is held, and whoever treats is asked about its sessions.

Each public function is one transaction; each may run twice.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from clinic.record import worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.roles import Role
from consent.models import ConsentDocument
from procedures import courses
from procedures.consenting import in_force
from procedures.models import OPEN, AppointmentStatus, Course, CourseHold, Session


@transaction.atomic
def hold(document: ConsentDocument, *, at: datetime) -> CourseHold | None:
    """No session of the course starts until a doctor has looked."""
    lineage = document.subject.removeprefix("plan:")
    course = Course.objects.filter(patient=document.patient, plan__lineage=lineage).first()
    if course is None or in_force(course.plan, at=at) is not None:
        return None
    cause = f"consent:{document.uuid}"
    return courses.hold(course, cause, _("The patient has taken the consent back."), at=at, by=None)


@transaction.atomic
def flag(document: ConsentDocument, *, at: datetime) -> Task | None:
    """Ask whoever treats about the sessions that have lost their consent; about a running one
    at once. Twice asks once."""
    ahead = Session.objects.filter(
        patient=document.patient,
        course__plan__lineage=document.subject.removeprefix("plan:"),
        appointment__status__in=OPEN,
    )
    first = ahead.select_related("appointment").order_by("appointment__slot", "pk").first()
    if first is None or in_force(first.course.plan, at=at) is not None:
        return None
    return worklist.ask(
        TaskKind.CONSENT_PROBLEM,
        f"{_cause(document)}:{document.uuid}",
        first,
        role=Role.COSMETOLOGIST,
        patient=document.patient.uuid,
        urgent=first.appointment.status == AppointmentStatus.STARTED,
        due_at=first.appointment.slot.lower,
        at=at,
        sessions=ahead.count(),
    )


def settle(document: ConsentDocument, *, at: datetime) -> list[Task]:
    """The patient has agreed again: nobody needs to ask."""
    return worklist.settle(_cause(document), at=at)


def catch_up(*, since: datetime, at: datetime) -> list[Task]:
    """Hold and ask for every withdrawal since then: news may get lost."""
    taken_back = ConsentDocument.objects.filter(
        subject__startswith="plan:", withdrawal__at__gte=since, withdrawal__at__lte=at
    )
    for document in taken_back.order_by("pk"):
        hold(document, at=at)
    tasks = [flag(document, at=at) for document in taken_back.order_by("pk")]
    return [task for task in tasks if task is not None]


def _cause(document: ConsentDocument) -> str:
    return f"consent-withdrawn:{document.subject}"
