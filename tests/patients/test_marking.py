"""Drawn over a photo and laid over another one; the photos stay as they are."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.errors import Broken, Stale
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import marking, marks, photos
from patients.marking import NoPair, Unreadable
from patients.models import Alignment, Area, Markup, Patient, Photo, View
from tests.factories.patients import LONG_AGO, make_patient, make_photo
from tests.factories.staff import NOW, make_staff
from tests.patients.conftest import SignIn

STROKE = {"places": [[0, 0], [5000, 5000], [10000, 10000]], "note": "a fine line"}
POINT = {"places": [[2500, 7500]], "note": ""}
PAIRS = "[[1000, 1000], [9000, 1000], [1500, 1500], [8500, 1500]]"


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def patient(db: None) -> Patient:
    return make_patient()


@pytest.fixture
def by(db: None) -> User:
    return make_staff(Role.COSMETOLOGIST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        "[" * 100_000,
        json.dumps([POINT | {"colour": "red"}]),
        json.dumps([{"places": [], "note": ""}]),
        json.dumps([{"places": [[0, 10_001]], "note": ""}]),
        json.dumps([{"places": [[0.5, 1]], "note": ""}]),
        json.dumps([{"places": [[1, 2, 3]], "note": ""}]),
        json.dumps([{"places": [[1, 2]] * 501, "note": ""}]),
        json.dumps([{"places": [[1, 2]], "note": "x" * 201}]),
        json.dumps([POINT] * 101),
        '"' + "x" * 400_000 + '"',
    ],
)
def test_what_is_no_drawing_is_refused(text: str) -> None:
    with pytest.raises(Broken):
        marks.read(text)


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_anything_else_is_read_or_refused(text: str) -> None:
    try:
        read = marks.read(text)
    except Broken:
        return
    assert isinstance(read, list)


@pytest.mark.parametrize(
    "text", ["[]", "[[1,1],[1,1],[2,2],[3,3]]", "[[1,1],[2,2],[3,3]]", "[[1,1],[2,2],[3,3],[3,3]]"]
)
def test_two_places_on_each_photo_are_needed(text: str) -> None:
    with pytest.raises(Broken):
        marks.read_pairs(text)


def test_a_drawing_is_kept_beside_the_photo_and_changed_by_a_new_one(
    patient: Patient, by: User
) -> None:
    photo = make_photo(patient)
    original = photos.read(photo)
    first = marking.draw(photo, json.dumps([STROKE, POINT]), version="", at=NOW, by=by)
    second = marking.draw(photo, "[]", version=str(first.uuid), at=NOW, by=by)
    assert marking.layer(photo) == second
    assert Markup.objects.get(pk=first.pk).marks == [STROKE, POINT]
    assert photos.read(photo) == original
    assert AuditEntry.objects.filter(action="photo.marked", subject_uuid=photo.uuid).count() == 2


def test_who_draws_on_an_old_layer_is_told(patient: Patient, by: User) -> None:
    photo = make_photo(patient)
    marking.draw(photo, json.dumps([POINT]), version="", at=NOW, by=by)
    with pytest.raises(Stale):
        marking.draw(photo, "[]", version="", at=NOW, by=by)
    with pytest.raises(Unreadable):
        marking.draw(photo, "<svg>", version="", at=NOW, by=by)
    assert Markup.objects.count() == 1


def test_a_layer_is_shown_in_the_pixels_of_its_photo(patient: Patient, by: User) -> None:
    photo = make_photo(patient)
    layer = marking.draw(photo, json.dumps([STROKE, POINT]), version="", at=NOW, by=by)
    stroke, point = marking.lines(photo, layer)
    assert stroke.path == "0,0 120,160 240,320"
    assert (point.is_point, point.x, point.y, point.number) == (True, 60, 240, 2)


def test_two_photos_of_one_view_are_aligned_and_aligned_anew(patient: Patient, by: User) -> None:
    before = make_photo(patient, at=LONG_AGO)
    after = make_photo(patient, at=NOW, colour=(1, 2, 3))
    assert marking.points_of(before, after) == []
    marking.align(before, after, PAIRS, at=NOW, by=by)
    marking.align(before, after, PAIRS, at=NOW, by=by)
    assert marking.points_of(before, after)[3] == [8500, 1500]
    assert Alignment.objects.count() == 1


def test_photos_that_do_not_belong_together_are_not_aligned(patient: Patient, by: User) -> None:
    photo = make_photo(patient)
    others = [photo, make_photo(patient, view=View.LEFT_45), make_photo(patient, area=Area.NECK)]
    others.append(make_photo(make_patient()))
    for other in others:
        with pytest.raises(NoPair):
            marking.align(photo, other, PAIRS, at=NOW, by=by)


# On the screen


def test_the_first_and_the_newest_are_compared_unless_others_are_chosen(
    sign_in: SignIn, patient: Patient
) -> None:
    first, middle, newest = (
        make_photo(patient, at=LONG_AGO.replace(hour=hour), colour=(9 * hour, 9, 9))
        for hour in (7, 8, 9)
    )
    treats, address = sign_in(), f"/patients/{patient.uuid}/photos/compare/"
    page = treats.get(address).content.decode()
    assert page.index(f"{first.uuid}/file") < page.index(f"{newest.uuid}/file")
    assert f"{middle.uuid}/file" not in page
    chosen = treats.get(address, {"of": "face:front", "after": str(middle.uuid)})
    assert f"{middle.uuid}/file" in chosen.content.decode()
    assert AuditEntry.objects.filter(action="photos.viewed").count() == 2
    assert (
        "No photos yet"
        in treats.get(address.replace(str(patient.uuid), str(make_patient().uuid))).content.decode()
    )


def test_an_alignment_is_kept_and_shown_again(sign_in: SignIn, patient: Patient) -> None:
    before = make_photo(patient, at=LONG_AGO)
    after = make_photo(patient, at=NOW, colour=(1, 2, 3))
    treats, base = sign_in(), f"/patients/{patient.uuid}/photos/"
    sent = {"before": before.uuid, "after": after.uuid, "points": PAIRS}
    shown = treats.post(f"{base}align/", sent, follow=True).content.decode()
    assert "8500" in shown
    assert treats.post(f"{base}align/", sent | {"points": "[]"}).status_code == 409
    assert treats.post(f"{base}align/", sent | {"after": "x"}).status_code == 404


def test_a_drawing_is_sent_kept_and_shown_without_a_script(
    sign_in: SignIn, patient: Patient
) -> None:
    photo, treats = make_photo(patient), sign_in()
    address = f"/patients/{patient.uuid}/photos/{photo.uuid}/"
    note = {"places": [[1, 1], [5000, 5000]], "note": "<b>scar</b>"}
    sent = {"marks": json.dumps([note]), "version": ""}
    assert treats.post(f"{address}mark/", sent).status_code == 302
    page = treats.get(address).content.decode()
    assert "<polyline" in page
    assert "&lt;b&gt;scar" in page
    again = treats.post(f"{address}mark/", sent)
    assert again.status_code == 422
    assert "meantime" in again.content.decode()
    assert "<b>scar" not in again.content.decode()


def test_a_closed_photo_is_neither_compared_nor_drawn_upon(
    sign_in: SignIn, patient: Patient, by: User
) -> None:
    photo, treats = make_photo(patient), sign_in()
    photos.forbid(photo, "record", at=NOW, by=by)
    base = f"/patients/{patient.uuid}/photos/"
    assert str(photo.uuid) not in treats.get(f"{base}compare/").content.decode()
    assert treats.get(f"{base}{photo.uuid}/mark/").status_code == 404
    assert Photo.objects.kept().count() == 0
