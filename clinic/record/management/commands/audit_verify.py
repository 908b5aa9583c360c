"""Recompute the audit chain: `manage.py audit_verify`."""

from django.core.management.base import BaseCommand, CommandError

from clinic.record import audit


class Command(BaseCommand):
    help = "Recompute the audit chain; exit 1 and name every place where it does not hold."

    def handle(self, *args: object, **options: object) -> None:
        faults = audit.verify()
        for fault in faults:
            place = "outside" if fault.position is None else f"position {fault.position}"
            self.stderr.write(f"{place}: {fault.reason}")
        count = audit.length()
        if faults:
            raise CommandError(f"{len(faults)} faults in a chain of {count} entries.")
        self.stdout.write(f"{count} entries in the chain, every one in its place.")
