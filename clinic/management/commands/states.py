"""Draw the tables of states into docs/states.md, or say that the drawing is behind the code."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import TextChoices

from clinic.messaging.models import MESSAGE_MOVES
from consent.models import CONSENT_MOVES
from procedures.models import MOVES

TABLES: dict[str, Mapping[Any, frozenset[Any]]] = {
    "Appointment (`procedures.models.calendar.MOVES`)": MOVES,
    "Consent (`consent.models.CONSENT_MOVES`)": CONSENT_MOVES,
    "Message (`clinic.messaging.models.MESSAGE_MOVES`)": MESSAGE_MOVES,
}
DRAWING = settings.ROOT / "docs" / "states.md"
HEAD = "# States\n\nDrawn from the code by `manage.py states`; `make check` compares.\n"


class Command(BaseCommand):
    help = "Draw docs/states.md from the tables of states; --check only compares."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        drawn = draw()
        if not options["check"]:
            DRAWING.write_text(drawn, encoding="utf-8")
        elif not DRAWING.exists() or DRAWING.read_text(encoding="utf-8") != drawn:
            raise CommandError("docs/states.md is behind the code: run `make fix`.")


def draw() -> str:
    """Every table as Markdown: from, to; a state without a way out is an end."""
    return HEAD + "".join(f"\n## {title}\n\n{table(moves)}" for title, moves in TABLES.items())


def table(moves: Mapping[TextChoices, frozenset[TextChoices]]) -> str:
    rows = [
        f"| {state.value} | {', '.join(sorted(next_.value for next_ in after)) or '(end)'} |\n"
        for state, after in moves.items()
    ]
    return "| from | to |\n|---|---|\n" + "".join(rows)
