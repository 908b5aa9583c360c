"""The doorbell and the pulse. A lost ring costs half a minute: the work is in the database."""

import time

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from clinic.messaging import outbox


@shared_task
def beat() -> None:
    """Whoever reads this key knows when worker and clock were last alive."""
    cache.set("beat", timezone.now().isoformat(), timeout=None)


@shared_task
def deliver_due() -> None:
    outbox.deliver_due(clock=timezone.now, wait=time.sleep)
