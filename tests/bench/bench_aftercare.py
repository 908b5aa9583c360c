"""Messages after sessions: planned, leased, dispatched, and what a million of them cost.

BENCH_SHARE=0.1 in the environment does a tenth of it, for a slow machine.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from django.utils import timezone

from aftercare import follow_up
from clinic.messaging import leases
from clinic.messaging.models import Channel, Message, MessageState
from clinic.staff.roles import Role
from patients.models import Patient
from tests.bench import crowd
from tests.e2e.conftest import database_url
from tests.factories.aftercare import book_session, carry_out, make_course
from tests.factories.staff import make_location, make_staff

SHARE = float(os.environ.get("BENCH_SHARE", "1"))
SESSIONS, DUE, OWED = int(10_000 * SHARE), int(100_000 * SHARE), int(1_000_000 * SHARE)
CLAIMED, ONE_BY_ONE, BATCH, CORES, ROUNDS = int(20_000 * SHARE) + 500, 1_000, 500, 2, 3
PATIENCE = 120.0  # seconds
BARE = """
    WITH due AS (
        SELECT id FROM messaging_message WHERE state = 'owed' AND due_at <= %s
        ORDER BY due_at, id LIMIT 500 FOR UPDATE SKIP LOCKED
    )
    UPDATE messaging_message AS message SET state = 'leased', state_at = %s, lease_until = %s,
        attempt = attempt + 1
    FROM due WHERE message.id = due.id RETURNING message.id
"""
AGAIN = "UPDATE messaging_message SET state = 'owed', lease_until = NULL WHERE state = 'leased'"
OWE = """
    WITH somebody AS (
        INSERT INTO messaging_recipient
            (uuid, email, phone, telegram_chat, language, time_zone, sms_allowed_at)
        SELECT gen_random_uuid(), '', '+38044' || lpad(n::text, 7, '0'), '',
            (ARRAY['en', 'ru', 'uk'])[1 + n %% 3], 'Europe/Kyiv', now()
        FROM generate_series(1, %(count)s) AS n RETURNING id
    ), link AS (
        INSERT INTO messaging_patientlink
            (uuid, recipient_id, purpose, subject, token_sha256, created_at, expires_at)
        SELECT gen_random_uuid(), id, 'aftercare', 'session:' || id, md5(id::text), now(),
            now() + interval '30 days'
        FROM somebody RETURNING id, recipient_id, subject
    )
    INSERT INTO messaging_message
        (uuid, subject, occasion, message, recipient_id, channel, priority, link_id, location_id,
         patient_uuid, values, due_at, not_after, state, reason, state_at, attempt)
    SELECT gen_random_uuid(), subject, 0, 'RP-D1', recipient_id, 'sms', 1, id, %(place)s,
        gen_random_uuid(), jsonb_build_object('window_end', '2026-12-01T10:00:00+00:00'),
        now() + %(wait)s * interval '1 second',
        now() + %(wait)s * interval '1 second' + interval '1 day', 'owed', '', now(), 0
    FROM link
