"""What is handed out was checked, is listed, and is on the record."""

import csv
import zipfile
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent import export
from consent.evidence import Evidence
from consent.models import ConsentDocument
from consent.signing import open_on_tablet
from tests.consent.conftest import Sample
from tests.factories.consent import make_offered
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
SealFast = Callable[..., ConsentDocument]


def damage(document: ConsentDocument) -> None:
    storage = EncryptedStorage()
    storage.delete(document.file)
    storage.save_once(document.file, b"%PDF something else")


def listed(manifest: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(manifest.decode())))


def test_a_zip_holds_each_file_and_a_list_with_its_hash(
    sample: Sample, seal_fast: SealFast
) -> None:
    auditor = make_staff(Role.ADMINISTRATOR)
    documents = [seal_fast(), seal_fast()]
    out = BytesIO()
    assert export.bundle(documents, out, at=NOW, by=auditor) == 2
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        rows = listed(archive.read("manifest.csv"))
        assert [row["sha256"] for row in rows] == [d.pdf_sha256 for d in documents]
        assert [row["patient number"] for row in rows] == [str(d.patient.number) for d in documents]
        assert all(archive.read(row["name"]) == sample.pdf for row in rows)
        assert {row["state"] for row in rows} == {"sealed"}
    assert AuditEntry.objects.filter(action="consent.exported").count() == 2
    assert "Testova" not in out.getvalue()[-3000:].decode("latin-1")


def test_a_damaged_file_is_never_handed_out_and_the_rest_is(seal_fast: SealFast) -> None:
    auditor = make_staff(Role.ADMINISTRATOR)
    good, bad = seal_fast(), seal_fast()
    damage(bad)
    with pytest.raises(export.DamagedFile):
        export.read(bad, at=NOW, by=auditor)
    assert not AuditEntry.objects.filter(action="consent.downloaded").exists()
    out = BytesIO()
    export.bundle([good, bad], out, at=NOW, by=auditor)
    with zipfile.ZipFile(out) as archive:
        assert len(archive.namelist()) == 2
        assert [row["problem"] for row in listed(archive.read("manifest.csv"))] == [
            "",
            "damaged-file",
        ]


def test_every_reading_is_on_the_record(sample: Sample, seal_fast: SealFast) -> None:
    document = seal_fast()
    assert export.read(document, at=NOW, by=make_staff(Role.RECEPTION)) == sample.pdf
    assert AuditEntry.objects.get(action="consent.downloaded").patient_uuid == document.patient.uuid


def test_the_patient_has_the_copy_from_the_first_time_on(seal_fast: SealFast) -> None:
    document = seal_fast()
    link = open_on_tablet(make_offered(), at=NOW, by=make_staff(Role.RECEPTION))
    for _ in range(2):
        export.deliver(document, Evidence("203.0.113.9", "Phone"), at=NOW, by=link)
    assert document.events.get(kind="delivered").address == "203.0.113.9"
    assert AuditEntry.objects.filter(action="consent.delivered").count() == 2


def test_the_command_writes_a_folder_and_filters(seal_fast: SealFast, tmp_path: Path) -> None:
    first, second = seal_fast(), seal_fast()
    make_offered()
    said = StringIO()
    call_command("consent_export", "--out", str(tmp_path / "all"), stdout=said)
    assert "2 documents" in said.getvalue()
    assert len(list((tmp_path / "all").glob("*.pdf"))) == 2
    call_command(
        "consent_export",
        out=tmp_path / "one",
        patient=second.patient.number,
        stdout=said,
    )
    rows = listed((tmp_path / "one" / "manifest.csv").read_bytes())
    assert [row["patient number"] for row in rows] == [str(second.patient.number)]
    call_command("consent_export", out=tmp_path / "none", state="withdrawn", stdout=said)
    assert listed((tmp_path / "none" / "manifest.csv").read_bytes()) == []
    assert first.pk != second.pk


def test_a_stopped_export_goes_on_where_it_was(seal_fast: SealFast, tmp_path: Path) -> None:
    documents = [seal_fast() for _ in range(3)]
    keys = [document.pk for document in documents]
    export.to_folder(export.one_by_one(keys[:1]), tmp_path, at=NOW, by=None)
    (half,) = tmp_path.glob("*.pdf")
    assert export.to_folder(export.one_by_one(keys), tmp_path, at=NOW, by=None) == 3
    assert len(listed((tmp_path / "manifest.csv").read_bytes())) == 3
    assert AuditEntry.objects.filter(action="consent.exported").count() == 3
    half.write_bytes(b"half a fi")
    export.to_folder(export.one_by_one(keys), tmp_path, at=NOW, by=None)
    assert half.read_bytes() == export.verified(documents[0])


def test_the_command_finds_by_product_and_practitioner(seal_fast: SealFast, tmp_path: Path) -> None:
    document = seal_fast()
    assert document.countersigned_by is not None
    mail, said = document.countersigned_by.email, StringIO()
    for choice, count in (
        ({"product": "Vitafict"}, 1),
        ({"product": "Absentia"}, 0),
        ({"practitioner": mail.upper()}, 1),
        ({"practitioner": "nobody@clinic.example"}, 0),
        ({"lot": "absent"}, 0),
    ):
        call_command("consent_export", out=tmp_path, stdout=said, **choice)
        assert len(listed((tmp_path / "manifest.csv").read_bytes())) == count, choice


def test_the_command_verifies_a_file(sample: Sample, seal_fast: SealFast, tmp_path: Path) -> None:
    seal_fast()
    file, said = tmp_path / "consent.pdf", StringIO()
    file.write_bytes(sample.pdf)
    call_command("consent_verify", str(file), stdout=said)
    assert said.getvalue().strip() == "genuine"
    file.write_bytes(sample.pdf + b"x")
    with pytest.raises(CommandError, match="altered"):
        call_command("consent_verify", str(file))
    with pytest.raises(CommandError, match="No such file"):
        call_command("consent_verify", str(tmp_path / "absent.pdf"))
