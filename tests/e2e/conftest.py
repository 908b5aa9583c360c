"""The real product for the browser: web, worker and beat as processes, PostgreSQL, Redis, SMTP."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import connection
from playwright.sync_api import expect

expect.set_options(timeout=20_000)  # ms: two houses and two browsers share two cores
START = 90.0  # seconds for the processes to answer
STOP = 30.0  # seconds for them to go


@dataclass
class Mailbox:
    """A real SMTP server on loopback that keeps what it is given."""

    letters: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(  # noqa: N802  aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        letter = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@dataclass(frozen=True)
class House:
    """The running clinic: its address, its mailbox, its folder."""

    address: str
    mailbox: Mailbox
    folder: Path


@pytest.fixture(scope="session", autouse=True)
def _rows_beside_the_browser() -> Iterator[None]:
    """Playwright keeps a loop running in this thread; the tests' own queries stay allowed."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, which downloads nothing and calls nobody."""
    quiet = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"]
    quiet += ["use-fake-device-for-media-stream", "use-fake-ui-for-media-stream"]  # a camera
    quiet += ["disable-background-networking", "disable-component-update", "disable-dev-shm-usage"]
    return browser_type_launch_args | {
        "executable_path": "/usr/bin/chromium",
        "args": [f"--{word}" for word in quiet],
    }


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    kept = Mailbox()
    kept.port = free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    yield kept
    controller.stop()


@pytest.fixture
def house(
    transactional_db: None, redis_url: str, mailbox: Mailbox, tmp_path: Path
) -> Iterator[House]:
    """What `manage.py run` starts, on the tests' database."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "SITE_URL": f"http://localhost:{port}",
        "VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "DATABASE_POOL": "3",
    }
    with (tmp_path / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(settings.ROOT / "manage.py"), "run", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_ready(process, port, tmp_path)
        yield House(address=f"http://localhost:{port}", mailbox=mailbox, folder=tmp_path)
    finally:
        process.terminate()
        process.wait(timeout=STOP)


def wait_until_ready(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        assert process.poll() is None, (folder / "run.log").read_text()
        if answers(port):
            return
        time.sleep(0.2)
    raise AssertionError((folder / "run.log").read_text())


def answers(port: int) -> bool:
    asked = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        asked.close()


def database_url() -> str:
    """The tests' own database, as another process reaches it."""
    known = connection.settings_dict
    where = {key: known[name] for key, name in [("host", "HOST"), ("port", "PORT")] if known[name]}
    return f"postgresql:///{known['NAME']}?{urlencode({'user': known['USER'], **where})}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
