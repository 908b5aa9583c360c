"""The seal: valid for other programs, one file whatever happens in between, nothing half done."""

import errno
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.db import connection
from django.test import override_settings

from clinic.errors import WrongState
from clinic.messaging.models import Message
from clinic.record.models import AuditEntry, Task
from clinic.staff.storage import EncryptedStorage
from consent import inspection, keys, pades, rendering, sealing, tasks
from consent.content import digest_of_bytes
from consent.models import ConsentState
from consent.signals import consent_signed
from tests.consent.conftest import Sample
from tests.factories.consent import make_content, make_countersigned, make_drug, make_signed
from tests.factories.patients import make_patient
from tests.factories.staff import NOW

S = ConsentState
storage = EncryptedStorage()


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_other_programs_find_the_seal_valid_over_the_whole_file(
    sample: Sample, tmp_path: Path
) -> None:
    file = tmp_path / "consent.pdf"
    file.write_bytes(sample.pdf)
    said = run("pdfsig", file)
    assert said.count("Signature is Valid") == 1
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", file)
    words = run("pdftotext", "-layout", file, "-")
    assert all(word in words for word in ("Hyalofict 1", "Vitafict", "Testova Fictiona"))


@pytest.mark.django_db
def test_sealing_says_so_in_one_moment_and_twice_makes_one(
    django_capture_on_commit_callbacks: Any,
) -> None:
    heard: list[int] = []

    def listen(sender: object, *, document_id: int, **_: object) -> None:
        heard.append(document_id)

    document = make_countersigned()
    consent_signed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            sealed = sealing.seal(document, at=NOW)
            assert sealing.seal(document, at=NOW + timedelta(hours=1)) == sealed
    finally:
        consent_signed.disconnect(listen)
    pdf = storage.read(sealed.file)
    assert (sealed.state, sealed.pdf_bytes) == (S.SEALED, len(pdf))
    assert sealed.pdf_sha256 == digest_of_bytes(pdf)
    assert sealed.valid_until == NOW.replace(year=NOW.year + 1)
    assert heard == [document.pk]
    assert AuditEntry.objects.filter(action="consent.sealed").count() == 1
    assert Message.objects.get(message="consent-copy").subject == document.cause


