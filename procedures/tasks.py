"""What a worker does for the treatment: find what a lost signal did not tell."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from procedures import (
    displaced,
    inviting,
    rescreening,
    reserving,
    returning,
    screening,
    waiting,
    withdrawals,
)

LOOK_BACK = timedelta(days=1)


@shared_task
def flag_unsafe_sessions() -> None:
    """Booked sessions that are no longer safe, or have lost their consent, become tasks once."""
    now = timezone.now()
    screening.catch_up(since=now - LOOK_BACK, at=now)
    withdrawals.catch_up(since=now - LOOK_BACK, at=now)


@shared_task
def rescreen() -> None:
    """One share of the round after the rules changed; then the next worker is woken."""
    rescreening.catch_up(at=timezone.now())
    if rescreening.work(clock=timezone.now):
        rescreening.ring()


@shared_task
def invite_before_first_visits() -> None:
    """The questionnaire home, for whoever was never asked."""
    inviting.before_first_visits(at=timezone.now())


@shared_task
def ask_to_return() -> None:
    """Who is due for maintenance or the next course becomes a task of the desk."""
    returning.catch_up(at=timezone.now())


@shared_task
def sweep_reservations() -> None:
    """What was promised and not booked in time is everybody's again."""
    reserving.sweep(at=timezone.now())


@shared_task
def flag_displaced() -> None:
    """Visits that lost their person or room, and those of a day that is over and still open."""
    now = timezone.now()
    displaced.flag(at=now)
    displaced.flag_left_open(at=now)


@shared_task
def offer_what_is_free() -> None:
    """A time that became free goes to the next in line."""
    waiting.work(at=timezone.now())
