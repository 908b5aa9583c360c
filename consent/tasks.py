"""What a worker does for consents: seal what was countersigned."""

import logging

from celery import shared_task
from django.utils import timezone

from clinic.errors import ClinicError
from consent import certificates, custody, keys, sealing, stamping, withdrawing
from consent.models import ConsentDocument, Withdrawal

logger = logging.getLogger(__name__)


@shared_task
def seal(document_id: int) -> None:
    """Rung right after a countersignature."""
    document = ConsentDocument.objects.get(pk=document_id)
    _seal(document)


@shared_task
def seal_withdrawal(withdrawal_id: int) -> None:
    """Rung right after a withdrawal."""
    _seal_page(Withdrawal.objects.select_related("document__patient").get(pk=withdrawal_id))


@shared_task
def seal_countersigned() -> None:
    """What no bell was heard for; any number of sweeps make one document and one page."""
    now = timezone.now()
    since = now - sealing.GRACE
    for document in ConsentDocument.objects.waiting_for_seal(since=since).order_by("pk"):
        _seal(document)
    for withdrawal in withdrawing.waiting(at=now):
        _seal_page(withdrawal)


@shared_task
def stamp() -> None:
    """What was sealed while the time-stamp authority was away gets its time now."""
    stamping.stamp_all(clock=timezone.now)


@shared_task
def watch() -> None:
    """Every night: the files are those that were sealed, and the seal does not end unnoticed."""
    try:
        certificates.remind(at=timezone.now())
    except keys.SealNotReady as error:
        logger.warning("the seal cannot be used: %s", error.code)
    custody.go_round(clock=timezone.now)


def _seal(document: ConsentDocument) -> None:
    try:
        sealing.seal_or_ask(document, at=timezone.now())
    except ClinicError as error:
        logger.warning("consent not sealed: %s", error.code, extra={"id": document.pk})


def _seal_page(withdrawal: Withdrawal) -> None:
    try:
        withdrawing.seal_or_ask(withdrawal, at=timezone.now())
    except ClinicError as error:
        logger.warning("withdrawal not sealed: %s", error.code, extra={"id": withdrawal.pk})
