"""Fill an empty database with the demonstration clinic, and print its logins."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic.demo import seeding, stage


class Command(BaseCommand):
    help = "Make the demonstration clinic in an empty database; print one login for each role."

    def handle(self, *args: Any, **options: Any) -> None:
        if seeding.seed(timezone.now(), say=self.stdout.write):
            self.stdout.write("The demonstration clinic is ready.")
        else:
            self.stdout.write("Somebody works here already: nothing was changed.")
        for login in stage.logins():
            self.stdout.write(f"{login.role:<16} {login.email:<32} {login.password}")
