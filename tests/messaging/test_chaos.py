"""Killed workers, a crashed database, an emptied broker: nothing lost, nothing doubled."""

from pathlib import Path

import pytest

from tests.messaging.chaos.storm import Storm


@pytest.mark.django_db
def test_whatever_dies_each_message_arrives_once_or_is_on_the_list(tmp_path: Path) -> None:
    found = Storm(tmp_path, messages=500, kills=30).run()
    assert found["messages"] == 500
    assert found["kills"] >= 30
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert (found["unlisted"], found["unfinished"]) == (0, 0)
    assert found["uncertain"] < 250
