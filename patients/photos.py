"""Photos that can be compared: standard views of an area, encrypted at rest.

Each public function that writes is one transaction.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypedDict, Unpack

from celery import current_app
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from clinic.errors import ClinicError
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.storage import EncryptedStorage
from patients import shots
from patients.models import Area, Patient, Photo, PhotoUse, PhotoUseDecision, View

STANDARD = {
    Area.FACE: (View.FRONT, View.LEFT_45, View.RIGHT_45, View.LEFT_90, View.RIGHT_90),
    Area.LOWER_EYELID: (View.FRONT, View.LEFT_45, View.RIGHT_45, View.CLOSE_UP),
    Area.NECK: (View.FRONT, View.LEFT_90, View.RIGHT_90),
    Area.DECOLLETE: (View.FRONT, View.LEFT_45, View.RIGHT_45),
    Area.HANDS: (View.TOP, View.CLOSE_UP),
    Area.SCALP: (View.FRONT, View.TOP, View.LEFT_90, View.RIGHT_90, View.BACK),
    Area.BODY: (View.FRONT, View.LEFT_90, View.RIGHT_90, View.BACK),
}
SMALL = 480  # pixels of the longer side, in a grid
SIGNER = TimestampSigner(salt="patients.photos")
PAGE_OPEN = timedelta(minutes=5)  # how long a page may fetch what it put on record
SWEEP = 200  # thumbnails a sweep makes at most

logger = logging.getLogger(__name__)


class TakenLater(ClinicError):
    code = "taken-later"
    text = _("The photo cannot have been taken later than now. Check the date and the time.")


class Closed(ClinicError):
    code = "closed"
    text = _("The patient took back even the use for the record. Nothing else can be allowed.")


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


def read_small(photo: Photo) -> bytes:
    """The small copy; made on the spot where the worker was not there yet."""
    if photo.thumbnail_at is None:
        return shots.shrink(read(photo), SMALL)
    return EncryptedStorage().read(photo.thumbnail)


@transaction.atomic
def view(photo: Photo, *, at: datetime, by: User) -> None:
    """On the record that it was seen."""
    audit.record("photo.viewed", photo, at=at, by=by, patient=photo.patient.uuid)


@transaction.atomic
def view_all(patient: Patient, shown: Iterable[Photo], *, at: datetime, by: User) -> None:
    """One entry for all that a page shows; each gets the ticket by which the page fetches it."""
    shown = list(shown)
    names = ",".join(str(photo.uuid) for photo in shown)
    audit.record("photos.viewed", patient, at=at, by=by, patient=patient.uuid, photos=names)
    for photo in shown:
        photo.ticket = SIGNER.sign(_pass(photo, by)).removeprefix(_pass(photo, by))


def is_on_record(photo: Photo, ticket: str, *, by: User) -> bool:
    """Whether a page of this person has just put this very photo on record."""
    try:
        SIGNER.unsign(_pass(photo, by) + ticket, max_age=PAGE_OPEN)
    except BadSignature:
        return False
    return True


def make_thumbnail(photo: Photo, *, at: datetime) -> None:
    """The small copy beside the photo. Any number of workers make one."""
    storage = EncryptedStorage()
    with suppress(FileExistsError):  # another worker was faster
        storage.save_once(photo.thumbnail, shots.shrink(storage.read(photo.file), SMALL))
    Photo.objects.filter(pk=photo.pk, thumbnail_at=None).update(thumbnail_at=at)


@transaction.atomic
def allow(photo: Photo, use: str, *, at: datetime, by: User) -> Photo:
    """The patient lets it be used for this."""
    return _set_use(photo, PhotoUse(use), at, action="photo.use-allowed", at=at, by=by)


@transaction.atomic
def forbid(photo: Photo, use: str, *, at: datetime, by: User) -> Photo:
    """The patient takes the permission back; of the record's, and no other one remains."""
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
    return STANDARD[Area(area)]


def missing_views(
    patient: Patient, area: str, *, since: datetime | None, at: datetime
) -> tuple[View, ...]:
    """The standard views nobody took (since then)."""
    photos = patient.photos.kept().filter(area=area, taken_at__lte=at)
    if since is not None:
        photos = photos.filter(taken_at__gte=since)
    taken = set(photos.values_list("view", flat=True))
    return tuple(one for one in standard_views(area) if one.value not in taken)


def missing_by_area(patient: Patient, *, at: datetime) -> dict[Area, tuple[View, ...]]:
    """The standard views nobody ever took, of every area that was photographed."""
    photos = patient.photos.kept().filter(taken_at__lte=at)
    taken = set(photos.values_list("area", "view").distinct())
    return {
        area: tuple(one for one in views if (area.value, one.value) not in taken)
        for area, views in STANDARD.items()
        if area.value in {where for where, _view in taken}
    }


def _keep(photo: Photo, shot: shots.Shot, *, at: datetime, by: User) -> Photo:
    photo.taken_by = by
    photo.sha256, photo.width, photo.height = shot.sha256, shot.width, shot.height
    photo.record_allowed_at = at
    photo.save(force_insert=True)
    PhotoUseDecision.objects.create(photo=photo, use=PhotoUse.RECORD, allowed=True, at=at, by=by)
    transaction.on_commit(partial(_ring, photo.pk), robust=True)
    facts = {"area": photo.area, "view": photo.view}
    audit.record("photo.added", photo, at=at, by=by, patient=photo.patient.uuid, **facts)
    return photo


def _set_use(
    photo: Photo, use: PhotoUse, since: datetime | None, *, action: str, at: datetime, by: User
) -> Photo:
    photo = Photo.objects.select_for_update(no_key=True).get(pk=photo.pk)
    if since is not None and photo.record_allowed_at is None and use is not PhotoUse.RECORD:
        raise Closed
    closed = list(PhotoUse) if since is None and use is PhotoUse.RECORD else [use]
    changed = [one for one in closed if (photo.allowed_since(one) is None) is not (since is None)]
    for one in changed:
        setattr(photo, one.column, since)
        allowed = since is not None
        PhotoUseDecision.objects.create(photo=photo, use=one, allowed=allowed, at=at, by=by)
    photo.save(update_fields=[one.column for one in changed])
    audit.record(action, photo, at=at, by=by, patient=photo.patient.uuid, use=use.value)
    return photo


def _pass(photo: Photo, by: User) -> str:
    return f"{by.uuid}:{photo.uuid}"


def _ring(photo: int) -> None:
    """Wake a worker; a broker that is away costs a minute, never the photo."""
    task = "patients.tasks.make_thumbnail"
    try:
        current_app.send_task(task, [photo], retry=False, ignore_result=True)
    except (OperationalError, OSError):
        logger.warning("the broker cannot be reached; the next sweep shrinks", extra={"id": photo})
