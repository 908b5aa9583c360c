"""What a worker does for exports and imports: piece by piece, each committed."""

from celery import shared_task
from django.utils import timezone

from clinic.portable import exporting, importing, papers


@shared_task
def export() -> None:
    while exporting.write_part(at=timezone.now()):
        pass


@shared_task
def export_consents() -> None:
    while papers.write_part(at=timezone.now()):
        pass


@shared_task
def import_lists() -> None:
    while importing.take_batch(at=timezone.now()):
        pass


@shared_task
def remove_outdated() -> None:
    exporting.remove_outdated(at=timezone.now())
    papers.remove_outdated(at=timezone.now())
