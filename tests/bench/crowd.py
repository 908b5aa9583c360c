"""A crowd for measurements: patients of nobody's clinic, whose names are as uneven as real ones."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any
from uuid import UUID

import psycopg

from patients import names

# Syllables rather than a list of names: as many families as a country has, nobody's in particular.
FIRST = "Al An Bar Bel Bog Bor Dan Dem Dub Fed Gal Gor Hal Iv Kal Kir Kol Kos Kov Kuz Lev Lys Mal Mar Mel Mor Nov Ol Pan Pet Pol Rom Sav Ser Sid Sok Tar Tim Vas Vol Yar Zay Zub"  # noqa: E501
MIDDLE = "a al an ar ash av e en er ets i il in ir ish iv o ol on or ov ul un ur us"
LAST = "ov ova enko uk chuk skyi ska in ina yuk ets ych"
GIVEN = "Olena Oksana Nataliia Iryna Tetiana Svitlana Liudmyla Hanna Yuliia Olha Mariia Viktoriia Kateryna Anastasiia Daria Sofiia Alina Inna Larysa Lesia Nadiia Vira Liubov Halyna Valentyna Zoia Yana Karina Diana Polina Andrii Oleksandr Serhii Ivan Petro Mykola Dmytro Yurii Taras Bohdan"  # noqa: E501
CYRILLIC_SHARE = 3  # one in three is written in Cyrillic
LETTERS = str.maketrans("abvhdezyijklmnoprstufc", "абвгдезиійклмнопрстуфц")
START = datetime(2020, 1, 1, tzinfo=UTC)
CLEARED = "TRUNCATE messaging_recipient, patients_patient CASCADE"
INDEXED = "SELECT indexdef, indexname FROM pg_indexes WHERE tablename = 'patients_patient' AND starts_with(indexname, 'patient_')"  # noqa: E501


def fill(connection: psycopg.Connection[Any], count: int, by: int, *, seed: int = 1) -> None:
    """Put `count` patients into empty tables, as a restored backup would: without triggers.

    The connection commits by itself.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(CLEARED)
        cursor.execute(INDEXED)
        indexes = cursor.fetchall()
        for _definition, name in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        recipients = "(id, uuid, email, phone, telegram_chat, language, time_zone)"
        with cursor.copy(f"COPY messaging_recipient {recipients} FROM STDIN") as copy:
            for n in range(1, count + 1):
                row = (n, UUID(int=n), "", phone_of(n), "", "uk", "Europe/Kyiv")
                copy.write_row(row)
        columns = "(id, uuid, number, family_name, given_name, folded, birth_date, sex, phone, email, language, registered_at, history_changed_at, version, recipient_id, registered_by_id)"  # noqa: E501
        with cursor.copy(f"COPY patients_patient {columns} FROM STDIN") as copy:
            for row in people(count, by, seed=seed):
                copy.write_row(row)
        for definition, _name in indexes:
            cursor.execute(definition)
    connection.execute("VACUUM ANALYZE patients_patient")


def people(count: int, by: int, *, seed: int = 1) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(seed)
    family, given = families(), GIVEN.split()
    weights = list(accumulate(1 / (rank + 20) for rank in range(len(family))))
    liked = list(accumulate(1 / (rank + 3) for rank in range(len(given))))
    for n in range(1, count + 1):
        last = chance.choices(family, cum_weights=weights)[0]
        first = chance.choices(given, cum_weights=liked)[0]
        if n % CYRILLIC_SHARE == 0:
            last, first = last.translate(LETTERS), first.translate(LETTERS)
        born = date(1935, 1, 1) + timedelta(days=chance.randrange(26_000))
        at = START + timedelta(minutes=n)
        folded = f" {folded_once(last)} {folded_once(first)}"
        yield (
            n,
            UUID(int=n),
            1000 + n,
            last,
            first,
            folded,
            born,
            "F",
            phone_of(n),
            "",
            "uk",
            at,
            at,
            1,
            n,
            by,
        )


@cache
def families() -> list[str]:
    """About fifteen thousand, in a mixed but settled order: the earlier ones are frequent."""
    parts = (FIRST.split(), MIDDLE.split(), LAST.split())
    every = [a + b + c for a in parts[0] for b in parts[1] for c in parts[2]]
    random.Random(0).shuffle(every)
    return every


@cache
def folded_once(word: str) -> str:
    return names.fold(word)


def phone_of(n: int) -> str:
    return f"+38067{(n * 2_654_435_761 >> 7) % 10_000_000:07}"
