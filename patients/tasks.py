"""What a worker does for the charts: read them again by newer knowledge, find those twice here."""

from celery import shared_task
from django.utils import timezone

from patients import duplicates, synonyms


@shared_task
def read_again() -> None:
    """Statements that older words did not match may be understood now, and the other way round."""
    synonyms.read_again()


@shared_task
def compare_charts() -> None:
    """Charts that are new or were changed are compared with the others, a few hundred at a time."""
    duplicates.look(at=timezone.now())
