# ruff: noqa: E402  Django first: it has to know where it is
"""Workers for the benchmark of messages, with a channel that takes everything at once.

`python -m tests.bench.dispatchers` delivers what is due when it is told to; `celery -A
tests.bench.dispatchers` is what it is compared with: one task for each message."""

import os
import resource
import sys
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

import django

django.setup()

from django.db import connection
from django.utils import timezone

from clinic.celery import app
from clinic.knowledge.loader import load
from clinic.messaging import channels, dispatch, outbox
from clinic.messaging.channels import Adapter, Letter
from clinic.messaging.leases import LEASE, Held
from clinic.messaging.models import Channel

TAKE_ONE = """
    UPDATE messaging_message SET state = 'leased', state_at = %s, lease_until = %s,
        attempt = attempt + 1, reason = ''
    WHERE id = %s AND state = 'owed' RETURNING 1, id, attempt
"""


class Sink(Adapter):
    """Knows keys, takes all, keeps nothing."""

    idempotent = True
    at_once = 500

    def send(self, letter: Letter) -> str:
        return str(letter.key)


channels.ADAPTERS.clear()
channels.ADAPTERS[Channel.SMS] = Sink()


@app.task
def deliver_one(pk: int) -> None:
    """What a task for each message would do: the same looks, the same records, one row."""
    at = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(TAKE_ONE, [at, at + LEASE, pk])
        held = [Held._make(row) for row in cursor.fetchall()]
    dispatch.deliver(held, Channel.SMS, clock=timezone.now)


def main() -> None:
    """Say that we are there, wait for the word, deliver, say how much memory it took."""
    connection.ensure_connection()
    load()
    outbox.deliver_due(clock=lambda: timezone.now() - timedelta(days=3650))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    outbox.deliver_due(clock=timezone.now, limit=sys.maxsize)
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\n")


if __name__ == "__main__":
    main()
