"""How long somebody waits for the embedded servers."""

import time
from collections.abc import Callable
from pathlib import Path

from clinic import servers

FIRST, LATER, STOP = 8.0, 2.0, 2.0  # seconds, on two busy cores


def measured(name: str, target: float, act: Callable[[], object]) -> None:
    start = time.perf_counter()
    act()
    seconds = time.perf_counter() - start
    print(f"\n{name}: {seconds:.2f} s (target {target:.0f} s)")  # noqa: T201
    assert seconds <= target


def test_servers_are_there_in_a_moment(tmp_path: Path) -> None:
    first, later = servers.running(tmp_path), servers.running(tmp_path)
    measured("first start", FIRST, first.__enter__)
    measured("stop", STOP, lambda: first.__exit__(None, None, None))
    measured("later start", LATER, later.__enter__)
    later.__exit__(None, None, None)