@pytest.mark.django_db
def test_a_worker_killed_before_it_could_say_so_leaves_one_document(
    monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    document = make_countersigned(content=make_content())
    monkeypatch.setattr(sealing, "_mark", killed)
    with pytest.raises(KeyboardInterrupt):
        sealing.seal(document, at=NOW)
    monkeypatch.undo()
    left = storage.read(sealing.file_name(document))
    monkeypatch.setattr(rendering, "render", killed)  # it is not made again
    tasks.seal_countersigned()
    document.refresh_from_db()
    assert document.state == S.SEALED
    assert document.pdf_sha256 == digest_of_bytes(left)


def killed(*_: object, **__: object) -> Any:
    raise KeyboardInterrupt


@pytest.mark.django_db
def test_a_worker_killed_between_print_and_seal_leaves_nothing_and_the_next_makes_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = make_countersigned(content=make_content())
    monkeypatch.setattr(pades, "certify", killed)
    with pytest.raises(KeyboardInterrupt):
        sealing.seal(document, at=NOW)
    monkeypatch.undo()
    assert not storage.exists(sealing.file_name(document))
    for _ in range(2):
        tasks.seal_countersigned()
    document.refresh_from_db()
    assert document.state == S.SEALED
    assert document.pdf_sha256 == digest_of_bytes(storage.read(document.file))
    assert list(document.events.filter(kind="sealed").values_list("kind", flat=True)) == ["sealed"]


@pytest.mark.django_db
def test_a_full_disk_keeps_no_half_file_and_somebody_learns_of_it(
    monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    document = make_countersigned(content=make_content())
    monkeypatch.setattr(rendering, "render", lambda _document: sample.pdf)
    monkeypatch.setattr(pades, "certify", lambda pdf, **_: pdf)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space)
        tasks.seal(document.pk)
    document.refresh_from_db()
    assert (document.state, document.file) == (S.COUNTERSIGNED, "")
    folder = storage.root / "consents"
    assert [path for path in folder.rglob("*") if path.suffix == ".draft"] == []
    assert not storage.exists(sealing.file_name(document))
    assert Task.objects.open().filter(cause=f"seal:{document.cause}").exists()
    tasks.seal(document.pk)
    document.refresh_from_db()
    assert document.state == S.SEALED
    assert not Task.objects.open().filter(cause=f"seal:{document.cause}").exists()


def no_space(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.django_db
def test_a_faster_worker_s_file_counts(monkeypatch: pytest.MonkeyPatch, sample: Sample) -> None:
    document = make_countersigned(content=make_content())
    real = pades.certify

    def slow(pdf: bytes, *, at: datetime) -> bytes:
        storage.save_once(sealing.file_name(document), sample.pdf)
        return real(pdf, at=at)

    monkeypatch.setattr(pades, "certify", slow)
    assert sealing.seal(document, at=NOW).pdf_sha256 == digest_of_bytes(sample.pdf)


@pytest.mark.django_db
@pytest.mark.parametrize("left_out", ["a product", "the seal"])
def test_an_output_that_is_not_right_is_not_kept_and_somebody_learns_of_it(
    monkeypatch: pytest.MonkeyPatch, sample: Sample, left_out: str
) -> None:
    drugs = (make_drug(7, name="Missingone"),)
    document = make_countersigned(content=make_content(drugs=drugs))
    pdf = sample.pdf if left_out == "a product" else rendering.print_pdf("<html lang=en>", [])
    monkeypatch.setattr(rendering, "render", lambda _document: pdf)
    monkeypatch.setattr(pades, "certify", lambda pdf, **_: pdf)
    for _ in range(2):
        tasks.seal(document.pk)
    document.refresh_from_db()
    assert (document.state, document.file) == (S.COUNTERSIGNED, "")
    assert not storage.exists(sealing.file_name(document))
    assert Task.objects.get(cause=f"seal:{document.cause}").facts == {"code": "not-sealed"}
    seal = inspection.seal_of(sample.pdf, at=NOW)
    monkeypatch.setattr(sealing, "check", lambda *_, **__: seal)
    tasks.seal(document.pk)
    assert not Task.objects.open().filter(cause=f"seal:{document.cause}").exists()


@pytest.mark.django_db
def test_a_file_that_says_something_else_is_not_taken_over(sample: Sample) -> None:
    document = make_countersigned(content=make_content(goal="Another goal"))
    storage.save_once(sealing.file_name(document), sample.pdf)
    with pytest.raises(sealing.NotSealed):
        sealing.seal(document, at=NOW)


@pytest.mark.django_db
def test_only_what_is_countersigned_is_sealed() -> None:
    with pytest.raises(WrongState):
        sealing.seal(make_signed(), at=NOW)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_document_is_made(
    monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    document = make_countersigned(content=make_content())
    open_: list[bool] = []

    def look(pdf: bytes, *_: object, **__: object) -> bytes:
        open_.append(connection.in_atomic_block)
        return sample.pdf

    monkeypatch.setattr(rendering, "render", look)
    monkeypatch.setattr(pades, "certify", look)
    assert sealing.seal(document, at=NOW).state == S.SEALED
    assert open_ == [False, False]


@pytest.mark.django_db
def test_the_copy_is_not_sent_to_who_did_not_allow_it(seal_fast: Any) -> None:
    seal_fast(patient=make_patient(email_allowed=False))
    assert not Message.objects.filter(message="consent-copy").exists()


# ---- the key


def test_a_missing_key_is_made_once_and_only_outside_of_production(tmp_path: Path) -> None:
    file = tmp_path / "seal" / "seal.p12"
    with override_settings(SEAL_FILE=file, PRODUCTION=True):
        assert not keys.ready(at=NOW)
    with override_settings(SEAL_FILE=file):
        keys.ensure_key(at=NOW)
        made = file.read_bytes()
        keys.ensure_key(at=NOW)
        assert file.read_bytes() == made
        assert keys.ready(at=NOW)
        assert file.stat().st_mode & 0o777 == 0o600
        assert [p.name for p in file.parent.iterdir()] == ["seal.p12"]


def test_a_wrong_password_a_broken_file_or_a_past_date_is_not_ready(tmp_path: Path) -> None:
    file = tmp_path / "seal.p12"
    with override_settings(SEAL_FILE=file):
        keys.ensure_key(at=NOW)
        assert not keys.ready(at=NOW + keys.VALID)
        with override_settings(SEAL_PASSWORD="another password"):
            assert not keys.ready(at=NOW)
        file.write_bytes(b"no key at all")
        assert not keys.ready(at=NOW)


def test_the_certificate_is_for_seals_only(tmp_path: Path) -> None:
    with override_settings(SEAL_FILE=tmp_path / "seal.p12"):
        keys.ensure_key(at=datetime.now(UTC))
        own = keys.key(at=NOW)
        usage = own.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.digital_signature
        assert usage.content_commitment
        assert not usage.key_cert_sign
        assert not keys.is_authority(own.certificate)
        assert [keys.is_authority(root) for root in own.roots] == [True]
