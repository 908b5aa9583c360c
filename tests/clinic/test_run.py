"""`manage.py run` as people run it: four processes, an address, and nothing left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection

from clinic.management.commands import run
from clinic.management.supervisor import Supervisor
from clinic.servers.programs import command_line

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def started(
    tmp_path: Path, redis_url: str, transactional_db: None
) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts it against the test's own database and broker."""
    parameters: dict[str, Any] = connection.settings_dict
    place = f"host={parameters['HOST']}&port={parameters['PORT'] or 5432}"
    env = os.environ | {
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"postgresql://{parameters['USER']}@/{parameters['NAME']}?{place}",
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
    }
    made: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "manage.py", "run", "--port", str(run.free_port(18080))]
        made.append(
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return made[-1]

    yield start
    for process in made:
        process.kill()
        process.communicate()


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def processes_of(var: Path) -> dict[str, int]:
    """The processes whose environment names this folder."""
    wanted = f"VAR_DIR={var}\0".encode()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes():
                found[command_line(int(process.name))] = int(process.name)
        except OSError:
            continue
    return found


def test_everything_runs_until_it_is_interrupted(
    started: Callable[[], "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    process = started()
    said = read_until(process, "Mesoclinic answers at")
    port = re.search(r"http://localhost:(\d+)", said)
    assert port is not None
    web = HTTPConnection("127.0.0.1", int(port[1]), timeout=10)
    web.request("GET", "/account/login/")
    assert web.getresponse().status == 200
    web.close()
    for words in ("granian", "celery -A clinic worker", "celery -A clinic beat", "mailbox"):
        assert words in " ".join(processes_of(tmp_path))
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert said.strip() == "Stopping."
    assert process.returncode == 0
    assert processes_of(tmp_path) == {}


def test_one_that_dies_takes_the_others_along_and_is_named(
    started: Callable[[], "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    process = started()
    read_until(process, "Mesoclinic answers at")
    [beat] = [pid for line, pid in processes_of(tmp_path).items() if "clinic beat" in line]
    os.kill(beat, signal.SIGKILL)
    said, _ = process.communicate(timeout=60)
    assert "beat ended with code -9" in said
    assert process.returncode == 1
    assert processes_of(tmp_path) == {}


def test_a_second_one_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        run.only_one(tmp_path / "run"),
        pytest.raises(CommandError, match=f"runs already .process {os.getpid()}"),
        run.only_one(tmp_path / "run"),
    ):
        pass


def test_the_next_free_port_is_taken() -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        assert taken < run.free_port(taken) < taken + 10


def test_a_web_server_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "START", 0.1)
    supervisor = Supervisor(tmp_path)
    before = time.monotonic()
    with pytest.raises(CommandError, match=r"The web server does not answer; see .*web\.log"):
        run.wait_for_web(supervisor, run.free_port(18090))
    assert time.monotonic() - before < 5
