"""A message to ourselves once a day: if it does not go out, nobody's does, and somebody is told."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from clinic.messaging import outbox
from clinic.messaging.models import LATE_AFTER as MESSAGES_LATE_AFTER
from clinic.messaging.models import Dispatcher, Message, MessageQuerySet, MessageState, Recipient
from clinic.messaging.names import REASONS
from clinic.messaging.outbox import Owed
from clinic.record import worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role

NAME = "canary"
SENT_AT = time(7, 0)  # before the first patients come
LATE_AFTER = timedelta(minutes=15)
MISSED_AFTER = timedelta(hours=26)
OF_USE = timedelta(days=1)
ARRIVED = [MessageState.ACCEPTED, MessageState.DELIVERED]


class Condition(NamedTuple):
    """How messages are, for the notice above the pages of staff."""

    dispatcher: Dispatcher | None
    late: Message | None
    late_count: int
    at_work: bool
    canary: Message | None

    @property
    def paused(self) -> bool:
        return self.dispatcher is not None and self.dispatcher.paused_at is not None

    @property
    def why(self) -> str:
        """Why it is paused, for a person."""
        reason = self.dispatcher.pause if self.dispatcher else ""
        return str(REASONS.get(reason, reason))


def condition(*, at: datetime) -> Condition:
    """What would keep messages from going out, seen from outside of the workers."""
    dispatcher = Dispatcher.objects.first()
    late = Message.objects.late(at=at).order_by("due_at").first()
    count = Message.objects.late(at=at).count() if late else 0
    recent = dispatcher is not None and at - dispatcher.ticked_at < MESSAGES_LATE_AFTER
    return Condition(dispatcher, late, count, recent, _missed(at=at))


@transaction.atomic
def watch(*, at: datetime) -> list[Message]:
    """Owe today's, and tell who answers for it about those that did not go out."""
    zone = ZoneInfo(settings.TIME_ZONE)
    on = at.astimezone(zone).date()
    due_at = datetime.combine(on, SENT_AT, tzinfo=zone)
    if settings.CANARY_EMAIL and at >= due_at:
        _owe(on, due_at=due_at, at=at)
    rows = list(_recent(on))
    silent = [row for row in rows if row.state not in ARRIVED and at - _planned(row) >= LATE_AFTER]
    for row in silent:
        _alarm(row, at=at)
    for row in rows:
        if row.state in ARRIVED:
            worklist.settle(f"canary:{row.uuid}", at=at)
    return silent


def _recent(on: date) -> MessageQuerySet:
    """Those of today and the two days before."""
    days = [on - timedelta(days=back) for back in range(3)]
    return Message.objects.filter(subject__in=[f"{NAME}:{day.isoformat()}" for day in days])


def _owe(on: date, *, due_at: datetime, at: datetime) -> Message:
    return outbox.owe(
        Owed(
            subject=f"{NAME}:{on.isoformat()}",
            message=NAME,
            recipient=_ourselves(at=at),
            due_at=due_at,
            not_after=due_at + OF_USE,
        ),
        at=at,
    )


def _ourselves(*, at: datetime) -> Recipient:
    """The clinic's own address, whatever it is today."""
    known = Recipient.objects.filter(email=settings.CANARY_EMAIL, patient=None).order_by("pk")
    return known.first() or Recipient.objects.create(
        email=settings.CANARY_EMAIL,
        language=settings.LANGUAGE_CODE,
        time_zone=settings.TIME_ZONE,
        email_allowed_at=at,
    )


def _planned(row: Message) -> datetime:
    """When it was to go out; `due_at` moves with every attempt."""
    return row.not_after - OF_USE


def _alarm(row: Message, *, at: datetime) -> None:
    worklist.ask(
        TaskKind.MESSAGE_FAILED,
        f"canary:{row.uuid}",
        row,
        role=Role.ADMINISTRATOR,
        urgent=True,
        due_at=at,
        at=at,
        message=NAME,
        reason=row.reason or row.state,
    )


def _missed(*, at: datetime) -> Message | None:
    """The newest, if it has not gone out, or if today there is none."""
    on = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    newest = _recent(on).order_by("-not_after").first()
    if newest is None:
        return None
    patience = MISSED_AFTER if newest.state in ARRIVED else LATE_AFTER
    return newest if at - _planned(newest) >= patience else None
