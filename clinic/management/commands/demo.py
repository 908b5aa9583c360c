"""A clinic to try out: the database up to date, the demo loaded once, everything started."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic.demo import seeding, stage


class Command(BaseCommand):
    help = "Migrate, load the demo clinic (once), run everything, and print one login per role."

    def handle(self, *args: Any, **options: Any) -> None:
        self.tell("Bringing the database up to date.")
        call_command("migrate", verbosity=0)
        self.tell("Loading the demo clinic, unless it is there.")
        seeding.seed(timezone.now(), say=self.tell)
        logins = [
            f"  {login.role:<16} {login.email:<32} {login.password}" for login in stage.logins()
        ]
        call_command("run", say="\n".join(["Sign in as", *logins]))

    def tell(self, words: str) -> None:
        """At once, also into a pipe."""
        self.stdout.write(words)
        self.stdout.flush()
