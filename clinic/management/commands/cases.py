"""Answer cases from a file without touching the database: `manage.py cases screening FILE`."""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from clinic.caselines import answer_lines

# Each reads one case and answers it; imported only when asked for.
KINDS = {
    "aftercare": "aftercare.cases.answer",
    "course": "procedures.course_cases.answer",
    "screening": "procedures.cases.answer",
}
STDIN = "-"


class Command(BaseCommand):
    help = "Answer each case of a file (JSON Lines; - is standard input); nothing is stored."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=sorted(KINDS))
        parser.add_argument("file")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        try:
            with _lines(path) as lines:
                mismatches = self._answer(lines, options["kind"])
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        if mismatches:
            sys.exit(1)

    def _answer(self, lines: Iterable[bytes], kind: str) -> list[str]:
        mismatches: list[str] = []
        total = broken = 0
        for one in answer_lines(lines, import_string(KINDS[kind])):
            self.stdout.write(one.line)
            total += 1
            broken += one.broken
            mismatches += [f"{one.data['id']}: {difference}" for difference in one.differences]
        if broken:
            self.stderr.write(f"{broken} of {total} lines could not be read.")
        if mismatches:
            self.stderr.write("\n".join(mismatches))
            self.stderr.write(f"{len(mismatches)} mismatches in {total} cases.")
        return mismatches


def _lines(path: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if path == STDIN else Path(path).open("rb")
