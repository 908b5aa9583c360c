"""Alive, and ready: what a load balancer asks. The answers name parts of the clinic, no person."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clinic.staff import storage
from clinic.staff.access import public
from consent import keys

logger = logging.getLogger(__name__)
STARTED = time.monotonic()
GRACE = timedelta(seconds=90)  # three heartbeats; a beat that is older does not beat
BEAT = "beat"  # the cache key the heartbeat writes


class Condition(StrEnum):
    """How a part of the clinic is; the worst decides."""

    OK = "ok"
    STARTING = "starting"
    DOWN = "down"


@require_safe
@never_cache
@public
def healthz(_request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
@public
def readyz(_request: HttpRequest) -> HttpResponse:
    """Everything the work needs is there; 503 sends patients' clicks to another process."""
    now = timezone.now()
    checks = {
        "database": attempt("database", database),
        "broker": attempt("broker", broker),
        "beat": attempt("beat", lambda: beat(at=now)),
        "files": attempt("files", storage.canary_ok),
        "seal": attempt("seal", lambda: keys.ready(at=now)),
    }
    worst = max(checks.values(), key=list(Condition).index)
    status = 503 if worst is Condition.DOWN else 200
    return JsonResponse({"status": worst, "checks": checks}, status=status)


def attempt(part: str, check: Callable[[], Condition | bool]) -> Condition:
    """One broken part must not hide the others; why it is broken is for the log alone."""
    try:
        answer = check()
    except (DatabaseError, redis.RedisError, OSError, ValueError, TypeError):
        logger.warning("not ready: %s", part, exc_info=True)
        return Condition.DOWN
    if isinstance(answer, bool):
        return Condition.OK if answer else Condition.DOWN
    return answer


def database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def broker() -> bool:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2
    ) as client:
        return bool(client.ping())


def beat(*, at: datetime, up_for: timedelta | None = None) -> Condition:
    """The clock that rings the outbox; just started, it may still be winding up."""
    heard = cache.get(BEAT)
    if heard is None:
        up_for = timedelta(seconds=time.monotonic() - STARTED) if up_for is None else up_for
        return Condition.STARTING if up_for <= GRACE else Condition.DOWN
    return Condition.OK if at - datetime.fromisoformat(heard) <= GRACE else Condition.DOWN


app_name = "health"
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
