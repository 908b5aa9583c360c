"""The mailbox takes real mail over SMTP and keeps it as files."""

import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from clinic.management.commands.run import free_port

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    port, folder = free_port(18025), tmp_path / "mail"
    command = [sys.executable, "manage.py", "mailbox", "--port", str(port), "--folder", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"VAR_DIR": str(tmp_path)}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield port, folder
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_message_becomes_a_file_as_it_was_sent(mailbox: tuple[int, Path]) -> None:
    port, folder = mailbox
    message = EmailMessage()
    message["From"] = "clinic@clinic.example"
    message["To"] = "nobody@patient.example"
    message["Subject"] = "Нагадування"
    message.set_content("Завтра о десятій.")
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(message)
        server.send_message(message)
    first, second = sorted(folder.iterdir())
    kept = message_from_bytes(first.read_bytes(), policy=policy.default)
    assert kept["Subject"] == "Нагадування"
    assert kept.get_content().strip() == "Завтра о десятій."
    assert second.suffix == ".eml"
