"""Photos at rest: encrypted, complete or not there at all, and used as the patient allows."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image

from clinic.record import audit
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from patients import photos, tasks
from patients.models import Area, Patient, Photo, PhotoUse, View
from patients.photos import Closed, TakenLater
from patients.shots import NoPicture
from procedures.wording import VIEWS
from tests.factories.patients import (
    LONG_AGO,
    make_patient,
    make_photo,
    make_photos,
    make_picture,
)
from tests.factories.staff import NOW, make_staff

JPEG = b"\xff\xd8\xff"


@pytest.fixture
def patient(db: None) -> Patient:
    return make_patient()


@pytest.fixture
def by(db: None) -> User:
    return make_staff(Role.COSMETOLOGIST)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def files() -> Iterator[Path]:
    root = Path(settings.MEDIA_ROOT)
    return (path for path in root.glob("photo/*") if path.is_file())


def test_what_lies_on_the_disk_is_no_jpeg(patient: Patient) -> None:
    photo = make_photo(patient)
    stored = next(files()).read_bytes()
    assert JPEG not in stored
    assert photos.read(photo).startswith(JPEG)
    assert photo.file not in str(photo.uuid)


def test_a_photo_keeps_what_it_shows(patient: Patient) -> None:
    photo = make_photo(patient, area=Area.NECK, view=View.CLOSE_UP)
    assert (photo.area, photo.view, photo.taken_at) == ("neck", "close-up", LONG_AGO)
    assert (photo.width, photo.height) == (240, 320)
    entry = AuditEntry.objects.get(action="photo.added")
    assert entry.patient_uuid == patient.uuid


def test_what_is_refused_leaves_nothing(patient: Patient, by: User) -> None:
    with pytest.raises(NoPicture):
        photos.add(patient, b"<html>", area="face", view="front", taken_at=NOW, at=NOW, by=by)
    with pytest.raises(TakenLater):
        photos.add(
            patient,
            make_picture(),
            area="face",
            view="front",
            taken_at=NOW + timedelta(minutes=1),
            at=NOW,
            by=by,
        )
    assert not Photo.objects.exists()
    assert list(files()) == []


def test_a_row_that_cannot_be_written_takes_its_file_along(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no trail")

    monkeypatch.setattr(audit, "record", fails)
    with pytest.raises(RuntimeError, match="no trail"):
        make_photo(patient, by=patient.registered_by)
    assert not Photo.objects.exists()
    assert list(files()) == []


def test_sent_twice_is_kept_once(patient: Patient) -> None:
    """R-47: a double click uploads once."""
    assert make_photo(patient) == make_photo(patient)
    assert len(list(files())) == 1
    assert make_photo(patient, view=View.LEFT_45) != make_photo(patient)


def test_the_face_has_five_standard_views_and_every_area_its_own() -> None:
    assert len(photos.standard_views(Area.FACE)) == 5
    for area in Area:
        views = photos.standard_views(area)
        assert len(views) == len(set(views)) >= 2
        assert all(view in VIEWS for view in views), "a consent names it in every language"


def test_what_is_missing_is_told_per_area_and_since_when(patient: Patient) -> None:
    make_photo(patient, view=View.FRONT, at=LONG_AGO)
    missing = photos.missing_views(patient, Area.FACE, since=None, at=NOW)
    assert View.FRONT not in missing
    assert len(missing) == 4
    assert View.FRONT in photos.missing_views(patient, Area.NECK, since=None, at=NOW)
    later = LONG_AGO + timedelta(seconds=1)
    assert View.FRONT in photos.missing_views(patient, Area.FACE, since=later, at=NOW)
    earlier = LONG_AGO - timedelta(seconds=1)
    assert View.FRONT in photos.missing_views(patient, Area.FACE, since=None, at=earlier)


def test_with_every_view_nothing_is_missing_until_one_is_removed(
    patient: Patient, by: User
) -> None:
    taken = make_photos(patient, Area.FACE)
    assert photos.missing_views(patient, Area.FACE, since=None, at=NOW) == ()
    photos.remove(taken[0], at=NOW, by=by)
    assert photos.missing_views(patient, Area.FACE, since=None, at=NOW) == (View.FRONT,)
    assert photos.read(taken[0])


def test_a_use_is_given_and_taken_back(patient: Patient, by: User) -> None:
    photo = make_photo(patient)
    assert photos.allow(photo, "teaching", at=NOW, by=by).teaching_allowed_at == NOW
    assert photos.allow(photo, "marketing", at=NOW, by=by).marketing_allowed_at == NOW
    photo = photos.forbid(photo, "teaching", at=NOW, by=by)
    assert (photo.teaching_allowed_at, photo.marketing_allowed_at) == (None, NOW)
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"photo.use-allowed", "photo.use-forbidden"} <= actions
    with pytest.raises(ValueError, match="billboard"):
        photos.allow(photo, "billboard", at=NOW, by=by)


def test_the_record_itself_is_a_use_that_can_be_taken_back_with_all_others(
    patient: Patient, by: User
) -> None:
    photo = make_photo(patient)
    photos.allow(photo, "teaching", at=NOW, by=by)
    photos.allow(photo, "marketing", at=NOW, by=by)
    photo = photos.forbid(photo, "record", at=NOW, by=by)
    assert {photo.allowed_since(use) for use in PhotoUse} == {None}
    for use in PhotoUse:
        assert not Photo.objects.usable_for(use).exists()
    assert View.FRONT in photos.missing_views(patient, Area.FACE, since=None, at=NOW)
    with pytest.raises(Closed):
        photos.allow(photo, "marketing", at=NOW, by=by)
    assert photos.allow(photo, "record", at=NOW, by=by).teaching_allowed_at is None
    assert Photo.objects.kept().get() == photo


def test_who_decided_about_a_use_and_when_is_kept(patient: Patient, by: User) -> None:
    photo = make_photo(patient, by=by)
    later = NOW + timedelta(hours=1)
    photos.allow(photo, "teaching", at=NOW, by=by)
    photos.allow(photo, "teaching", at=NOW, by=by)
    assert list(Photo.objects.usable_for("teaching")) == [photo]
    photos.forbid(photo, "teaching", at=later, by=by)
    assert not Photo.objects.usable_for("teaching").exists()
    words = photo.decisions.order_by("pk").values_list("use", "allowed", "at", "by")
    assert list(words) == [
        ("record", True, LONG_AGO, by.pk),
        ("teaching", True, NOW, by.pk),
        ("teaching", False, later, by.pk),
    ]


def test_missing_views_of_all_areas_cost_one_query(
    patient: Patient, django_assert_num_queries: Any
) -> None:
    make_photo(patient, area=Area.FACE)
    make_photos(patient, Area.NECK)
    with django_assert_num_queries(1):
        missing = photos.missing_by_area(patient, at=NOW)
    assert set(missing) == {Area.FACE, Area.NECK}
    assert missing[Area.NECK] == ()
    assert len(missing[Area.FACE]) == 4


def test_the_worker_makes_one_small_copy_encrypted_too(patient: Patient, settings: Any) -> None:
    photo = make_photo(patient)
    assert Image.open(BytesIO(photos.read_small(photo))).height == 320
    tasks.make_thumbnail(photo.pk)
    tasks.make_thumbnail(photo.pk)
    tasks.make_thumbnails()
    photo.refresh_from_db()
    assert photo.thumbnail_at is not None
    stored = (Path(settings.MEDIA_ROOT) / photo.thumbnail).read_bytes()
    assert JPEG not in stored
    assert photos.read_small(photo).startswith(JPEG)
    assert not Photo.objects.without_thumbnail().exists()


def test_a_worker_that_died_after_the_file_is_made_good_by_the_sweep(patient: Patient) -> None:
    photo = make_photo(patient)
    EncryptedStorage().save_once(photo.thumbnail, photos.read(photo))
    tasks.make_thumbnails()
    photo.refresh_from_db()
    assert photo.thumbnail_at is not None


def test_a_kept_photo_rings_for_its_small_copy_and_a_lost_broker_costs_nothing(
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    rung: list[Any] = []

    def away(task: str, args: list[int], **_options: Any) -> None:
        rung.append((task, args))
        raise OSError("no broker")

    monkeypatch.setattr("celery.current_app.send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        photo = make_photo(patient)
    assert rung == [("patients.tasks.make_thumbnail", [photo.pk])]


def test_a_page_puts_all_its_photos_on_record_at_once(patient: Patient, by: User) -> None:
    shown = make_photos(patient, Area.NECK)
    photos.view_all(patient, shown, at=NOW, by=by)
    entry = AuditEntry.objects.get(action="photos.viewed")
    assert entry.facts["photos"].split(",") == [str(photo.uuid) for photo in shown]
    assert entry.patient_uuid == patient.uuid
    first, second, _third = shown
    assert photos.is_on_record(first, first.ticket, by=by)
    assert not photos.is_on_record(second, first.ticket, by=by)
    assert not photos.is_on_record(first, first.ticket, by=make_staff(Role.COSMETOLOGIST))
    assert not photos.is_on_record(first, "", by=by)


def test_a_look_is_on_record(patient: Patient, by: User) -> None:
    photo = make_photo(patient)
    photos.view(photo, at=NOW, by=by)
    entry = AuditEntry.objects.get(action="photo.viewed")
    assert (entry.subject_uuid, entry.patient_uuid) == (photo.uuid, patient.uuid)
    assert entry.actor_uuid == by.uuid