"""
FIELDS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"

pytestmark = pytest.mark.django_db(transaction=True)


def test_planning(figures: dict[str, Any]) -> None:
    """Restrictions, link and messages of completed sessions that nobody has planned yet."""
    at = timezone.now()
    desk = make_staff(Role.RECEPTION)
    connection.ensure_connection()
    crowd.fill(connection.connection, SESSIONS, desk.pk)
    course = make_course(Patient.objects.get(pk=1), at=at - timedelta(days=2))
    done = carry_out(book_session(course, start=at, at=at), ended_at=at, told=False)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for name in ("practitioner", "room", "patient"):
            cursor.execute(
                f"ALTER TABLE procedures_appointment DROP CONSTRAINT appointment_{name}_free"
            )
        clone("procedures_appointment", done.appointment_id, patient_id="n")
        first = done.appointment_id
        clone("procedures_session", done.pk, patient_id="n", appointment_id=f"{first} + n")
        cursor.execute("DELETE FROM procedures_session WHERE id = %s", [done.pk])
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")
    begun = time.perf_counter()
    assert follow_up.catch_up(at=timezone.now()) == SESSIONS
    figures["plan_per_s"] = round(SESSIONS / (time.perf_counter() - begun))
    figures["messages_per_session"] = round(Message.objects.count() / SESSIONS, 1)


def test_leasing(figures: dict[str, Any]) -> None:
    """Our statement against the barest one there is, on the same rows."""
    owe(CLAIMED)
    ours, bare = [], []
    for _round in range(ROUNDS):
        bare.append(emptied(bare_claim))
        ours.append(emptied(our_claim))
    figures["claim_per_s"] = round(CLAIMED / statistics.median(ours))
    figures["claim_ratio_to_sql"] = round(statistics.median(bare) / statistics.median(ours), 2)


def test_dispatching(figures: dict[str, Any], redis_url: str) -> None:
    """A task for each message, ten thousand with nothing behind them, then among a million."""
    owe(ONE_BY_ONE)
    by_id = ONE_BY_ONE / one_by_one(redis_url)
    few = DUE // 10
    owe(few)
    seconds, low = dispatched()
    figures["dispatch_per_s_of_few"] = round(few / seconds)
    owe(OWED - DUE, wait=timedelta(days=1))
    owe(DUE)
    seconds, peak = dispatched()
    assert Message.objects.filter(state=MessageState.ACCEPTED).count() == ONE_BY_ONE + few + DUE
    figures["dispatch_per_s"] = round(DUE / seconds)
    figures["per_id_per_s"] = round(by_id)
    figures["dispatch_ratio_to_per_id"] = round(DUE / seconds / by_id, 1)
    figures["peak_mb"] = peak
    figures["peak_mb_of_few"] = low


def owe(count: int, *, wait: timedelta = timedelta(0)) -> None:
    """Reminders of everybody's own, each with its link and its place."""
    place = make_location(quiet=False)
    with connection.cursor() as cursor:
        cursor.execute(OWE, {"count": count, "place": place.pk, "wait": wait.total_seconds()})
        cursor.execute("VACUUM ANALYZE messaging_message")


def clone(table: str, pk: int, **changes: str) -> None:
    """The row again for each patient; a number of its own, and what is said to differ."""
    with connection.cursor() as cursor:
        cursor.execute(FIELDS, [table])
        new = {"id": f"{pk} + n", "uuid": "gen_random_uuid()", **changes}
        names = [name for (name,) in cursor.fetchall()]
        values = ", ".join(new.get(name, f"old.{name}") for name in names)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
            f" FROM {table} AS old, generate_series(1, {SESSIONS}) AS n WHERE old.id = {pk}"
        )


def emptied(claim: Any) -> float:
    """Seconds until nothing is left; then everything is owed again."""
    begun = time.perf_counter()
    while claim():
        pass
    seconds = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute(AGAIN)
        cursor.execute("VACUUM ANALYZE messaging_message")
    return seconds


def bare_claim() -> int:
    at = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(BARE, [at, at, at + leases.LEASE])
        return len(cursor.fetchall())


def our_claim() -> int:
    return len(leases.claim(Channel.SMS, BATCH, at=timezone.now()))


def dispatched() -> tuple[float, int]:
    """Two dispatchers that were ready; seconds, and the larger one's memory in MB."""
    command = [sys.executable, "-m", "tests.bench.dispatchers"]
    workers = [
        subprocess.Popen(
            command,
            cwd=settings.ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _core in range(CORES)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    begun = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    peaks = [int(worker.communicate()[0]) for worker in workers]
    return time.perf_counter() - begun, max(peaks)


def one_by_one(broker: str) -> float:
    """Seconds from the first task to the last message, with a Celery worker that is ready."""
    ids = list(Message.objects.owed().values_list("pk", flat=True))
    with celery(broker), Celery("bench", broker=broker, set_as_current=False) as bell:
        name = "tests.bench.dispatchers.deliver_one"
        bell.send_task(name, [ids[0]], ignore_result=True)
        wait_until(1)
        begun = time.perf_counter()
        for pk in ids[1:]:
            bell.send_task(name, [pk], ignore_result=True)
        wait_until(len(ids))
        return time.perf_counter() - begun


def wait_until(count: int) -> None:
    until = time.monotonic() + PATIENCE
    while (
        time.monotonic() < until
        and Message.objects.filter(state=MessageState.ACCEPTED).count() < count
    ):
        time.sleep(0.05)


def environment(**more: str) -> dict[str, str]:
    """The clinic's own settings over the database of the benchmark."""
    told = {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "clinic.settings"}
    return os.environ | told | {"LOG_LEVEL": "ERROR"} | more


@contextmanager
def celery(broker: str) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "tests.bench.dispatchers", "worker"]
    command += ["--concurrency", str(CORES), "-l", "CRITICAL", "--without-mingle"]
    worker = subprocess.Popen(command, cwd=settings.ROOT, env=environment(REDIS_URL=broker))
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=60)
