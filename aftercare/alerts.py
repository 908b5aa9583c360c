"""An emergency alerts the staff by a second channel, again and again until somebody takes it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from aftercare.models import CheckIn, Triage
from clinic.messaging import outbox
from clinic.messaging.models import Message, Priority, Recipient
from clinic.messaging.outbox import Owed
from clinic.record.models import Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Permission

AGAIN_AFTER = timedelta(minutes=15)
ALERTED_FOR = timedelta(hours=24)  # then everybody has it on the task list, and is told no more


def alert(told: CheckIn, *, at: datetime) -> list[Message]:
    """Owe a mail to everybody who may treat; in the caller's transaction."""
    occasion = (at - told.at) // AGAIN_AFTER
    return [
        outbox.owe(
            Owed(
                subject=subject_of(told),
                occasion=occasion,
                message="staff-alert",
                recipient=_recipient(colleague, at=at),
                due_at=at,
                not_after=at + AGAIN_AFTER,
                priority=Priority.FIRST,
                values={"tasks": settings.SITE_URL},
            ),
            at=at,
        )
        for colleague in _colleagues()
    ]


@transaction.atomic
def repeat(*, at: datetime) -> int:
    """Alert again about what nobody has taken; end what somebody has. How many still wait."""
    recent = CheckIn.objects.filter(triage=Triage.URGENT, at__range=(at - ALERTED_FOR, at))
    waiting = 0
    for told in recent.order_by("pk"):
        if _taken(told):
            outbox.settle(subject_of(told), at=at, reason="taken")
        else:
            alert(told, at=at)
            waiting += 1
    return waiting


def subject_of(told: CheckIn) -> str:
    return f"alert:{told.uuid}"


def _taken(told: CheckIn) -> bool:
    """Somebody has one of its tasks, or has done it."""
    tasks = Task.objects.filter(kind=TaskKind.RED_FLAG, subject_uuid=told.uuid)
    free = tasks.open().filter(owner_uuid=None).count()
    return free < tasks.count()


def _colleagues() -> list[User]:
    """Who treats, and can judge it."""
    granted = User.objects.active().holding(Permission.TREAT)
    return list(granted.order_by("pk"))


def _recipient(colleague: User, *, at: datetime) -> Recipient:
    """Colleagues are alerted at their address of work, at any hour."""
    known = Recipient.objects.filter(email=colleague.email, patient=None).order_by("pk").first()
    return known or Recipient.objects.create(
        email=colleague.email,
        language=colleague.language,
        time_zone=settings.TIME_ZONE,
        email_allowed_at=at,
    )
