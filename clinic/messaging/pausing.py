"""When a clock or the database has jumped nobody knows what is due: sending stops and asks.

A restored backup looks as if what went out since had never gone; a clock that was set wrong makes
everything due, or nothing. A server that was simply away is no reason: what is too late expires,
and the rest goes out at the pace of its provider.
"""

import logging
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.core.cache import cache
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.models import Dispatcher, Message, MessageQuerySet, MessageState
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role

SLACK = timedelta(minutes=2)  # clocks differ, and are corrected a little
BOOT = Path("/proc/sys/kernel/random/boot_id")
HOME = """
    SELECT now(), control.system_identifier || ':' || base.oid || ':'
        || 'messaging_dispatcher'::regclass::oid
    FROM pg_control_system() AS control, pg_database AS base WHERE base.datname = current_database()
"""
RESTORED, CLOCK_BACK, CLOCK_JUMPED, CLOCKS_APART = (
    "restored",
    "clock-back",
    "clock-jumped",
    "clocks-apart",
)
logger = logging.getLogger(__name__)


class NotPaused(ClinicError):
    code = "not-paused"
    text = _("Messages are going out already.")


class Signs(NamedTuple):
    """What a tick can see: two clocks, which database, which start of which machine."""

    at: datetime
    database_at: datetime
    home: str
    boot: str
    booted_at: float


def signs(*, at: datetime) -> Signs:
    """As they are now on this machine."""
    with connection.cursor() as cursor:
        cursor.execute(HOME)
        database_at, home = cursor.fetchone()
    boot = BOOT.read_text().strip() if BOOT.exists() else ""
    booted_at = at.timestamp() - time.clock_gettime(time.CLOCK_BOOTTIME) if boot else 0.0
    return Signs(at, database_at, home, boot, booted_at)


@transaction.atomic
def tick(seen: Signs) -> bool:
    """Whether messages may go out; the first to see something odd pauses everybody."""
    Dispatcher.objects.get_or_create(defaults={"ticked_at": seen.at})
    row = Dispatcher.objects.select_for_update(no_key=True).get()
    if row.paused_at is None and (why := _odd(row, seen)):
        row.paused_at, row.pause = seen.at, why
        row.save(update_fields=["paused_at", "pause"])
        audit.record("messages.paused", row, at=seen.at, by=None, reason=why)
        _ask(row, at=seen.at)
        logger.error("messages are paused: %s", why)
    if row.paused_at is not None:
        return False
    _remember(row, seen)
    return True


def paused() -> Dispatcher | None:
    return Dispatcher.objects.filter(paused_at__isnull=False).first()


@transaction.atomic
def resume(seen: Signs, *, doubtful: bool, by: User) -> Dispatcher:
    """Go on from here. `doubtful`: what was due while nobody was watching may have gone out."""
    row = Dispatcher.objects.select_for_update(no_key=True).filter(paused_at__isnull=False).first()
    if row is None:
        raise NotPaused
    count = 0
    if doubtful:
        count = in_doubt(at=seen.at).update(
            state=MessageState.UNCERTAIN,
            state_at=seen.at,
            reason=RESTORED,
            lease_until=None,
            carried_by=None,
        )
    why, row.paused_at, row.pause = row.pause, None, ""
    row.save(update_fields=["paused_at", "pause"])
    _remember(row, seen)
    worklist.settle(f"paused:{row.uuid}:", at=seen.at)
    audit.record("messages.resumed", row, at=seen.at, by=by, reason=why, doubtful=count)
    return row


def in_doubt(*, at: datetime) -> MessageQuerySet:
    """What is due and may have gone out already, as far as this database can know."""
    return Message.objects.unsent().filter(due_at__lte=at)


def _odd(row: Dispatcher, seen: Signs) -> str:
    """What cannot be right, if anything."""
    outside = cache.get(_outside(row))  # remembers what a restored database forgot
    if row.home and row.home != seen.home:
        return RESTORED
    if outside and datetime.fromisoformat(outside) > row.ticked_at + SLACK:
        return RESTORED
    if seen.at < row.ticked_at - SLACK:
        return CLOCK_BACK
    if abs(seen.at - seen.database_at) > SLACK:
        return CLOCKS_APART
    same = row.boot and row.boot == seen.boot
    if same and abs(seen.booted_at - row.booted_at) > SLACK.total_seconds():
        return CLOCK_JUMPED
    return ""


def _remember(row: Dispatcher, seen: Signs) -> None:
    row.ticked_at, row.home = seen.at, seen.home
    row.boot, row.booted_at = seen.boot, seen.booted_at
    row.save(update_fields=["ticked_at", "home", "boot", "booted_at"])
    transaction.on_commit(lambda: cache.set(_outside(row), seen.at.isoformat(), timeout=None))


def _outside(row: Dispatcher) -> str:
    return f"outbox-ticked:{row.uuid}"


def _ask(row: Dispatcher, *, at: datetime) -> None:
    worklist.ask(
        TaskKind.MESSAGE_FAILED,
        f"paused:{row.uuid}:{at.isoformat()}",
        row,
        role=Role.ADMINISTRATOR,
        urgent=True,
        due_at=at,
        at=at,
        reason=row.pause,
    )
