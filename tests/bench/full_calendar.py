"""A calendar for measurements: a million visits of nobody, as a clinic of years would have them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.range import TimestamptzRange

INDEXES = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'procedures_appointment'::regclass AND contype = 'x'"  # noqa: E501
COLUMNS = "(id, uuid, kind, patient_id, practitioner_id, room_id, slot, status, moves, note, booked_at, booked_by_id, ended_at, arrived_at, reason, version)"  # noqa: E501
A_DAY, LENGTH, PER_DAY = timedelta(days=1), timedelta(minutes=30), 20
MORNING = timedelta(hours=6)  # UTC: eight on the clinic's clock in winter


def fill_calendar(
    connection: psycopg.Connection[Any], seats: list[tuple[int, int]], count: int, patients: int
) -> None:
    """Every seat (person, room) is booked half-hour by half-hour, the newest day a year from START.

    Without triggers, as a restored backup would; the constraints are made again at the end.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("TRUNCATE procedures_appointment, procedures_takentime CASCADE")
        cursor.execute(INDEXES)
        constraints = cursor.fetchall()
        for name, _definition in constraints:
            cursor.execute(f'ALTER TABLE procedures_appointment DROP CONSTRAINT "{name}"')
        cursor.execute("DROP INDEX appointment_slot")
        with cursor.copy(f"COPY procedures_appointment {COLUMNS} FROM STDIN") as copy:
            for row in visits(seats, count, patients):
                copy.write_row(row)
        cursor.execute("CREATE INDEX appointment_slot ON procedures_appointment USING gist (slot)")
        for name, definition in constraints:
            cursor.execute(
                f'ALTER TABLE procedures_appointment ADD CONSTRAINT "{name}" {definition}'
            )
    connection.execute("VACUUM ANALYZE procedures_appointment")


START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def visits(seats: list[tuple[int, int]], count: int, patients: int) -> Iterator[tuple[Any, ...]]:
    """Backwards and forwards from START, so that the week that is looked at lies in the middle."""
    days = count // (len(seats) * PER_DAY) + 1
    first = START - days // 2 * A_DAY
    for n in range(count):
        turn, seat = divmod(n, len(seats))
        day, number = divmod(turn, PER_DAY)
        start = first + day * A_DAY + MORNING + number * LENGTH
        over = start < START
        yield (
            n + 1,
            UUID(int=n + 1),
            "consultation",
            n % patients + 1,
            *seats[seat],
            TimestamptzRange(start, start + LENGTH),
            "completed" if over else "booked",
            0,
            "",
            first,
            seats[0][0],
            start + LENGTH if over else None,
            start if over else None,
            "",
            1,
        )
