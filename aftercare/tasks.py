from celery import shared_task
from django.utils import timezone

from aftercare import follow_up


@shared_task
def catch_up() -> None:
    """Begin what a lost signal did not."""
    follow_up.catch_up(at=timezone.now())
