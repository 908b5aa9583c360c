"""Photos on the screen: uploaded per view, seen on record."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients.models import Patient, Photo, View
from tests.factories.patients import make_patient, make_photo, make_picture
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def patient() -> Patient:
    return make_patient()


def upload(name: str = "a.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    picture = make_picture() if data is None else data
    return SimpleUploadedFile(name, picture, content_type="image/jpeg")


def add(sign_in: SignIn, patient: Patient, **files: Any) -> Any:
    return sign_in().post(f"/patients/{patient.uuid}/photos/add/?area=face", files)


def test_a_file_per_view_is_kept(sign_in: SignIn, patient: Patient) -> None:
    files = {"front": upload(), "left-45": upload("b.png", make_picture(kind="PNG"))}
    assert add(sign_in, patient, **files).status_code == 302
    assert {(one.area, one.view) for one in Photo.objects.all()} == {
        ("face", "front"),
        ("face", "left-45"),
    }


def test_html_called_jpg_is_refused_beside_its_field_and_leaves_nothing(
    sign_in: SignIn, patient: Patient, media: Path
) -> None:
    response = add(sign_in, patient, front=upload("x.jpg", b"<html><script>alert(1)</script>"))
    assert response.status_code == 422
    assert "not a photo we can read" in response.content.decode()
    assert not Photo.objects.exists()
    assert not list(media.glob("photo/*"))


def test_a_good_photo_is_kept_where_another_is_refused(sign_in: SignIn, patient: Patient) -> None:
    response = add(sign_in, patient, front=upload(), **{"left-45": upload("x.jpg", b"")})
    assert response.status_code == 422
    assert Photo.objects.get().view == View.FRONT


def test_no_file_at_all_is_said(sign_in: SignIn, patient: Patient) -> None:
    response = add(sign_in, patient)
    assert response.status_code == 422
    assert "Choose at least one photo" in response.content.decode()


def test_a_photo_of_tomorrow_is_refused(sign_in: SignIn, patient: Patient) -> None:
    response = add(sign_in, patient, front=upload(), taken_at="2999-01-01T10:00")
    assert response.status_code == 422
    assert not Photo.objects.exists()


def test_what_is_missing_is_shown_per_area(sign_in: SignIn, patient: Patient) -> None:
    make_photo(patient, view=View.FRONT)
    treats = sign_in()
    face = treats.get(f"/patients/{patient.uuid}/photos/add/?area=face").content.decode()
    assert face.count("Missing") == 4
    neck = treats.get(f"/patients/{patient.uuid}/photos/add/?area=neck").content.decode()
    assert neck.count("Missing") == 2
    assert treats.get(f"/patients/{patient.uuid}/photos/add/?area=moon").status_code == 404


def test_a_photo_is_served_privately_and_each_look_is_on_record(
    sign_in: SignIn, patient: Patient
) -> None:
    photo, treats = make_photo(patient), sign_in()
    address = f"/patients/{patient.uuid}/photos/{photo.uuid}/file/"
    for query in ({}, {"small": ""}):
        response = treats.get(address, query)
        assert response["Content-Type"] == "image/jpeg"
        assert response["Cache-Control"] == "private, no-store"
        assert response.content.startswith(b"\xff\xd8\xff")
    looks = AuditEntry.objects.filter(action="photo.viewed", subject_uuid=photo.uuid)
    assert looks.count() == 2


def test_a_look_that_is_refused_shows_nothing(sign_in: SignIn, patient: Patient) -> None:
    photo = make_photo(patient)
    address = f"/patients/{patient.uuid}/photos/{photo.uuid}/file/"
    for role in (Role.RECEPTION, Role.ADMINISTRATOR, Role.AUDITOR):
        response = sign_in(role).get(address)
        assert response.status_code == 403
        assert b"\xff\xd8\xff" not in response.content
    assert not AuditEntry.objects.filter(action="photo.viewed").exists()


def test_a_removed_photo_is_gone_from_every_page(sign_in: SignIn, patient: Patient) -> None:
    photo, treats = make_photo(patient), sign_in()
    base = f"/patients/{patient.uuid}/photos/"
    assert str(photo.uuid) in treats.get(base).content.decode()
    treats.post(f"{base}{photo.uuid}/remove/")
    assert str(photo.uuid) not in treats.get(base).content.decode()
    assert treats.get(f"{base}{photo.uuid}/file/").status_code == 404


def test_a_use_is_allowed_and_taken_back_by_a_click(sign_in: SignIn, patient: Patient) -> None:
    photo, treats = make_photo(patient), sign_in()
    address = f"/patients/{patient.uuid}/photos/{photo.uuid}/"
    treats.post(f"{address}use/", {"use": "teaching", "allowed": "yes"})
    assert "allowed since" in treats.get(address).content.decode()
    treats.post(f"{address}use/", {"use": "teaching", "allowed": "no"})
    assert "allowed since" not in treats.get(address).content.decode()
    assert treats.post(f"{address}use/", {"use": "billboard"}).status_code == 404


def test_an_empty_chart_says_what_to_do(sign_in: SignIn, patient: Patient) -> None:
    page = sign_in().get(f"/patients/{patient.uuid}/photos/").content.decode()
    assert "No photos yet" in page
    assert AuditEntry.objects.filter(action="photos.listed", patient_uuid=patient.uuid).exists()
