"""What a worker does for consents: seal what was countersigned."""

import logging

from celery import shared_task
from django.utils import timezone

from clinic.errors import ClinicError
from consent import sealing
from consent.models import ConsentDocument

logger = logging.getLogger(__name__)


@shared_task
def seal(document_id: int) -> None:
    """Rung right after a countersignature."""
    document = ConsentDocument.objects.get(pk=document_id)
    _seal(document)


@shared_task
def seal_countersigned() -> None:
    """What no bell was heard for; any number of sweeps make one document."""
    since = timezone.now() - sealing.GRACE
    for document in ConsentDocument.objects.waiting_for_seal(since=since).order_by("pk"):
        _seal(document)


def _seal(document: ConsentDocument) -> None:
    try:
        sealing.seal_or_ask(document, at=timezone.now())
    except ClinicError as error:
        logger.warning("consent not sealed: %s", error.code, extra={"id": document.pk})
