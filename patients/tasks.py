"""What a worker does for the charts: read them again, find those twice here, make small copies."""

from celery import shared_task
from django.utils import timezone

from patients import duplicates, photos, synonyms
from patients.models import Photo


@shared_task
def read_again() -> None:
    """Statements that older words did not match may be understood now, and the other way round."""
    synonyms.read_again()


@shared_task
def compare_charts() -> None:
    """Charts that are new or were changed are compared with the others, a few hundred at a time."""
    duplicates.look(at=timezone.now())


@shared_task
def make_thumbnail(photo_id: int) -> None:
    """Rung right after a photo was kept."""
    photos.make_thumbnail(Photo.objects.get(pk=photo_id), at=timezone.now())


@shared_task
def make_thumbnails() -> None:
    """Of photos for which no bell was heard."""
    for photo in Photo.objects.without_thumbnail().order_by("pk")[: photos.SWEEP]:
        photos.make_thumbnail(photo, at=timezone.now())
