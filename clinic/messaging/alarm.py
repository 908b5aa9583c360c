"""The second way to the staff: whatever service rings a bell, by the addresses in ALERT_URLS.

What it says names nobody. It rings when more wait than before, and again every quarter of an hour
until somebody has taken them. A memory that was lost rings once more: that does less harm than
silence, so nothing of it is written down.
"""

import logging
from collections.abc import Sequence

import apprise
from django.conf import settings
from django.core.cache import cache

from clinic.messaging.wording import NEUTRAL, TITLE, fill

AGAIN_AFTER = 15 * 60  # seconds
WAITING = "alarm-waiting"
logger = logging.getLogger(__name__)


def ring(waiting: int, addresses: Sequence[str] | None = None) -> bool:
    """Say that so many urgent tasks wait; whether any service took it."""
    addresses = settings.ALERT_URLS if addresses is None else addresses
    if not waiting:
        cache.delete(WAITING)
        return False
    if not addresses or waiting <= cache.get(WAITING, 0):
        return False
    taken = [_sent(address) for address in addresses]
    if any(taken):
        cache.set(WAITING, waiting, timeout=AGAIN_AFTER)
    if not all(taken):
        logger.warning("%s of %s alert services took nothing", taken.count(False), len(taken))
    return any(taken)


def _sent(address: str) -> bool:
    """One service by itself: another that is broken keeps nothing back. Addresses are secrets."""
    service, language = apprise.Apprise(), settings.LANGUAGE_CODE
    values = {"clinic": settings.CLINIC_NAME, "tasks": settings.SITE_URL}
    title = fill(TITLE.in_(language), values)
    text = fill(NEUTRAL["staff-alert"].in_(language), values)
    return bool(service.add(address)) and bool(service.notify(body=text, title=title))
