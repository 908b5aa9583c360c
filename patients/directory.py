"""Looking somebody up while a person waits: only for a moment, however large the clinic."""

from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import QueryCanceled

from clinic.errors import ClinicError
from clinic.staff.models import User
from patients.models import Patient

ROWS = 20  # on a screen; who is not among them has to be asked for with more letters
PATIENCE_MS = 2000


class TooWide(ClinicError):
    code = "search-too-wide"
    text = _(
        "This search takes too long. Type more of it: the whole family name, the birth date, "
        "or the last digits of the phone."
    )


class Found(NamedTuple):
    """Whom the text may mean, at most `ROWS`, and whether there are others."""

    patients: list[Patient]
    there_are_more: bool


@transaction.atomic
def find(text: str, *, by: User) -> Found:
    """Patients this person may see, the likeliest first; refuses with `TooWide` after a moment."""
    rows = Patient.objects.visible_to(by).search(text, most=ROWS + 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
    try:
        found = list(rows)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooWide from error
        raise
    return Found(found[:ROWS], len(found) > ROWS)
