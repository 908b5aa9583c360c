"""What a load balancer hears: which part is broken, and nothing about anybody."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from clinic import health
from clinic.staff import storage
from consent import keys
from tests.factories.staff import make_staff

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


@pytest.fixture
def ready(redis_url: str, settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Everything is there, and the clock has just beaten."""
    settings.REDIS_URL = redis_url
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SEAL_FILE = tmp_path / "seal" / "seal.p12"
    keys.ensure_key(at=timezone.now())
    cache.set(health.BEAT, timezone.now().isoformat())
    yield
    cache.delete(health.BEAT)


def test_alive_asks_nobody(client: Client, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.block():
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
@pytest.mark.usefixtures("ready")
def test_ready_names_every_part(client: Client) -> None:
    answer = client.get("/readyz")
    parts = ("database", "broker", "beat", "files", "seal")
    assert answer.json() == {"status": "ok", "checks": dict.fromkeys(parts, "ok")}
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]


def broken_database(monkeypatch: pytest.MonkeyPatch, _settings: Settings) -> None:
    def fail() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", fail)


def broken_broker(_monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def silent_beat(_monkeypatch: pytest.MonkeyPatch, _settings: Settings) -> None:
    cache.set(health.BEAT, (timezone.now() - timedelta(seconds=91)).isoformat())


def nonsense_beat(_monkeypatch: pytest.MonkeyPatch, _settings: Settings) -> None:
    cache.set(health.BEAT, "yesterday")


def wrong_keys(_monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    storage.EncryptedStorage().put("photos", b"kept")
    settings.FILE_KEYS = ["b3RoZXItZmljdGlvbmFsLWZpbGUta2V5LTAwMDAwMDE="]


def broken_seal(_monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    Path(settings.SEAL_FILE).write_bytes(b"no key")


@pytest.mark.django_db
@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("part", "break_it"),
    [
        ("database", broken_database),
        ("broker", broken_broker),
        ("beat", silent_beat),
        ("beat", nonsense_beat),
        ("files", wrong_keys),
        ("seal", broken_seal),
    ],
)
def test_one_broken_part_is_red_and_the_others_are_still_asked(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    part: str,
    break_it: Callable[[pytest.MonkeyPatch, Settings], None],
) -> None:
    break_it(monkeypatch, settings)
    answer = client.get("/readyz")
    report = answer.json()
    assert (answer.status_code, report["status"]) == (503, "down")
    assert [name for name, how in report["checks"].items() if how != "ok"] == [part]


@pytest.mark.django_db
@pytest.mark.usefixtures("ready")
def test_the_answer_names_no_person_and_no_server(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"
    user = make_staff()
    answer = client.get("/readyz").content.decode()
    for word in (user.email, user.full_name, "secret", "127.0.0.1", "Error", "postgres"):
        assert word not in answer


@pytest.mark.parametrize(
    ("heard_before", "up_for", "condition"),
    [
        (None, 10, "starting"),
        (None, 91, "down"),
        (0, 91, "ok"),
        (90, 10, "ok"),
        (91, 10, "down"),
    ],
)
def test_a_clock_that_just_started_may_still_be_winding_up(
    heard_before: int | None, up_for: int, condition: str
) -> None:
    cache.delete(health.BEAT)
    if heard_before is not None:
        cache.set(health.BEAT, (NOW - timedelta(seconds=heard_before)).isoformat())
    assert health.beat(at=NOW, up_for=timedelta(seconds=up_for)) == condition
    cache.delete(health.BEAT)
