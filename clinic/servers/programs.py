"""How a program out of a wheel is found and run: as whom, and in which locale."""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

LOCALE = "C.UTF-8"  # under C, pg_trgm finds no trigram in a Cyrillic name and search finds nobody
PATIENCE = 30.0  # seconds until a server that neither answers nor goes away is given up


class ServerFailed(Exception):
    """An embedded server cannot serve; the text says what to do."""


def program(package: str, *parts: str) -> str:
    """A program inside an installed wheel, found without importing it."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ServerFailed(
            f"{package} is not installed: run `make setup`, or set DATABASE_URL and REDIS_URL."
        )
    return str(Path(found.submodule_search_locations[0]).joinpath(*parts))


def run(command: list[str], *, account: str | None = None) -> "subprocess.CompletedProcess[str]":
    """In a session of its own, since Ctrl-C is ours to handle; a daemon would keep a pipe open."""
    if account is not None:
        command = as_user(account, command)
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(  # noqa: S603
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env=os.environ | {"LC_ALL": LOCALE, "LANG": LOCALE},
        )
        said.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, said.read(), "")


def as_user(account: str, command: list[str]) -> list[str]:
    """Another user, yet able to reach a folder under /root: nothing is opened to the world."""
    if not shutil.which("setpriv"):
        raise ServerFailed(
            "PostgreSQL refuses to run as root, and setpriv is missing to run it as another user: "
            "apt-get install util-linux, or start as an ordinary user."
        )
    user = pwd.getpwnam(account)
    return [
        *("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"),
        *("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override"),
        *("--ambient-caps=+dac_override", *command),
    ]


def command_line(pid: int) -> str:
    """Empty for a process that is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def gist(text: str) -> str:
    """The last words of a log, on one line."""
    return " ".join(line.strip() for line in text.strip().splitlines()[-4:])
