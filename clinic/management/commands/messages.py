"""The catalogues of translations: collected anew, or only compared."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.management import catalogues


class Command(BaseCommand):
    help = "Collect the messages of code and templates; --check only says what is behind or empty."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            if faults := catalogues.faults(settings.ROOT):
                raise CommandError("\n".join(faults))
            self.stdout.write("The catalogues are whole.")
            return
        for language, text in catalogues.collected(settings.ROOT).items():
            file = catalogues.place(settings.ROOT, language)
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists() or not catalogues.same(file.read_text(), text):
                file.write_text(text)
                self.stdout.write(f"{file.relative_to(settings.ROOT)} is collected anew.")
