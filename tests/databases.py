"""Test databases are copies of one that was migrated once: a copy takes a fraction of a second."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import django
import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from clinic.servers import LOCALE


def copy() -> str:
    """Make a database of this process's own and use it; returns the name of the one before."""
    creation: Any = connection.creation
    name = creation._get_test_db_name()
    with _server() as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [_base()])
        template = _migrated(server)
        _drop(server, name)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return _use(name)


def drop(before: str) -> None:
    name = _use(before)
    with _server() as server:
        _drop(server, name)


def _migrated(server: psycopg.Connection[Any]) -> str:
    """The template for the migrations as they are now; those for older ones go."""
    template, unfinished = f"{_base()}_{_fingerprint()}", f"{_base()}_unfinished"
    found = server.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{_base()}_"]
    ).fetchall()
    if (template,) in found:
        return template
    for (old,) in found:
        with suppress(psycopg.errors.ObjectInUse):
            _drop(server, old)
    server.execute(
        sql.SQL(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
            " LC_COLLATE {locale} LC_CTYPE {locale}"
        ).format(name=sql.Identifier(unfinished), locale=sql.Literal(LOCALE))
    )
    before = _use(unfinished)
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        _use(before)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    server.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(template)))
    return template


def _base() -> str:
    """Shared by the parallel workers of one database, by nobody else."""
    return f"template_{settings.DATABASES['default']['NAME']}"


def _fingerprint() -> str:
    """What the schema is made of: every migration, ours and other people's."""
    digest = hashlib.sha256(django.__version__.encode())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        for file in sorted((Path(config.path) / "migrations").glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    """The server itself, through the database that every server has."""
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    known = {"host", "port", "user", "password", "dbname"} & parameters.keys()
    with psycopg.connect(**{key: parameters[key] for key in known}, autocommit=True) as server:
        yield server


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _use(name: str) -> str:
    """Point Django to another database; returns the one before."""
    connection.close()
    before = str(connection.settings_dict["NAME"])
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
    return before
