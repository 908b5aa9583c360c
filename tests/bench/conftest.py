"""The figures of a benchmark: its last line is one JSON object."""

import json
from typing import Any

import pytest

FIGURES = pytest.StashKey[dict[str, Any]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = {}


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Put what you measured here under the name it is asked for by."""
    return request.config.stash[FIGURES]


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if measured := config.stash.get(FIGURES, {}):
        print(json.dumps(measured), flush=True)  # noqa: T201
