"""The whole clinic on one machine: web, worker, beat and, where no EMAIL_URL is set, a mailbox."""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from clinic.management.supervisor import ChildDied, Supervisor

START = 60.0  # seconds for the web server to answer
PYTHON = [sys.executable, "-m"]
WEB = [*PYTHON, "granian", "--interface", "wsgi", "--no-ws", "--blocking-threads", "4"]
WORKER = [*PYTHON, "celery", "-A", "clinic", "worker", "--concurrency", "2", "-l", "INFO"]
BEAT = [*PYTHON, "celery", "-A", "clinic", "beat", "-l", "WARNING", "--pidfile="]
MAILBOX = [sys.executable, str(settings.ROOT / "manage.py"), "mailbox"]


class Command(BaseCommand):
    help = "Run web server, worker, beat and (without EMAIL_URL) a mailbox, until Ctrl-C."
    stealth_options = ("say",)  # last words of the announcement

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="default: 8000, or the next free one")
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unmigrated()
        with only_one(settings.VAR / "run"):
            self.serve(options["host"], options["port"] or free_port(8000), options.get("say", ""))

    def serve(self, host: str, port: int, say: str) -> None:
        supervisor, env = Supervisor(settings.VAR / "log"), environment(port)
        address = ["--host", host, "--port", str(port)]
        with supervisor.listening():
            try:
                supervisor.start("web", [*WEB, *address, "clinic.wsgi:application"], env)
                wait_for_web(supervisor, port)  # alone: nobody waits for the others
                self.start_others(supervisor, env)
                self.announce(env["SITE_URL"], say)
                supervisor.watch()
            except ChildDied as died:
                raise CommandError(str(died)) from died
            self.stdout.write("Stopping.")

    def start_others(self, supervisor: Supervisor, env: dict[str, str]) -> None:
        if not os.environ.get("EMAIL_URL"):
            mail = str(urlsplit(env["EMAIL_URL"]).port)
            supervisor.start("mailbox", [*MAILBOX, "--port", mail], env)
        supervisor.start("worker", WORKER, env)
        schedule = str(settings.VAR / "run" / "beat-schedule")
        supervisor.start("beat", [*BEAT, "--schedule", schedule], env)

    def announce(self, address: str, say: str) -> None:
        self.stdout.write(f"Logs: {settings.VAR / 'log'}/")
        if not os.environ.get("EMAIL_URL"):
            self.stdout.write(f"Mail that the clinic sends is kept in {settings.VAR / 'mail'}/")
        self.stdout.write(f"\nMesoclinic answers at {address} (Ctrl-C stops it)\n{say}")
        self.stdout.flush()


def environment(port: int) -> dict[str, str]:
    """What the processes are told; `localhost`, since passkeys want a name."""
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    if not env.get("SITE_URL"):
        env["SITE_URL"] = f"http://localhost:{port}"
    if not env.get("EMAIL_URL"):
        env["EMAIL_URL"] = f"smtp://127.0.0.1:{free_port(8025)}"
    return env


def refuse_unmigrated() -> None:
    connection: Any = connections["default"]
    executor = MigrationExecutor(connection)
    behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connections.close_all()
    connection.close_pool()
    if behind:
        raise CommandError("The database is behind the code: python manage.py migrate")


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Two beats in one folder would only ring twice, but two of everything confuse people."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(f"It runs already (process {lock.read().strip()}).") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def free_port(wished: int) -> int:
    """The wished one or one of the next ten; a port that was asked for is never exchanged."""
    for port in range(wished, wished + 10):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise CommandError(f"No port from {wished} to {wished + 9} is free; choose one with --port.")


def wait_for_web(supervisor: Supervisor, port: int) -> None:
    deadline = time.monotonic() + START
    while not supervisor.asked_to_stop:
        supervisor.check()
        if web_answers(port):
            return
        if time.monotonic() > deadline:
            raise CommandError(f"The web server does not answer; see {supervisor.logs / 'web.log'}")
        time.sleep(0.1)


def web_answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
