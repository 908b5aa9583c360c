"""Whoever does not answer is asked once more, and then somebody calls."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from aftercare import reminding
from aftercare.check_ins import cause_of_silence
from aftercare.models import AftercarePlan
from clinic.knowledge.entries import ReminderKind
from clinic.knowledge.loader import load
from clinic.messaging import outbox
from clinic.messaging.models import Channel, Message, MessageState
from clinic.messaging.outbox import Owed
from clinic.record import worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role

AGAIN_AFTER = timedelta(hours=12)
CALL_AFTER = timedelta(hours=24)
USEFUL_FOR = timedelta(hours=12)
LOOKS_BACK = timedelta(days=3)  # longer ago nobody waits for an answer any more
ARRIVED = [MessageState.ACCEPTED, MessageState.DELIVERED]


@transaction.atomic
def chase(*, at: datetime) -> int:
    """Ask again or have somebody call, for every question that nobody has answered; how many."""
    return sum(_ask_again(message, at=at) for message in _unanswered(at=at))


def _unanswered(*, at: datetime) -> Iterator[tuple[Message, AftercarePlan]]:
    """The questions that reached a patient some time ago, and got no answer since."""
    days = [row.id for row in load().reminders.values() if row.kind is ReminderKind.CHECK_IN]
    asked = Message.objects.filter(message__in=days, state__in=ARRIVED)
    asked = asked.filter(state_at__range=(at - LOOKS_BACK, at - AGAIN_AFTER))
    rows = list(asked.select_related("recipient", "link", "location").order_by("pk"))
    sessions = {row.subject.removeprefix("session:") for row in rows}
    related = ("session", "patient")
    plans = AftercarePlan.objects.select_related(*related).filter(session__uuid__in=sessions)
    by_subject = {reminding.subject_of(plan.session): plan for plan in plans}
    for row in rows:
        plan = by_subject.get(row.subject)
        if plan and not plan.check_ins.filter(at__gte=row.state_at).exists():
            yield row, plan


def _ask_again(unanswered: tuple[Message, AftercarePlan], *, at: datetime) -> bool:
    asked, plan = unanswered
    day = load().reminders[asked.message].day_offset
    if at >= asked.state_at + CALL_AFTER:
        worklist.ask(
            TaskKind.CALL_PATIENT,
            f"{cause_of_silence(plan)}{day}",
            plan,
            role=Role.RECEPTION,
            patient=plan.patient.uuid,
            due_at=at,
            at=at,
            day=day,
        )
    else:
        outbox.owe(
            Owed(
                subject=asked.subject,
                occasion=day,
                message="check-in-again",
                recipient=asked.recipient,
                channel=Channel(asked.channel),
                due_at=at,
                not_after=at + USEFUL_FOR,
                patient_uuid=asked.patient_uuid,
                link=asked.link,
                location=asked.location,
            ),
            at=at,
        )
    return True
