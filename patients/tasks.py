"""What a worker does for the histories: read them again when the knowledge is newer."""

from celery import shared_task

from patients import synonyms


@shared_task
def read_again() -> None:
    """Statements that older words did not match may be understood now, and the other way round."""
    synonyms.read_again()
