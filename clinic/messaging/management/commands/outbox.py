"""Deliver what is due without Celery: the spare dispatcher. Any number of them may run."""

import logging
import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from clinic.messaging import outbox, pausing

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Delivers the messages that are due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on until it is stopped")
        parser.add_argument("--every", type=float, default=30, help="seconds between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = Event()
        if not options["loop"]:
            self.deliver(stopped)
            return
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopped.set())
        while not stopped.is_set():
            self.deliver_or_wait(stopped)
            stopped.wait(options["every"])

    def deliver_or_wait(self, stopped: Event) -> None:
        """A database that is away comes back; whoever loops is there when it does."""
        try:
            self.deliver(stopped)
        except (DatabaseError, InterfaceError):
            logger.warning("the database cannot be reached; the next look delivers")
            connection.close()
        close_old_connections()

    def deliver(self, stopped: Event) -> None:
        pausing.tick(pausing.signs(at=timezone.now()))
        done = outbox.deliver_due(clock=timezone.now, wait=stopped.wait)
        if done:
            self.stdout.write(f"{done} messages handled")
