"""manage.py consent_export --out DIR: the sealed consents of a choice, with their list."""

from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from clinic.portable import papers
from consent import export
from consent.models import ConsentState


class Command(BaseCommand):
    help = (
        "Writes sealed consents and manifest.csv into a folder; each is checked and audited. "
        "Stopped halfway, the same command goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--state", choices=ConsentState.values)
        parser.add_argument("--since", type=date.fromisoformat, help="sealed on or after this day")
        parser.add_argument("--until", type=date.fromisoformat, help="sealed on or before this day")
        parser.add_argument("--patient", type=int, help="the patient's number")
        parser.add_argument("--product", help="its name, as the consent names it")
        parser.add_argument("--lot", help="its number: the consents of whoever got some of it")
        parser.add_argument("--practitioner", help="mail address: who treated or countersigned")

    def handle(self, *args: Any, **options: Any) -> None:
        said = {
            one.name: options[one.name] for one in fields(papers.Choice) if options.get(one.name)
        }
        rows = papers.chosen(papers.Choice(**said))
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        at = timezone.now()
        count = export.to_folder(export.one_by_one(keys), options["out"], at=at, by=None)
        self.stdout.write(f"{count} documents in {options['out']}")
