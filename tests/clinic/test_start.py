"""The clinic does not start on knowledge that cannot be read, and says where it is broken."""

import shutil
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from clinic import apps as clinic_apps
from clinic.knowledge.loader import DATA, Knowledge, read

BROKEN = "contraindications/reproductive.toml"


def test_a_broken_knowledge_file_stops_the_start_with_file_line_and_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    text = (data / BROKEN).read_text(encoding="utf-8")
    (data / BROKEN).write_text(text.replace('override = "none"', 'overide = "none"', 1))

    def load() -> Knowledge:
        return read(data)

    monkeypatch.setattr(clinic_apps, "load", load)
    with pytest.raises(ImproperlyConfigured, match=rf"{BROKEN}:\d+: .*overide"):
        apps.get_app_config("clinic").ready()


def test_the_knowledge_as_it_is_starts() -> None:
    apps.get_app_config("clinic").ready()
