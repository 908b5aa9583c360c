"""manage.py consent_verify FILE: genuine, or what is wrong with it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from consent import verification
from consent.verification import Verdict


class Command(BaseCommand):
    help = "Says whether a PDF is a consent of ours, unchanged and in force; else exits 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pdf = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        answer = verification.check(pdf, at=timezone.now())
        said = f"{answer.verdict}{f': {answer.reason}' if answer.reason else ''}"
        if answer.verdict != Verdict.GENUINE:
            raise CommandError(said)
        self.stdout.write(said)
