"""The doorbell and the pulse. A lost ring costs half a minute: the work is in the database."""

import time

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from clinic.messaging import canary, outbox, pausing


@shared_task
def beat() -> None:
    """Whoever reads this key knows when worker and clock were last alive."""
    cache.set("beat", timezone.now().isoformat(), timeout=None)


@shared_task
def deliver_due() -> None:
    pausing.tick(pausing.signs(at=timezone.now()))
    outbox.deliver_due(clock=timezone.now, wait=time.sleep)


@shared_task
def watch() -> None:
    """Whether today's test message went out; who answers for it is told if not."""
    canary.watch(at=timezone.now())
