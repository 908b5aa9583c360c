"""What goes out can be read by others, and read in again without losing anything."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fhir.resources.R4B import get_fhir_model_class

from clinic.portable import exporting, handing, restoring
from clinic.portable.kinds import KINDS, LEFT_OUT
from clinic.portable.models import Export
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from patients import photos
from patients.models import HistoryKind, Patient, PhotoUse
from tests.factories.patients import make_history, make_patient, make_photo
from tests.factories.procedures import make_completed_session
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


@pytest.fixture
def treated() -> Patient:
    """Somebody with almost everything: history, answers, photos, consent, plan, session."""
    patient = make_completed_session(at=NOW).patient
    make_history(patient, HistoryKind.CONDITION, "HIV")
    make_history(patient, HistoryKind.ALLERGY, "latex")
    make_history(patient, HistoryKind.MEDICINE, "warfarin")
    return Patient.objects.get(pk=patient.pk)


def opened(pieces: Iterator[bytes]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def resources(files: dict[str, bytes]) -> list[dict[str, Any]]:
    bundle = json.loads(files["bundle.json"])
    return [entry["resource"] for entry in bundle["entry"]]


def emptied() -> None:
    """A clinic before its first day: every table that an export fills."""
    tables = {kind.model._meta.db_table for kind in KINDS} | {"messaging_recipient"}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {', '.join(sorted(tables))} CASCADE")


def test_a_patients_file_holds_the_record_the_originals_and_a_list_of_both(
    treated: Patient, lead: User
) -> None:
    other = make_patient()
    make_history(other, HistoryKind.CONDITION, "asthma")
    files = opened(handing.hand_out(treated, at=LATER, by=lead))
    assert files["record.pdf"].startswith(b"%PDF")
    manifest = json.loads(files["manifest.json"])
    assert {one["name"] for one in manifest["files"]} == files.keys() - {"manifest.json"}
    assert sum(name.endswith(".jpg") for name in files) == treated.photos.count() > 0
    assert sum(name.startswith("files/consents/") for name in files) == 1
    assert AuditEntry.objects.filter(action="patient.exported", patient_uuid=treated.uuid).exists()
    text = files["bundle.json"].decode()
    assert not any(word in text for word in (str(other.uuid), other.family_name, "asthma"))
    assert len({valid(made) for made in resources(files)}) >= 14
    valid(json.loads(text))
    counts = restoring.restore(resources(files), files.get, at=LATER, by=lead)
    assert set(counts) == {"already here"}, "reading it in again adds nothing"


def valid(made: dict[str, Any]) -> str:
    """As the official model of R4 understands it."""
    kind: str = made["resourceType"]
    get_fhir_model_class(kind).model_validate(made)
    return kind


def test_an_export_read_into_an_empty_clinic_exports_the_same(treated: Patient, lead: User) -> None:
    before = opened(handing.hand_out(treated, at=LATER, by=lead))
    emptied()
    boss = make_staff(Role.ADMINISTRATOR)
    name = next(name for name in before if name.endswith(".jpg"))
    with pytest.raises(restoring.DamagedFile):
        restoring.restore(resources(before), (before | {name: b"x"}).get, at=LATER, by=boss)
    assert not Patient.objects.exists()
    counts = restoring.restore(resources(before), before.get, at=LATER, by=boss)
    assert counts["Patient"] == 1
    others = User.objects.exclude(pk=boss.pk)
    assert others.exists()
    assert not others.filter(is_active=True).exists(), "names under what they did, no accounts"
    assert not any(one.has_usable_password() for one in others)
    patient = Patient.objects.get(uuid=treated.uuid)
    after = opened(handing.hand_out(patient, at=LATER, by=make_staff(Role.CLINICAL_LEAD)))
    assert json.loads(after["bundle.json"]) == json.loads(before["bundle.json"])
    assert {name: one for name, one in after.items() if name.startswith("files/")} == {
        name: one for name, one in before.items() if name.startswith("files/")
    }


def test_whatever_hangs_on_an_exported_row_is_exported_or_left_out_by_name() -> None:
    """Whoever adds such a model says in `kinds` whether it goes along."""
    patients_own = {kind.model for kind in KINDS if kind.patient}
    known = {kind.model for kind in KINDS} | {part.model for kind in KINDS for part in kind.parts}
    hanging = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model in patients_own
        and not any(base.__module__.startswith("pghistory") for base in model.__mro__)
        and not model.__module__.startswith("clinic.lifecycle")
    }
    assert hanging - known - LEFT_OUT == set()


def test_nonsense_is_refused_in_words() -> None:
    boss = make_staff(Role.ADMINISTRATOR)
    row = {"url": "urn:mesoclinic:row", "valueString": '{"kind": "Patient", "row": {"uuid": "x"}}'}
    broken = [{"resourceType": "Patient", "extension": [row]}]
    with pytest.raises(restoring.Unreadable):
        restoring.restore(broken, dict[str, bytes]().get, at=NOW, by=boss)


def test_whoever_is_no_doctor_exports_that_there_is_something_never_what(
    treated: Patient,
) -> None:
    boss = make_staff(Role.ADMINISTRATOR)
    files = opened(handing.hand_out(treated, at=LATER, by=boss))
    assert b"HIV" not in files["bundle.json"]
    assert b"Needs doctor" in files["bundle.json"]
    assert "latex" in files["bundle.json"].decode()
    for made in resources(files):
        valid(made)


def test_the_file_of_one_patient_names_no_other(treated: Patient, lead: User) -> None:
    """R-54: every resource of it refers to this patient, and its allergies are allergies."""
    other = make_completed_session(at=NOW).patient
    make_history(other, HistoryKind.ALLERGY, "penicillin")
    files = opened(handing.hand_out(treated, at=LATER, by=lead))
    everything = b"".join(data for name, data in files.items() if name.endswith("json")).decode()
    for secret in (str(other.uuid), other.family_name, other.email, "penicillin"):
        assert secret not in everything
    assert str(treated.uuid) in everything
    kinds = {one["resourceType"] for one in resources(files) if "latex" in json.dumps(one)}
    assert "AllergyIntolerance" in kinds


def test_photos_leave_for_teaching_only_as_long_as_it_is_allowed(lead: User) -> None:
    photo, other = make_photo(make_patient()), make_photo(make_patient())
    photos.allow(photo, PhotoUse.TEACHING, at=NOW, by=lead)
    photos.allow(other, PhotoUse.MARKETING, at=NOW, by=lead)
    files = opened(handing.hand_out_pictures(PhotoUse.TEACHING, at=NOW, by=lead))
    assert files.keys() == {f"face-{photo.uuid}.jpg", "manifest.json"}
    photos.forbid(photo, PhotoUse.TEACHING, at=NOW, by=lead)
    assert len(opened(handing.hand_out_pictures(PhotoUse.TEACHING, at=NOW, by=lead))) == 1


# Everybody


def made_whole(by: User) -> Export:
    export = exporting.ask(at=NOW, by=by)
    while exporting.write_part(at=NOW):
        pass
    export.refresh_from_db()
    return export


def test_the_whole_clinic_comes_back_into_an_empty_one(treated: Patient, lead: User) -> None:
    make_patient()
    export = made_whole(lead)
    assert (export.percent, export.done) == (100, export.total)
    before = opened(exporting.fetch(export, at=NOW, by=lead))
    emptied()
    boss = make_staff(Role.ADMINISTRATOR)
    lines = {
        name: [json.loads(line) for line in data.decode().splitlines()]
        for name, data in before.items()
        if name.endswith(".ndjson")
    }
    for name, found in lines.items():
        assert {f"{row['resourceType']}.ndjson" for row in found} == {name}
    rows = [row for found in lines.values() for row in found]
    assert len(rows) == export.total
    restoring.restore(rows, before.get, at=LATER, by=boss)
    again = opened(exporting.fetch(made_whole(make_staff(Role.CLINICAL_LEAD)), at=NOW, by=boss))
    for name in before:
        if name not in {"manifest.json", "Practitioner.ndjson"}:  # those who read it in are new
            assert set(again[name].splitlines()) == set(before[name].splitlines()), name


def test_a_worker_that_died_is_gone_on_after(lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(9):
        make_history(make_patient(), HistoryKind.ALLERGY, "latex")
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    export = exporting.ask(at=NOW, by=lead)
    for _part in range(7):
        assert exporting.write_part(at=NOW)
    monkeypatch.setattr(exporting, "_keep", broken)
    with pytest.raises(OSError, match="disk"):
        made_after(export)
    monkeypatch.undo()
    assert made_after(export).done == export.total
    seen = [
        json.loads(line)["id"]
        for part in export.parts.all()
        for line in EncryptedStorage().read(part.file).decode().splitlines()
    ]
    assert len(seen) == len(set(seen)) == export.total


def broken(*_arguments: object) -> None:
    raise OSError("disk")


def made_after(export: Export) -> Export:
    while exporting.write_part(at=NOW):
        pass
    export.refresh_from_db()
    return export


def test_after_two_days_the_files_are_gone_and_the_link_is_dead(lead: User) -> None:
    make_patient()
    export = made_whole(lead)
    stored = [part.file for part in export.parts.all()]
    late = NOW + timedelta(hours=49)
    with pytest.raises(exporting.NotReady):
        exporting.fetch(export, at=late, by=lead)
    assert exporting.remove_outdated(at=late) == 1
    assert not any(EncryptedStorage().exists(name) for name in stored)
    assert exporting.remove_outdated(at=late) == 0


def test_one_export_at_a_time(lead: User) -> None:
    exporting.ask(at=NOW, by=lead)
    with pytest.raises(exporting.UnderWay):
        exporting.ask(at=NOW, by=lead)


# The pages


def sent(answer: Any) -> Iterator[bytes]:
    pieces: Iterator[bytes] = answer.streaming_content
    return pieces


def test_an_export_is_for_whoever_asked_for_it(lead: User, client: Client) -> None:
    export = exporting.ask(at=timezone.now(), by=lead)
    while exporting.write_part(at=timezone.now()):
        pass
    url = reverse("portable:export-fetch", args=[export.uuid])
    client.force_login(make_staff(Role.ADMINISTRATOR))
    assert client.get(url).status_code == 404
    client.force_login(lead)
    assert url in client.get(reverse("portable:export-list")).content.decode()
    assert "Practitioner.ndjson" in opened(sent(client.get(url)))


def test_a_patients_file_is_downloaded_by_a_post(lead: User, client: Client) -> None:
    patient = make_patient()
    url = reverse("portable:patient-export", args=[patient.uuid])
    client.force_login(make_staff(Role.COSMETOLOGIST))
    assert client.post(url).status_code == 403
    client.force_login(lead)
    assert patient.full_name in client.get(url).content.decode()
    assert "bundle.json" in opened(sent(client.post(url)))


def test_an_uploaded_export_is_read_in(lead: User, client: Client) -> None:
    patient = make_patient()
    archive = io.BytesIO(b"".join(handing.hand_out(patient, at=LATER, by=lead)))
    emptied()
    client.force_login(make_staff(Role.ADMINISTRATOR))
    url = reverse("portable:archive-restore")
    assert client.post(url, {"file": io.BytesIO(b"no archive")}).status_code == 422
    assert client.post(url, {"file": archive}).status_code == 302
    assert Patient.objects.get().uuid == patient.uuid
