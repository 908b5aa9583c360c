"""News of sessions, heard inside their transaction: messages are owed or settled with the cause."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from aftercare import follow_up, reminding
from procedures.models import Session
from procedures.signals import (
    session_booked,
    session_cancelled,
    session_completed,
    session_moved,
)


@receiver(session_booked, dispatch_uid="aftercare.remind")
def remind(sender: type[Session], *, session_id: int, at: datetime, **_: Any) -> None:
    reminding.remind(Session.objects.get(pk=session_id), at=at)


@receiver(session_moved, dispatch_uid="aftercare.remind_again")
def remind_again(sender: type[Session], *, session_id: int, at: datetime, **_: Any) -> None:
    reminding.remind_again(Session.objects.get(pk=session_id), at=at)


@receiver(session_cancelled, dispatch_uid="aftercare.settle")
def settle(sender: type[Session], *, session_id: int, at: datetime, **_: Any) -> None:
    reminding.settle(Session.objects.get(pk=session_id), at=at)


@receiver(session_completed, dispatch_uid="aftercare.begin")
def begin(sender: type[Session], *, session_id: int, at: datetime, **_: Any) -> None:
    follow_up.begin(Session.objects.get(pk=session_id), at=at)
