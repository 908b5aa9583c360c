"""A clinic to try out: the database up to date, the demo loaded once, everything started."""

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, load the demo clinic (once), run everything, and print one login per role."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Bringing the database up to date.")
        call_command("migrate", verbosity=0)
        self.stdout.write("Loading the demo clinic, unless it is there.")
        self.stdout.flush()
        logins = StringIO()
        call_command("seed_demo", stdout=logins)
        call_command("run", say=logins.getvalue())
