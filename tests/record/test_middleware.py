"""The client's address is the one our own proxy saw."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from clinic.record import audit
from clinic.record.middleware import OriginMiddleware, client_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", "10.0.0.1"),
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_only_trusted_proxies_are_believed(
    settings: Settings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)
    assert client_address(request) == expected


def test_the_address_is_known_while_the_request_runs_and_forgotten_after() -> None:
    seen: list[str | None] = []

    def answer(_request: HttpRequest) -> HttpResponse:
        seen.append(audit.origin.get())
        return HttpResponse()

    OriginMiddleware(answer)(RequestFactory().get("/", REMOTE_ADDR="192.0.2.7"))
    assert seen == ["192.0.2.7"]
    assert audit.origin.get() is None


def test_the_address_is_forgotten_even_when_the_view_fails() -> None:
    def fail(_request: HttpRequest) -> HttpResponse:
        raise LookupError

    with pytest.raises(LookupError):
        OriginMiddleware(fail)(RequestFactory().get("/", REMOTE_ADDR="192.0.2.7"))
    assert audit.origin.get() is None
