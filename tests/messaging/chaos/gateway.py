"""An HTTP gateway on loopback that remembers what it took, and misbehaves when it is told to."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from threading import Lock, Thread
from typing import Any

Answer = int | str  # a status, or what it does instead of answering
RESET = "reset"  # it takes the message, and the connection breaks
SILENT = "silent"  # it takes the message, and nothing comes back in time
DEAF = "deaf"  # the connection breaks before it has read anything
SILENCE = 1.0  # seconds


@dataclass
class Request:
    """What one request said."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """A key where the sender gives one, else whom it was for: a provider without keys."""
        return self.headers.get("idempotency-key") or str(json.loads(self.body)["chat_id"])


@dataclass
class Gateway:
    """What it was asked, and how often each message reached somebody."""

    decide: Callable[[Request], Answer] = lambda _request: 200
    effects: Counter[str] = field(default_factory=Counter)
    requests: list[Request] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=lambda: {"id": "taken"})
    delay: float = 0
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    def take(self, request: Request) -> None:
        """Once for each key, if there is one; without keys as often as it is asked."""
        with self.lock:
            known = "idempotency-key" in request.headers and self.effects[request.key]
            if not known:
                self.effects[request.key] += 1


@contextmanager
def open_gateway(**told: Any) -> Iterator[Gateway]:
    gateway = Gateway(**told)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            _serve(self, gateway)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 100

        def handle_error(self, *_: object) -> None:
            """Whoever asked may be dead: that is what the storm is for."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _serve(handler: BaseHTTPRequestHandler, gateway: Gateway) -> None:
    length = int(handler.headers.get("content-length", 0))
    headers = {name.lower(): value for name, value in handler.headers.items()}
    request = Request(handler.path, headers, handler.rfile.read(length))
    answer = gateway.decide(request)
    with gateway.lock:
        gateway.requests.append(request)
    time.sleep(gateway.delay * random.uniform(0.5, 1.5))
    if answer in {RESET, SILENT} or answer == 200:
        gateway.take(request)
    if isinstance(answer, int):
        _respond(handler, gateway, answer)
        return
    if answer == SILENT:
        time.sleep(SILENCE)
    with suppress(OSError):
        handler.connection.shutdown(SHUT_RDWR)


def _respond(handler: BaseHTTPRequestHandler, gateway: Gateway, status: int) -> None:
    body = json.dumps(gateway.answer).encode()
    handler.send_response(status)
    for name, value in gateway.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
