"""Photos on the screen: uploaded per view, seen on record."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients.models import Area, Patient, Photo, View
from tests.factories.patients import LONG_AGO, make_patient, make_photo, make_picture
from tests.patients.conftest import SignIn
from tests.patients.test_shots import png_header

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


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("x.jpg", b"<html><script>alert(1)</script>", "not a photo we can read"),
        ("x.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo we can read"),
        ("x.jpg", b"PK\x03\x04" + bytes(500), "not a photo we can read"),
        ("x.jpg", bytes(40 * 1024 * 1024), "larger than 25 MB"),
        ("x.png", png_header(30_000, 30_000), "megapixels"),
        ("x.jpg", make_picture(600, 800)[:2000], "damaged"),
        ("x.jpg", make_picture() + b"<html>", "something else at once"),
    ],
    ids=["page", "drawing", "archive", "40 MB", "30,000 x 30,000", "half a file", "two in one"],
)
def test_what_is_refused_is_told_beside_its_field_and_leaves_nothing(
    name: str, data: bytes, sentence: str, sign_in: SignIn, patient: Patient, media: Path
) -> None:
    response = add(sign_in, patient, front=upload(name, data))
    assert response.status_code == 422
    slot = response.content.decode().split('name="front"')[1].split("</li>")[0]
    assert sentence in slot
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
    assert neck.count("Missing") == 3
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
    assert treats.get(address).content.decode().count("allowed since") == 2
    treats.post(f"{address}use/", {"use": "teaching", "allowed": "no"})
    page = treats.get(address).content.decode()
    assert page.count("allowed since") == page.count("taken back on") == 1
    assert treats.post(f"{address}use/", {"use": "billboard"}).status_code == 404


def test_an_empty_chart_says_what_to_do(sign_in: SignIn, patient: Patient) -> None:
    page = sign_in().get(f"/patients/{patient.uuid}/photos/").content.decode()
    assert "No photos yet" in page
    assert AuditEntry.objects.filter(action="photos.viewed", patient_uuid=patient.uuid).exists()


def test_a_page_of_photos_is_one_entry_and_its_pictures_none(
    sign_in: SignIn, patient: Patient
) -> None:
    for view in (View.FRONT, View.LEFT_45, View.RIGHT_45):
        make_photo(patient, view=view)
    treats = sign_in()
    page = treats.get(f"/patients/{patient.uuid}/photos/").content.decode()
    addresses = [unescape(one) for one in re.findall('src="([^"]+/file/[^"]*)"', page)]
    assert len(addresses) == 3
    assert all(treats.get(one).status_code == 200 for one in addresses)
    assert AuditEntry.objects.filter(action="photos.viewed").count() == 1
    assert not AuditEntry.objects.filter(action="photo.viewed").exists()
    sign_in(Role.CLINICAL_LEAD).get(addresses[0])
    assert AuditEntry.objects.filter(action="photo.viewed").count() == 1


def test_the_chart_costs_the_same_with_many_photos(
    sign_in: SignIn, patient: Patient, django_assert_max_num_queries: Any
) -> None:
    treats = sign_in()
    for area in (Area.FACE, Area.NECK, Area.HANDS):
        for days in range(6):
            make_photo(
                patient, area=area, at=LONG_AGO - timedelta(days=days), colour=(200, 20 * days, 90)
            )
    address = f"/patients/{patient.uuid}/photos/"
    treats.get(address)
    with django_assert_max_num_queries(8):
        page = treats.get(address).content.decode()
    assert page.count("<figure>") == 3 * 4


def test_a_photo_that_the_patient_closed_is_shown_nowhere_and_can_be_opened_again(
    sign_in: SignIn, patient: Patient
) -> None:
    photo, treats = make_photo(patient), sign_in()
    base = f"/patients/{patient.uuid}/photos/"
    address = f"{base}{photo.uuid}/"
    treats.post(f"{address}use/", {"use": "record", "allowed": "no"})
    assert treats.get(f"{address}file/").status_code == 404
    assert str(photo.uuid) not in treats.get(base).content.decode()
    assert "<img" not in treats.get(address).content.decode().split("<main")[1]
    refused = treats.post(f"{address}use/", {"use": "marketing", "allowed": "yes"})
    assert refused.status_code == 409
    treats.post(f"{address}use/", {"use": "record", "allowed": "yes"})
    assert treats.get(f"{address}file/").status_code == 200
