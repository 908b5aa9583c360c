"""Providers that are spoken to over HTTPS, and what their answers mean."""

import os
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus

import httpx

from clinic.messaging.channels.base import Busy, NotSent, Refused, Throttled, Unclear, Unreachable

TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # far below the outbox's lease
LONGEST_PAUSE = 3600.0  # seconds: nobody makes us wait longer by one answer
DEFAULT_PAUSE = 30.0
BEHIND_A_PROXY = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
FOR_NOW = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}


def post(url: str, *, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """The answer of a provider that took it; every other end is a `NotSent`."""
    try:
        answer = _client(os.getpid()).post(url, content=content, headers=dict(headers))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
        raise Unreachable(type(exc).__name__) from exc
    except httpx.UnsupportedProtocol as exc:
        raise Refused("no-address-of-provider") from exc
    except httpx.TransportError as exc:  # it may have read everything before it fell silent
        raise Unclear(type(exc).__name__) from exc
    if answer.is_success:
        return answer
    raise classified(answer)


@cache
def _client(_process: int) -> httpx.Client:
    """One for each process. No connection is kept: one that died unseen would look unclear."""
    return httpx.Client(
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


def classified(answer: httpx.Response) -> NotSent:
    """Too fast, not now, never; a proxy that lost its server does not know either."""
    code = answer.status_code
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled("busy-429", after=pause_of(answer))
    if code == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in answer.headers:
        return Throttled("busy-503", after=pause_of(answer))
    if code in BEHIND_A_PROXY:
        return Unclear(f"lost-{code}")
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR or code in FOR_NOW:
        return Busy(f"busy-{code}")
    return Refused(f"refused-{code}", code=field(answer, "code"))


def pause_of(answer: httpx.Response) -> float:
    """How long the provider asks us to wait, within reason."""
    try:
        asked = float(answer.headers.get("retry-after", DEFAULT_PAUSE))
    except ValueError:
        asked = DEFAULT_PAUSE
    return min(max(asked, 1.0), LONGEST_PAUSE)


def field(answer: httpx.Response, *names: str) -> str:
    """A word out of a JSON answer; an answer that is none has no words."""
    try:
        found = answer.json()
    except ValueError:
        return ""
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return "" if found is None else str(found)
