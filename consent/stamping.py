"""A time for what was sealed while the time-stamp authority did not answer.

The sealed file stays as it is: the stamp stands beside it and names its hash. It says "not later
than then", which is true; the moment of the seal stays as we recorded it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from clinic.errors import ClinicError
from clinic.record import audit
from consent import inspection, timestamps
from consent.inspection import Level
from consent.models import ConsentDocument, TimeStamp

AT_ONCE = 50
LONGEST = timedelta(minutes=2)

logger = logging.getLogger(__name__)


class NoTime(ClinicError):
    code = "no-time"
    text = "The time-stamp authority did not answer, or its answer does not hold."


def stamp_all(*, clock: Callable[[], datetime]) -> int:
    """Ask for the times that are missing; where nobody answers, the next round asks again."""
    if not settings.SEAL_TSA_URL:
        return 0
    begun, count = clock(), 0
    for document in ConsentDocument.objects.without_time(str(Level.BASIC))[:AT_ONCE]:
        if clock() - begun > LONGEST:
            break
        try:
            stamp(document, at=clock())
        except NoTime as error:
            logger.warning("no time stamp: %s", error.code, extra={"id": document.pk})
            break
        count += 1
    return count


def stamp(document: ConsentDocument, *, at: datetime) -> TimeStamp:
    """Ask for a time of this document's hash, outside of any transaction, and keep it."""
    digest = bytes.fromhex(document.pdf_sha256)
    try:
        token = timestamps.ask(settings.SEAL_TSA_URL, digest)
    except timestamps.NO_TIME as error:
        raise NoTime from error
    stamped_at = inspection.time_of(token, digest)
    if stamped_at is None:
        raise NoTime
    return _keep(document, token, stamped_at, at=at)


@transaction.atomic
def _keep(
    document: ConsentDocument, token: bytes, stamped_at: datetime, *, at: datetime
) -> TimeStamp:
    row, is_new = TimeStamp.objects.get_or_create(
        document=document,
        defaults={
            "stamped_at": stamped_at,
            "pdf_sha256": document.pdf_sha256,
            "token": token,
        },
    )
    if is_new:
        patient = document.patient.uuid
        audit.record("consent.time-stamped", document, at=at, by=None, patient=patient)
    return row
