"""The storm over the outbox at full size: 4,000 messages."""

from pathlib import Path
from typing import Any

import pytest

from tests.messaging.chaos.storm import Storm

MESSAGES, KILLS = 4_000, 120


@pytest.mark.django_db
def test_a_storm_loses_and_doubles_nothing(figures: dict[str, Any], tmp_path: Path) -> None:
    found = Storm(tmp_path, messages=MESSAGES, kills=KILLS).run()
    keys = ("messages", "kills", "lost", "doubled", "uncertain", "unlisted", "unfinished")
    figures.update({key: found[key] for key in keys})
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert (found["unlisted"], found["unfinished"]) == (0, 0)
