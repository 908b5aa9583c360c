from celery import shared_task
from django.utils import timezone

from aftercare import alerts, chasing, follow_up
from clinic.messaging import alarm
from clinic.record import worklist


@shared_task
def catch_up() -> None:
    """Begin what a lost signal did not."""
    follow_up.catch_up(at=timezone.now())


@shared_task
def watch() -> None:
    """Alert again, ask again, pass on: whatever waits for a person longer than it should."""
    at = timezone.now()
    alarm.ring(alerts.repeat(at=at))
    chasing.chase(at=at)
    worklist.escalate(at=at)
