"""Several processes kept as one: when one dies all stop, and stopping leaves none behind."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

GRACE = 20.0  # seconds for a worker to finish what it has in hand
TICK = 0.2  # seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildDied(Exception):
    """One of the processes ended by itself; the text holds its last words."""


@dataclass(slots=True)
class Supervisor:
    """Starts processes in their own groups, each with a log; ends them all, politely first."""

    logs: Path
    children: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    asked_to_stop: int = 0  # signals received

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("wb") as log:
            self.children[name] = subprocess.Popen(  # noqa: S603
                [*dies_with_its_parent(), *command],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        for name, child in self.children.items():
            if child.poll() is not None:
                log = self.logs / f"{name}.log"
                words = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                raise ChildDied(f"{name} ended with code {child.returncode}; {log} ends:\n{words}")

    def watch(self) -> None:
        """Until somebody asks to stop, or a process ends by itself."""
        while not self.asked_to_stop:
            self.check()
            time.sleep(TICK)

    def stop(self) -> None:
        """A second signal, or the end of the grace, takes them off."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        patience, signals = time.monotonic() + GRACE, self.asked_to_stop
        while any(child.poll() is None for child in self.children.values()):
            if time.monotonic() > patience or self.asked_to_stop > max(signals, 1):
                break
            time.sleep(0.05)
        for child in self.children.values():
            take_off_group(child.pid)
            child.wait()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C and friends are noted; whatever happens, the processes are stopped."""
        before = {number: signal.signal(number, self._note) for number in SIGNALS}
        try:
            yield
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1


def dies_with_its_parent() -> list[str]:
    """The kernel ends the processes of a supervisor that was killed, where setpriv can say so."""
    return ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []


def take_off_group(leader: int) -> None:
    """What a process leaves behind of its own."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
