"""An urgent task rings a bell outside of the house until somebody takes it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from clinic.messaging import alarm

HEARD: list[dict[str, str]] = []


class Bell(BaseHTTPRequestHandler):
    """Takes what Apprise posts as JSON."""

    def do_POST(self) -> None:
        HEARD.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def bell() -> Iterator[str]:
    HEARD.clear()
    cache.delete(alarm.WAITING)
    server = HTTPServer(("127.0.0.1", 0), Bell)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    cache.delete(alarm.WAITING)


def test_it_rings_once_for_what_waits_and_at_once_for_more(bell: str, settings: Settings) -> None:
    settings.ALERT_URLS = [bell]
    assert [alarm.ring(count) for count in (0, 1, 1, 2, 2)] == [False, True, False, True, False]
    assert len(HEARD) == 2
    alarm.ring(0)
    assert alarm.ring(1)


def test_it_rings_again_when_nobody_has_come(bell: str) -> None:
    alarm.ring(1, [bell])
    cache.delete(alarm.WAITING)  # as after a quarter of an hour
    assert alarm.ring(1, [bell])
    assert len(HEARD) == 2


def test_what_it_says_names_nobody(bell: str, settings: Settings) -> None:
    alarm.ring(3, [bell])
    assert settings.SITE_URL in HEARD[0]["message"]
    assert "urgent task waits" in HEARD[0]["message"]
    assert settings.CLINIC_NAME in HEARD[0]["title"]


def test_one_broken_service_keeps_nothing_back(bell: str) -> None:
    assert alarm.ring(1, ["json://127.0.0.1:1/", "nonsense://", bell])
    assert len(HEARD) == 1


def test_what_nobody_took_rings_again_at_the_next_look(bell: str) -> None:
    assert not alarm.ring(1, ["json://127.0.0.1:1/"])
    assert alarm.ring(1, [bell])


def test_without_an_address_nothing_rings() -> None:
    assert not alarm.ring(1, [])
