"""A private PostgreSQL and Redis from their wheels, for the demo and the tests: no Docker, no apt.

They live in one folder. Whoever needs them holds a lease (a lock that ends with the process,
however it ends); the last to leave stops them. Settings know nothing of this: they read the URLs.
"""

import fcntl
import getpass
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from clinic.servers.broker import Redis
from clinic.servers.postgres import DATABASE, EXTENSIONS, Postgres
from clinic.servers.programs import LOCALE, ServerFailed

__all__ = [
    "DATABASE",
    "EVERYTHING",
    "EXTENSIONS",
    "LOCALE",
    "Postgres",
    "Redis",
    "ServerFailed",
    "database_url",
    "running",
    "stop",
]
EVERYTHING = ("DATABASE_URL", "REDIS_URL")


def database_url(folder: Path) -> str:
    """Where the embedded PostgreSQL of this folder answers once it runs."""
    return Postgres(folder.resolve() / "postgres").url()


@contextmanager
def running(
    folder: Path, *, needed: Collection[str] = EVERYTHING, durable: bool = True
) -> Iterator[dict[str, str]]:
    """Start or join the servers behind the named variables, and yield the variables' values."""
    folder = folder.resolve()
    _make(folder)
    with (folder / "in-use").open("w") as lease:
        fcntl.flock(lease, fcntl.LOCK_SH)
        try:
            with _alone(folder):
                urls = _start(folder, needed, durable=durable)
            yield urls
        finally:
            _leave(folder, lease.fileno())


def stop(folder: Path) -> None:
    """Stop whatever runs in this folder, whoever uses it."""
    folder = folder.resolve()
    if folder.exists():
        with _alone(folder):
            _stop(folder)


def _start(folder: Path, needed: Collection[str], *, durable: bool) -> dict[str, str]:
    urls = {}
    if "DATABASE_URL" in needed:
        postgres = Postgres(folder / "postgres", durable=durable)
        postgres.start()
        urls["DATABASE_URL"] = postgres.url()
    if "REDIS_URL" in needed:
        broker = Redis(folder / "redis")
        broker.start()
        urls["REDIS_URL"] = broker.url()
    return urls


def _stop(folder: Path) -> None:
    Redis(folder / "redis").stop()
    Postgres(folder / "postgres").stop()


def _leave(folder: Path, lease: int) -> None:
    """Give up our lease; nobody else holds one: stop."""
    with _alone(folder):
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time starts or stops."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as refused:
        raise ServerFailed(
            f"{folder} cannot be written by {getpass.getuser()} ({refused.strerror}): the embedded "
            "PostgreSQL and Redis keep their files there. Give yourself the folder (chown), or set "
            "DATABASE_URL and REDIS_URL."
        ) from refused
