"""What this machine lacks, and the cure: each question is asked for real."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import redis
from django.conf import settings

from clinic import servers
from clinic.staff import storage

LIBRARIES = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
PROGRAMS = [  # program, Debian package, what it is for
    ("msgfmt", "gettext", "translations"),
    ("pdfsig", "poppler-utils", "tests"),
    ("qpdf", "qpdf", "tests"),
    ("chromium", "chromium", "tests"),
]
RENDER = "import weasyprint; weasyprint.HTML(string='<p>Ж</p>').write_pdf()"
OLDEST_POSTGRESQL = 150000


class Finding(NamedTuple):
    """One line of the report; without a cure all is well."""

    text: str
    cure: str = ""


def findings() -> Iterator[Finding]:
    yield python()
    yield documents()
    yield from programs()
    yield front_end()
    yield files()
    yield from services()
    yield configuration()


def python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(f"Python {version}")


def documents() -> Finding:
    """In a process of its own: a missing library may take the process with it."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", RENDER], check=False, capture_output=True, text=True
    )
    if done.returncode:
        words = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Finding(f"WeasyPrint makes no document: {words}", LIBRARIES)
    return Finding("WeasyPrint makes documents")


def programs() -> Iterator[Finding]:
    for program, package, purpose in PROGRAMS:
        if shutil.which(program):
            yield Finding(f"{program} ({purpose})")
        else:
            yield Finding(f"{program} is missing ({purpose})", f"apt-get install {package}")


def front_end() -> Finding:
    root = settings.ROOT
    wanted = [root / "static" / "vendor" / "icons.svg"]
    wanted += [file.with_suffix(".mo") for file in (root / "locale").glob("*/LC_MESSAGES/*.po")]
    missing = [str(file.relative_to(root)) for file in wanted if not file.exists()]
    if missing:
        return Finding(f"Not made yet: {', '.join(missing)}", "make setup")
    return Finding("Front-end files and translations")


def files() -> Finding:
    place: Path = settings.MEDIA_ROOT
    try:
        whole = storage.canary_ok()
    except (OSError, ValueError) as refused:
        return Finding(
            f"{place} or its keys cannot be used: {refused}", "mend MEDIA_DIR, FILE_KEYS"
        )
    if not whole:
        cure = "set FILE_KEYS to the keys the files were written with; new ones go first"
        return Finding(f"The keys in FILE_KEYS do not open the files in {place}", cure)
    return Finding("The keys open the stored files")


def services() -> Iterator[Finding]:
    """Those the environment names, else the embedded ones, started for the question."""
    missing = [name for name in servers.EVERYTHING if not os.environ.get(name)]
    try:
        with servers.running(settings.VAR / "services", needed=missing) as embedded:
            urls = os.environ | embedded
            yield asked(database, urls["DATABASE_URL"], "start PostgreSQL or mend DATABASE_URL")
            yield asked(broker, urls["REDIS_URL"], "start Redis or mend REDIS_URL")
    except servers.ServerFailed as failed:
        yield Finding("An embedded server does not start", str(failed))


def asked(question: Callable[[str], Finding], url: str, cure: str) -> Finding:
    try:
        return question(url)
    except (psycopg.Error, redis.RedisError) as failed:
        return Finding(f"{type(failed).__name__}: {failed}".strip(), cure)


def database(url: str) -> Finding:
    """Search lives on trigrams, and under a locale of C no Cyrillic name has any."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        version = connection.info.server_version
        if version < OLDEST_POSTGRESQL:
            return Finding(f"PostgreSQL {version // 10000} is too old", "PostgreSQL 15 or newer")
        for extension in servers.EXTENSIONS:
            found = connection.execute(
                "SELECT 1 FROM pg_extension WHERE extname = %s", [extension]
            ).fetchone()
            if not found:
                cure = f'as its superuser, in this database: CREATE EXTENSION "{extension}"'
                return Finding(f"PostgreSQL lacks {extension}", cure)
        row = connection.execute("SELECT cardinality(show_trgm('Жанна'))").fetchone()
        if not row or not row[0]:
            cure = (
                "make the database anew from template0 with LC_CTYPE 'C.UTF-8' and restore a dump"
            )
            return Finding("PostgreSQL finds no Cyrillic name", cure)
    return Finding(f"PostgreSQL {version // 10000} finds Cyrillic names")


def broker(url: str) -> Finding:
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        client.ping()
    return Finding("Redis answers")


def configuration() -> Finding:
    """Production does not come this far with a required setting missing or weak."""
    if settings.PRODUCTION:
        return Finding("Settings of a clinic, all that are required")
    return Finding("Settings of a developer's machine (DEBUG is True)")
