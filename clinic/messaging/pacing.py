"""How fast a provider may be spoken to, counted in the database for all workers together."""

from datetime import datetime, timedelta

from django.db import transaction

from clinic.messaging.leases import Held
from clinic.messaging.leases import claim as leased
from clinic.messaging.models import Gateway


@transaction.atomic
def claim(channel: str, count: int, *, per_second: float, at: datetime) -> tuple[list[Held], bool]:
    """Lease what the provider's pace allows; and whether the pace, not the work, is the limit."""
    if per_second <= 0:
        paused = Gateway.objects.filter(channel=channel, paused_until__gt=at).exists()
        return ([] if paused else leased(channel, count, at=at)), False
    Gateway.objects.get_or_create(channel=channel)
    gateway = Gateway.objects.select_for_update(no_key=True).get(channel=channel)
    if gateway.paused_until and gateway.paused_until > at:
        return [], False
    left = _left(gateway, per_second, at=at)
    held = leased(channel, min(count, int(left)), at=at) if left >= 1 else []
    gateway.left, gateway.counted_at = left - len(held), at
    gateway.save(update_fields=["left", "counted_at"])
    return held, int(left) < count and len(held) == int(left)


def _left(gateway: Gateway, per_second: float, *, at: datetime) -> float:
    """What a second brings, and never more than a second's worth at once."""
    most = max(per_second, 1.0)
    if gateway.counted_at is None or at < gateway.counted_at:
        return most
    return min(most, gateway.left + per_second * (at - gateway.counted_at).total_seconds())


@transaction.atomic
def pause(channel: str, seconds: float, *, at: datetime) -> None:
    """The provider asked for it; a shorter wish does not shorten a longer one."""
    until = at + timedelta(seconds=seconds)
    gateway, _ = Gateway.objects.get_or_create(channel=channel)
    gateway = Gateway.objects.select_for_update(no_key=True).get(channel=channel)
    gateway.paused_until = max(gateway.paused_until or until, until)
    gateway.save(update_fields=["paused_until"])
