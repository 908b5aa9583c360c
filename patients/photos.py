"""Photos that can be compared: standard views of an area, encrypted at rest.

Each public function that writes is one transaction.
"""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.storage import EncryptedStorage
from patients import shots
from patients.models import Area, Patient, Photo, PhotoUse, View

FACE = (View.FRONT, View.LEFT_45, View.RIGHT_45, View.LEFT_90, View.RIGHT_90)
OTHER = (View.FRONT, View.CLOSE_UP)


class TakenLater(ClinicError):
    code = "taken-later"
    text = _("The photo cannot have been taken later than now. Check the date and the time.")


class Pose(TypedDict):
    """What a photo shows, and since when it looks so."""

    area: str
    view: str
    taken_at: datetime


@transaction.atomic
def add(patient: Patient, upload: bytes, *, at: datetime, by: User, **pose: Unpack[Pose]) -> Photo:
    """Keep a photo; the same picture sent twice is one."""
    area, view = Area(pose["area"]), View(pose["view"])
    if pose["taken_at"] > at:
        raise TakenLater
    shot = shots.develop(upload)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    same = patient.photos.kept().filter(area=area, view=view, sha256=shot.sha256).first()
    if same is not None:
        return same
    storage = EncryptedStorage()
    name = storage.put("photo", shot.jpeg)
    try:
        photo = _keep(Photo(patient=patient, file=name, **pose), shot, at=at, by=by)
    except BaseException:
        storage.delete(name)
        raise
    return photo


def read(photo: Photo) -> bytes:
    """The JPEG. Who asks for it has passed the door, and puts the view on record."""
    return EncryptedStorage().read(photo.file)


@transaction.atomic
def view(photo: Photo, *, at: datetime, by: User) -> bytes:
    """The JPEG, and on the record that it was seen."""
    audit.record("photo.viewed", photo, at=at, by=by, patient=photo.patient.uuid)
    return read(photo)


@transaction.atomic
def allow(photo: Photo, use: str, *, at: datetime, by: User) -> Photo:
    """The patient lets it be used beyond the record."""
    return _set_use(photo, PhotoUse(use), at, action="photo.use-allowed", at=at, by=by)


@transaction.atomic
def forbid(photo: Photo, use: str, *, at: datetime, by: User) -> Photo:
    """The patient takes the permission back."""
    return _set_use(photo, PhotoUse(use), None, action="photo.use-forbidden", at=at, by=by)


@transaction.atomic
def remove(photo: Photo, *, at: datetime, by: User) -> Photo:
    """Taken of somebody else, or useless: out of sight; the file stays for its retention."""
    photo = Photo.objects.select_for_update(no_key=True).get(pk=photo.pk)
    photo.removed_at = photo.removed_at or at
    photo.save(update_fields=["removed_at"])
    audit.record("photo.removed", photo, at=at, by=by, patient=photo.patient.uuid)
    return photo


def standard_views(area: str) -> tuple[View, ...]:
    """From where an area is photographed, always."""
    return FACE if Area(area) is Area.FACE else OTHER


def missing_views(
    patient: Patient, area: str, *, since: datetime | None, at: datetime
) -> tuple[View, ...]:
    """The standard views nobody took (since then)."""
    photos = patient.photos.kept().filter(area=area, taken_at__lte=at)
    if since is not None:
        photos = photos.filter(taken_at__gte=since)
    taken = set(photos.values_list("view", flat=True))
    return tuple(one for one in standard_views(area) if one.value not in taken)


def _keep(photo: Photo, shot: shots.Shot, *, at: datetime, by: User) -> Photo:
    photo.taken_by = by
    photo.sha256, photo.width, photo.height = shot.sha256, shot.width, shot.height
    photo.save(force_insert=True)
    facts = {"area": photo.area, "view": photo.view}
    audit.record("photo.added", photo, at=at, by=by, patient=photo.patient.uuid, **facts)
    return photo


def _set_use(
    photo: Photo, use: PhotoUse, since: datetime | None, *, action: str, at: datetime, by: User
) -> Photo:
    photo = Photo.objects.select_for_update(no_key=True).get(pk=photo.pk)
    setattr(photo, use.column, since)
    photo.save(update_fields=[use.column])
    audit.record(action, photo, at=at, by=by, patient=photo.patient.uuid, use=use.value)
    return photo
