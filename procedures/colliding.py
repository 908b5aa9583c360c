"""Two desks at once: what the database sends back because of it is tried again, never shown."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection
from django.utils.translation import gettext_lazy as _
from psycopg import errors

from clinic.errors import ClinicError

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
TRIES = 5
COLLISIONS = (errors.DeadlockDetected, errors.SerializationFailure)


class Crowded(ClinicError):
    code = "crowded"
    text = _("Many people book at this moment. Try again.")


def retried(use_case: Callable[P, R]) -> Callable[P, R]:
    """Run the whole transaction again after a deadlock; inside another one that is not ours."""

    @wraps(use_case)
    def again(*args: P.args, **kwargs: P.kwargs) -> R:
        for number in range(1, TRIES + 1):
            try:
                return use_case(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not isinstance(error.__cause__, COLLISIONS):
                    raise
                logger.warning("a booking collided", extra={"try": number})
        raise Crowded

    return again
