"""Every night each sealed file is compared with its seal, and the seal's own end is seen coming."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic.record.models import AuditEntry, Task
from clinic.staff.storage import EncryptedStorage
from consent import certificates, custody, keys, tasks
from consent.models import ConsentDocument, SealCertificate
from tests.consent.conftest import Sample
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
SealFast = Callable[..., ConsentDocument]
NIGHT = NOW + timedelta(days=2)


def round_at_night() -> int:
    return custody.go_round(clock=lambda: NIGHT)


def put(document: ConsentDocument, pdf: bytes) -> None:
    storage = EncryptedStorage()
    storage.delete(document.file)
    storage.save_once(document.file, pdf)


def test_a_changed_file_is_a_task_until_it_is_back(sample: Sample, seal_fast: SealFast) -> None:
    good, bad = seal_fast(), seal_fast()
    put(bad, sample.pdf[:-1] + b"\r")
    assert round_at_night() == 2
    task = Task.objects.open().get()
    assert (task.subject_uuid, task.urgent) == (bad.uuid, True)
    assert task.facts == {"code": "damaged-file"}
    assert AuditEntry.objects.get(action="consent.found-damaged").subject_uuid == bad.uuid
    put(bad, sample.pdf)
    custody.go_round(clock=lambda: NIGHT + timedelta(days=1))
    assert not Task.objects.open().exists()
    good.refresh_from_db()
    assert good.checked_at == NIGHT + timedelta(days=1)


def test_a_file_that_is_gone_or_cannot_be_read_is_a_task(seal_fast: SealFast) -> None:
    gone, other = seal_fast(), seal_fast()
    EncryptedStorage().delete(gone.file)
    (EncryptedStorage().root / other.file).write_bytes(b"not encrypted by us")
    round_at_night()
    assert Task.objects.open().count() == 2


def test_what_was_looked_at_tonight_is_not_looked_at_again(
    seal_fast: SealFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custody, "AT_ONCE", 1)
    for _ in range(3):
        seal_fast()
    assert round_at_night() == 3
    assert round_at_night() == 0


def test_a_round_ends_in_time_and_the_next_one_goes_on(
    seal_fast: SealFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custody, "AT_ONCE", 1)
    first, second = seal_fast(), seal_fast()
    moments = iter([NIGHT, NIGHT, NIGHT, NIGHT + custody.LONGEST + timedelta(seconds=1)])
    assert custody.go_round(clock=lambda: next(moments)) == 1
    second.refresh_from_db()
    assert second.checked_at is None
    assert round_at_night() == 1
    assert first.pk < second.pk


def test_the_night_s_task_does_both(seal_fast: SealFast) -> None:
    document = seal_fast()
    tasks.watch()
    document.refresh_from_db()
    assert document.checked_at is not None
    assert SealCertificate.objects.count() == 1


# ---- the certificate


@pytest.fixture
def own_key(settings: Any, tmp_path: Path) -> Path:
    settings.SEAL_FILE = tmp_path / "seal.p12"
    keys.ensure_key(at=NOW)
    return tmp_path / "seal.p12"


def test_whoever_runs_the_clinic_is_asked_for_a_new_certificate_in_time(own_key: Path) -> None:
    ends = keys.key(at=NOW).expires_at
    certificates.remind(at=ends - certificates.RENEWAL - timedelta(days=1))
    assert not Task.objects.exists()
    for _ in range(2):
        certificates.remind(at=ends - certificates.RENEWAL)
    task = Task.objects.open().get()
    assert task.facts == {"code": "seal-renewal", "ends": ends.date().isoformat()}
    own_key.unlink()
    keys.ensure_key(at=ends)
    certificates.remind(at=ends)
    assert not Task.objects.open().exists()
    assert AuditEntry.objects.filter(action="consent.seal-changed").count() == 2


def test_an_earlier_authority_is_still_known(own_key: Path) -> None:
    first = keys.key(at=NOW)
    certificates.remember(at=NOW)
    own_key.unlink()
    keys.ensure_key(at=NOW)
    certificates.remember(at=NOW)
    second = keys.key(at=NOW)
    assert first.fingerprint != second.fingerprint
    assert certificates.authorities() == [*first.roots, *second.roots]
