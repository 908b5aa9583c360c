"""How a test lets days pass while real processes run: what happened is put that much further back.

Every moment of the course, its messages, links, answers and tasks moves by the same span, so that
nothing changes but how long ago it was; the running clinic knows no other clock than its own.
"""

from datetime import timedelta
from typing import Any

from django.db import connection, transaction

MOVED = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public'
      AND data_type IN ('timestamp with time zone', 'tstzrange')
      AND (table_name LIKE 'aftercare\\_%'
           OR table_name IN ('messaging_message', 'messaging_attempt', 'messaging_patientlink',
                             'procedures_appointment', 'procedures_course', 'procedures_session',
                             'procedures_coursehold', 'record_task'))
    ORDER BY table_name, column_name
"""
EARLIER = {
    "timestamp with time zone": "{0} = {0} - %s",
    "tstzrange": "{0} = tstzrange(lower({0}) - %s, upper({0}) - %s)",
}


@transaction.atomic
def let_pass(span: timedelta) -> None:
    """From one moment to the next it is so much later."""
    tables: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(MOVED)
        for table, column, kind in cursor.fetchall():
            tables.setdefault(table, []).append(EARLIER[kind].format(f'"{column}"'))
        for table, columns in tables.items():
            moves = ", ".join(columns)
            spans: list[Any] = [span] * moves.count("%s")
            cursor.execute(f'UPDATE "{table}" SET {moves}', spans)
