"""A real SMTP server on loopback that delivers nothing: each message becomes a file to look at."""

import logging
import signal
from email.message import Message as Mail
from itertools import count
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone


class Folder(Message):
    """Keeps messages under names that sort by arrival."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.numbers = count(1)

    def handle_message(self, message: Mail) -> None:
        name = f"{timezone.now():%Y%m%dT%H%M%S%f}-{next(self.numbers):04}.eml"
        fresh = self.folder / f"{name}.new"
        fresh.write_bytes(message.as_bytes())
        fresh.rename(self.folder / name)


class Command(BaseCommand):
    help = "Take mail on loopback and keep each message as a file, until it is stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8025)
        parser.add_argument("--folder", type=Path, default=settings.VAR / "mail")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        controller = Controller(Folder(folder), hostname="127.0.0.1", port=options["port"])
        wanted = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # it would name the recipients
        controller.start()
        self.stdout.write(f"Mail to 127.0.0.1:{options['port']} is kept in {folder}.")
        self.stdout.flush()
        try:
            signal.sigwait(wanted)
        finally:
            controller.stop()
