"""manage.py consent_export --out DIR: the sealed consents of a period, with their list."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from consent import export
from consent.models import ConsentDocument, ConsentState


class Command(BaseCommand):
    help = "Writes sealed consents and manifest.csv into a folder; each is checked and audited."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--state", choices=ConsentState.values)
        parser.add_argument("--since", type=date.fromisoformat, help="sealed on or after this day")
        parser.add_argument("--until", type=date.fromisoformat, help="sealed on or before this day")
        parser.add_argument("--patient", type=int, help="the patient's number")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = ConsentDocument.objects.with_file().select_related("patient").order_by("pk")
        filters = {
            "state": options["state"],
            "sealed_at__date__gte": options["since"],
            "sealed_at__date__lte": options["until"],
            "patient__number": options["patient"],
        }
        rows = rows.filter(**{name: value for name, value in filters.items() if value is not None})
        documents = rows.iterator(chunk_size=200)
        count = export.to_folder(documents, options["out"], at=timezone.now(), by=None)
        self.stdout.write(f"{count} documents in {options['out']}")
