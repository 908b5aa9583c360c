"""Who should come again: maintenance or the next course becomes a task when its month has come."""

from datetime import date, datetime

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from clinic.knowledge.loader import load
from clinic.record import worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.roles import Role
from procedures.domain.course import months_after
from procedures.models import Appointment, Course


def catch_up(*, at: datetime) -> list[Task]:
    """Ask the desk once for every finished course whose next treatment is due and not booked."""
    return [_ask(course, at=at) for course in finished() if _is_due(course, at=at)]


def finished() -> QuerySet[Course]:
    """Courses of which every planned session was completed, and whose patient has nothing ahead."""
    ahead = Appointment.objects.ahead().filter(patient=OuterRef("patient"))
    later = Course.objects.filter(patient=OuterRef("patient"), booked_at__gt=OuterRef("booked_at"))
    done = Count("sessions", filter=Q(sessions__completed_at__isnull=False))
    standing = Course.objects.filter(patient__erased_at=None)
    rows = standing.annotate(done=done, last_at=Max("sessions__completed_at"))
    whole = rows.filter(done__gte=F("plan__sessions")).exclude(Exists(ahead)).exclude(Exists(later))
    return whole.select_related("plan__location", "patient").order_by("pk")


def due_on(protocol: str, last: date) -> date | None:
    """The first day of maintenance or of the next course; none where the sources name no month."""
    known = load().protocols.get(protocol)
    months = known and (known.maintenance_every_months or known.repeat_after_min_months)
    return months_after(last, months) if months else None


def _is_due(course: Course, *, at: datetime) -> bool:
    zone, last = course.plan.location.zone, course.sessions.aggregate(at=Max("completed_at"))["at"]
    due = due_on(course.plan.protocol, timezone.localdate(last, zone))
    return due is not None and due <= timezone.localdate(at, zone)


def _ask(course: Course, *, at: datetime) -> Task:
    return worklist.ask(
        TaskKind.NEXT_COURSE,
        f"next-course:{course.uuid}",
        course.plan,
        role=Role.RECEPTION,
        patient=course.patient.uuid,
        due_at=at,
        at=at,
    )
