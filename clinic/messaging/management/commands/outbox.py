"""Deliver what is due without Celery: the spare dispatcher. Any number of them may run."""

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from clinic.messaging import outbox


class Command(BaseCommand):
    help = "Delivers the messages that are due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on until it is stopped")
        parser.add_argument("--every", type=float, default=30, help="seconds between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = Event()
        if options["loop"]:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: stopped.set())
        while True:
            done = outbox.deliver_due(clock=timezone.now)
            if done:
                self.stdout.write(f"{done} messages handled")
            close_old_connections()
            if not options["loop"] or stopped.wait(options["every"]):
                return
