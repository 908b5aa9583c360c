"""The first day of a clinic: `manage.py setup_clinic`, guided, or by options for scripts."""

from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic.errors import ClinicError
from clinic.staff import setup
from clinic.staff.forms import SetupForm
from clinic.staff.models import User


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask, and what is meant when Enter is pressed; no default means: must be said."""

    name: str
    words: str
    default: str = ""

    @property
    def option(self) -> str:
        return f"--{self.name.replace('_', '-')}"


QUESTIONS = (
    Question("email", "E-mail of the first administrator"),
    Question("full_name", "Full name of the first administrator"),
    Question("name", "Name of the first location", "Main location"),
    Question("legal_name", "Legal name, printed in consents"),
    Question("licence", "Licence, number and issuer, printed in consents"),
    Question("address", "Address"),
    Question("phone", "Phone"),
    Question("urgent_phone", "Phone for worried patients: somebody must answer it"),
    Question("emergency_number", "Emergency number", "112"),
    Question("time_zone", "Time zone", settings.TIME_ZONE),
    Question("language", "Language (en, ru, uk)", "en"),
    Question("quiet_from", "No message is sent from", "21:00"),
    Question("quiet_until", "until", "08:00"),
)


class Command(BaseCommand):
    help = "Make the first location and the first administrator; asks what no option says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for question in QUESTIONS:
            parser.add_argument(question.option, dest=question.name, help=question.words)
        parser.add_argument(
            "--no-input",
            action="store_false",
            dest="guided",
            help="Ask nothing: what is not said takes its default.",
        )

    def handle(self, *args: object, **options: Any) -> None:
        if User.objects.exists():
            raise CommandError(str(setup.NotEmpty()))
        answers = {question.name: self.answer(question, **options) for question in QUESTIONS}
        form = SetupForm(answers)
        if not form.is_valid():
            raise CommandError(self.complaint(form))
        data = form.cleaned_data
        email, full_name = data.pop("email"), data.pop("full_name")
        try:
            user = setup.start(email, full_name, at=timezone.now(), **data)
        except ClinicError as error:
            raise CommandError(str(error)) from error
        link = settings.SITE_URL.rstrip("/") + setup.set_password_link(user)
        self.stdout.write(f"The clinic is set up. {user.full_name} chooses a password here, once:")
        self.stdout.write(link)

    def answer(self, question: Question, *, guided: bool, **options: Any) -> str:
        """What the option says, else what is typed, asked again until it means something."""
        given: str | None = options[question.name]
        if given is not None or not guided:
            return question.default if given is None else given
        default = f" [{question.default}]" if question.default else ""
        field = SetupForm.base_fields[question.name]
        while True:
            typed = input(f"{question.words}{default}: ").strip() or question.default
            form = SetupForm({question.name: typed})
            form.is_valid()
            problems = form.errors.get(question.name)
            if not problems:
                return typed
            self.stderr.write(f"{field.label}: {' '.join(map(str, problems))}")

    @staticmethod
    def complaint(form: SetupForm) -> str:
        options = {question.name: question.option for question in QUESTIONS}
        lines = [
            f"{options[name]}: {' '.join(map(str, words))}" for name, words in form.errors.items()
        ]
        return "\n".join(["Some answers need another look:", *lines])
