"""Several processes kept as one: real ones, some of them stubborn."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.management import supervisor
from clinic.management.supervisor import ChildDied, Supervisor
from clinic.servers.programs import command_line

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); "
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); "


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Supervisor]:
    supervised = Supervisor(tmp_path / "log")
    yield supervised
    supervised.stop()


def start(kept: Supervisor, name: str, program: str) -> int:
    kept.start(name, [sys.executable, "-c", program], os.environ)
    return kept.children[name].pid


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_one_that_dies_is_named_with_its_last_words(kept: Supervisor) -> None:
    start(kept, "web", SLEEP)
    start(kept, "worker", "import sys; print('no broker'); sys.exit(3)")
    with pytest.raises(ChildDied, match=r"(?s)worker ended with code 3; .*no broker"):
        kept.watch()


def test_stopping_leaves_no_process(kept: Supervisor) -> None:
    groups = [start(kept, "web", SLEEP), start(kept, "beat", SLEEP)]
    kept.stop()
    assert not any(alive(group) for group in groups)


def test_one_that_will_not_stop_is_taken_off(
    kept: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "GRACE", 0.1)
    group = start(kept, "web", STUBBORN + SLEEP)
    wait_for(kept.logs / "web.log")
    kept.stop()
    assert kept.children["web"].returncode == -signal.SIGKILL
    assert not alive(group)


def test_what_a_process_leaves_behind_is_taken_off(kept: Supervisor) -> None:
    group = start(kept, "worker", PARENT)
    kept.children["worker"].wait()
    assert alive(group)
    kept.stop()
    deadline = time.monotonic() + 5
    while alive(group) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(group)


@pytest.mark.parametrize("number", supervisor.SIGNALS)
def test_a_signal_ends_the_watch_and_everything_else(kept: Supervisor, number: int) -> None:
    before = signal.getsignal(number)
    group = start(kept, "web", SLEEP)
    with kept.listening():
        threading.Timer(0.1, os.kill, [os.getpid(), number]).start()
        kept.watch()
    assert not alive(group)
    assert signal.getsignal(number) is before


def test_processes_end_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys, time\n"
        "from clinic.management.supervisor import Supervisor\n"
        "kept = Supervisor(pathlib.Path(sys.argv[1]))\n"
        f"kept.start('web', [sys.executable, '-c', {SLEEP!r}], os.environ)\n"
        "print(kept.children['web'].pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    outer = Supervisor(tmp_path / "outer")
    outer.start("supervisor", [sys.executable, "-c", program, str(tmp_path / "inner")], os.environ)
    wait_for(tmp_path / "outer" / "supervisor.log")
    child = int((tmp_path / "outer" / "supervisor.log").read_text())
    outer.children["supervisor"].kill()
    deadline = time.monotonic() + 5
    while command_line(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert command_line(child) == ""
    outer.stop()
