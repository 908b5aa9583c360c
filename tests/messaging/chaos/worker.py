"""Workers for the storm: `python -m tests.messaging.chaos.worker` keeps some `outbox --loop`
processes alive, `celery -A tests.messaging.chaos.worker` is the usual worker. Both with leases and
waits of a second instead of minutes, so that a storm is over in one."""

# ruff: noqa: E402  Django first: it has to know where it is

import os
import signal
import sys
import time
from datetime import timedelta

import httpx

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from clinic.celery import app
from clinic.messaging import channels, dispatch, leases, outcomes
from clinic.messaging.channels import Telegram, Webhook, http
from clinic.messaging.models import Channel

GATEWAY = os.environ.get("STORM_GATEWAY", "")
http.TIMEOUT = httpx.Timeout(0.6)
leases.LEASE = timedelta(seconds=2)
dispatch.TIMEOUT = timedelta(seconds=1)
outcomes.BACK_OFF = [timedelta(seconds=0.3)]
channels.ADAPTERS.clear()
channels.ADAPTERS[Channel.SMS] = Webhook(url=GATEWAY, secret="a secret of the storm")
channels.ADAPTERS[Channel.TELEGRAM] = Telegram(url=GATEWAY, token="x", per_second=0)
app.conf.update(broker_url=os.environ.get("STORM_BROKER", "memory://"), broker_heartbeat=0)


def keep(count: int) -> None:
    """That many dispatchers, whatever happens to them, until our input ends."""
    alive = {_fork() for _ in range(count)}
    signal.signal(signal.SIGTERM, lambda *_: _end(alive))
    while True:
        pid, _status = os.waitpid(-1, os.WNOHANG)
        if pid:
            alive.discard(pid)
            alive.add(_fork())
        else:
            time.sleep(0.02)


def _fork() -> int:
    connection.close()
    if pid := os.fork():
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    call_command("outbox", loop=True, every=0.1, stdout=sys.stderr)
    os._exit(0)


def _end(alive: set[int]) -> None:
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    keep(int(sys.argv[1]))
