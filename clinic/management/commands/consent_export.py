"""manage.py consent_export --out DIR: the sealed consents of a choice, with their list."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Q, QuerySet
from django.utils import timezone

from consent import export
from consent.models import ConsentDocument, ConsentState
from procedures.models import Session


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
        keys = list(chosen(options).order_by("pk").values_list("pk", flat=True))
        at = timezone.now()
        count = export.to_folder(export.one_by_one(keys), options["out"], at=at, by=None)
        self.stdout.write(f"{count} documents in {options['out']}")


def chosen(options: dict[str, Any]) -> QuerySet[ConsentDocument]:
    """Lots and practitioners are known to the sessions; the consents are found through them."""
    rows = ConsentDocument.objects.with_file()
    plain = {
        "state": options.get("state"),
        "sealed_at__date__gte": options.get("since"),
        "sealed_at__date__lte": options.get("until"),
        "patient__number": options.get("patient"),
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value is not None})
    if product := options.get("product"):
        rows = rows.filter(content__drugs__contains=[{"name": product}])
    if lot := options.get("lot"):
        given = Q(injections__lot__number=lot) | Q(prepared__lot__number=lot)
        rows = rows.filter(pk__in=Session.objects.filter(given).values("consent"))
    if mail := options.get("practitioner"):
        treated = Session.objects.filter(started_by__email__iexact=mail)
        own = Q(countersigned_by__email__iexact=mail)
        rows = rows.filter(own | Q(pk__in=treated.values("consent")))
    return rows
