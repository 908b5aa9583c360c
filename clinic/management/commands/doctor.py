"""Says what is missing on this machine, and the cure."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from clinic.management import checkup


class Command(BaseCommand):
    help = "Say what is missing on this machine, and the cure; exit code 1 when something is."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        ill = False
        for finding in checkup.findings():
            ill = ill or bool(finding.cure)
            mark = self.style.ERROR("missing") if finding.cure else self.style.SUCCESS("ok     ")
            self.stdout.write(f"{mark}  {finding.text}")
            if finding.cure:
                self.stdout.write(f"         {finding.cure}")
        if ill:
            sys.exit(1)
