"""Visits that cannot take place as booked, or that nobody finished: tasks, nothing moves by itself.

Found by a query, so that it does not matter how it came about: an absence entered over bookings,
a colleague who left or lost the role, a room that was closed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from clinic.record import worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.models import TimeOff, User
from clinic.staff.roles import Permission, Role
from procedures.models import Appointment, AppointmentStatus
from procedures.models.calendar import AppointmentQuerySet

LOOK_BACK = timedelta(days=7)  # a visit left open that is older than this was asked about before
TO_MOVE, LEFT_OPEN = "to-move", "left-open"
ABSENT, NOBODY, CLOSED = "absent", "left-or-lost-role", "room-closed"


@transaction.atomic
def flag(*, at: datetime) -> list[Task]:
    """Ask the desk about every coming visit that has lost its person or its room, once."""
    asked = [
        _ask(visit, TaskKind.VISIT_TO_MOVE, f"{TO_MOVE}:{visit.uuid}:{why}", at=at)
        for why, visits in _displaced(at=at)
        for visit in visits
    ]
    standing = {task.cause for task in asked}
    for task in Task.objects.open().filter(cause__startswith=f"{TO_MOVE}:"):
        if task.cause not in standing:
            worklist.settle(task.cause, at=at)
    return asked


@transaction.atomic
def flag_left_open(*, at: datetime) -> list[Task]:
    """Who came and was not treated to the end, once the day is over: somebody says what was."""
    here = [AppointmentStatus.ARRIVED, AppointmentStatus.STARTED]
    recent = Appointment.objects.filter(status__in=here, slot__startswith__gt=at - LOOK_BACK)
    rows = recent.filter(slot__startswith__lt=at).select_related("room__location", "patient")
    over = [visit for visit in rows.order_by("slot", "pk") if _day_is_over(visit, at=at)]
    asked = [
        _ask(visit, TaskKind.VISIT_LEFT_OPEN, f"{LEFT_OPEN}:{visit.uuid}", at=at) for visit in over
    ]
    ended = Appointment.objects.exclude(status__in=here)
    for task in Task.objects.open().filter(cause__startswith=f"{LEFT_OPEN}:"):
        if ended.filter(uuid=task.subject_uuid).exists():
            worklist.settle(task.cause, at=at)
    return asked


def _displaced(*, at: datetime) -> Iterable[tuple[str, Iterable[Appointment]]]:
    coming = _coming(at=at).order_by("slot", "pk")
    away = TimeOff.objects.in_force().filter(
        user=OuterRef("practitioner"), span__overlap=OuterRef("slot")
    )
    treating = User.objects.active().holding(Permission.TREAT)
    yield ABSENT, coming.filter(Exists(away))
    yield NOBODY, coming.exclude(practitioner__in=treating)
    yield (
        CLOSED,
        coming.filter(
            Q(room__closed_at__isnull=False) | Q(room__location__closed_at__isnull=False)
        ),
    )


def _coming(*, at: datetime) -> AppointmentQuerySet:
    rows = Appointment.objects.filter(status=AppointmentStatus.BOOKED, slot__startswith__gt=at)
    return rows.select_related("room__location", "patient")


def _day_is_over(visit: Appointment, *, at: datetime) -> bool:
    zone = visit.room.location.zone
    return timezone.localdate(visit.slot.lower, zone) < timezone.localdate(at, zone)


def _ask(visit: Appointment, kind: TaskKind, cause: str, *, at: datetime) -> Task:
    return worklist.ask(
        kind,
        cause,
        visit,
        role=Role.RECEPTION,
        patient=visit.patient.uuid,
        due_at=at,
        at=at,
    )
