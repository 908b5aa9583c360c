"""Failures a person at the desk can act on, and their translation from the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import psycopg
from django.db import IntegrityError, transaction
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ClinicError(Exception):
    """An expected failure: `code` is for tests, `str(error)` is fit for the desk.

    `text` may hold named placeholders, filled from the keyword arguments: `Expired(lot="A1")`.
    """

    code: str
    text: str | Promise

    def __init__(self, **facts: object) -> None:
        super().__init__(facts)
        self.facts = facts

    def __str__(self) -> str:
        facts = {name: _readable(value) for name, value in self.facts.items()}
        return str(self.text) % facts if facts else str(self.text)


class Stale(ClinicError):
    code = "stale"
    text = _(
        "Somebody changed this in the meantime. Look at what it says now, then enter your change "
        "again."
    )


class WrongState(ClinicError):
    code = "wrong-state"
    text = _("This is no longer possible: it is already “%(state)s”. Reload the page to see it.")


class Broken(Exception):
    """Something typed or sent that cannot be read; its text says why."""


def _readable(value: object) -> object:
    """A day as people write it; anything else as it is."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return formats.date_format(value, "j E Y")
    return value


@contextmanager
def constraints_as(**errors: type[ClinicError]) -> Iterator[None]:
    """Turn violations of the named constraints into domain errors; others propagate."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as exc:
        cause = exc.__cause__
        name = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
        if name is None or name not in errors:
            raise
        raise errors[name] from exc
