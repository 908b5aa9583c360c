"""Time by somebody else's clock: in the seal where it answers, beside it later, never made up."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic.record.models import AuditEntry, Task
from clinic.staff.storage import EncryptedStorage
from consent import certificates, inspection, keys, pades, rendering, sealing, stamping
from consent.inspection import Level
from consent.models import ConsentDocument, TimeStamp
from tests.consent.authorities import PASSWORD, Authority, Clock, running, write_key
from tests.consent.conftest import Sample
from tests.factories.consent import make_content, make_countersigned, make_offered

PAGE = '<html lang="en"><head><title>t</title></head><body><h1>Imaginary</h1></body></html>'


class Bought:
    """A seal that was bought, and a clock it may ask."""

    def __init__(self, folder: Path, settings: Any) -> None:
        self.folder, self.settings = folder, settings
        self.root, self.clocks = Authority.make("Imaginary Root"), Authority.make("Clock Root")
        self.clock = Clock(self.clocks)
        self.leaf = write_key(folder / "seal.p12", self.root)
        (folder / "clocks.pem").write_bytes(self.clocks.pem())
        settings.SEAL_FILE, settings.SEAL_PASSWORD = folder / "seal.p12", PASSWORD
        settings.SEAL_TSA_ROOTS = str(folder / "clocks.pem")

    def list_revoked(self, *revoked: Any) -> None:
        names = []
        for name, root in (("own", self.root), ("clocks", self.clocks)):
            file = self.folder / f"{name}.crl"
            file.write_bytes(root.revoked(*(revoked if name == "own" else ())))
            names.append(str(file))
        self.settings.SEAL_CRLS = names


@pytest.fixture
def bought(tmp_path: Path, settings: Any) -> Iterator[Bought]:
    seal = Bought(tmp_path, settings)
    with running(seal.clock) as url:
        settings.SEAL_TSA_URL = url
        yield seal


def certified() -> tuple[bytes, inspection.Seal]:
    now = datetime.now(UTC)
    pdf = pades.certify(rendering.print_pdf(PAGE, []), at=now)
    seal = inspection.seal_of(pdf, at=now)
    assert seal is not None
    return pdf, seal


def said_by_pdfsig(pdf: bytes, folder: Path) -> str:
    (folder / "sealed.pdf").write_bytes(pdf)
    command = ["pdfsig", str(folder / "sealed.pdf")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_seal_holds_the_time_of_the_authority(bought: Bought, tmp_path: Path) -> None:
    pdf, seal = certified()
    assert (seal.level, seal.whole, seal.ours) == (Level.TIMED, True, True)
    assert seal.stamped_at is not None
    assert abs(seal.stamped_at - datetime.now(UTC)) < timedelta(minutes=1)
    said = said_by_pdfsig(pdf, tmp_path)
    assert "Signature is Valid" in said
    assert "Total document signed" in said


def test_with_lists_of_revoked_certificates_it_lasts_and_covers_every_byte(
    bought: Bought, tmp_path: Path
) -> None:
    bought.list_revoked()
    pdf, seal = certified()
    assert (seal.level, seal.whole) == (Level.LASTING, True)
    assert "Total document signed" in said_by_pdfsig(pdf, tmp_path)


def test_a_list_that_is_not_about_the_clock_is_not_enough_to_last(bought: Bought) -> None:
    bought.list_revoked()
    bought.settings.SEAL_CRLS = bought.settings.SEAL_CRLS[:1]
    assert certified()[1].level == Level.TIMED


@pytest.mark.parametrize("fault", ["away", "out of order", "a stranger"])
def test_without_a_clock_to_believe_there_is_a_seal_and_no_time(
    bought: Bought, tmp_path: Path, fault: str
) -> None:
    bought.clock.answers = fault != "out of order"
    if fault == "away":
        bought.settings.SEAL_TSA_URL = "http://127.0.0.1:9/"
    if fault == "a stranger":
        (tmp_path / "clocks.pem").write_bytes(Authority.make("Another Root").pem())
    _pdf, seal = certified()
    assert (seal.level, seal.whole, seal.stamped_at) == (Level.BASIC, True, None)


# ---- the time that comes afterwards


@pytest.fixture
def sealed(bought: Bought, sample: Sample, db: None) -> ConsentDocument:
    """Sealed while the clock was away."""
    bought.clock.answers = False
    document = make_countersigned(content=make_content())
    return sealing.seal(document, at=datetime.now(UTC))


def stamp_all() -> int:
    return stamping.stamp_all(clock=lambda: datetime.now(UTC))


def test_the_time_is_asked_for_again_and_stands_beside_the_file(
    bought: Bought, sealed: ConsentDocument
) -> None:
    assert sealed.seal["level"] == "PAdES B-B"
    assert sealed.seal["stamped_at"] is None
    before = EncryptedStorage().read(sealed.file)
    assert stamp_all() == 0
    assert not TimeStamp.objects.exists()
    bought.clock.answers = True
    assert (stamp_all(), stamp_all()) == (1, 0)
    stamp = TimeStamp.objects.get(document=sealed)
    digest = bytes.fromhex(sealed.pdf_sha256)
    assert inspection.time_of(bytes(stamp.token), digest) == stamp.stamped_at
    assert inspection.time_of(bytes(stamp.token), bytes(32)) is None
    assert EncryptedStorage().read(sealed.file) == before
    assert AuditEntry.objects.filter(action="consent.time-stamped").count() == 1


def test_where_no_clock_is_configured_none_is_asked(
    bought: Bought, sealed: ConsentDocument, settings: Any
) -> None:
    settings.SEAL_TSA_URL = ""
    asked = bought.clock.asked
    assert stamp_all() == 0
    assert bought.clock.asked == asked


# ---- a seal that may not be used


@pytest.mark.django_db
def test_a_revoked_seal_stops_signing_before_it_starts(bought: Bought) -> None:
    bought.list_revoked(bought.leaf)
    with pytest.raises(keys.SealNotReady, match="revoked"):
        make_offered()
    assert not ConsentDocument.objects.exists()
    bought.list_revoked()
    assert make_offered().state == "offered"


@pytest.mark.django_db
def test_a_list_of_a_stranger_revokes_nothing(bought: Bought, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.crl"
    stranger.write_bytes(Authority.make("Imaginary Root").revoked(bought.leaf))
    bought.settings.SEAL_CRLS = [str(stranger)]
    assert keys.ready(at=datetime.now(UTC))
    bought.settings.SEAL_CRLS = [str(tmp_path / "absent.crl")]
    assert not keys.ready(at=datetime.now(UTC))


@pytest.mark.django_db
def test_a_seal_past_its_date_stops_signing_before_it_starts(bought: Bought) -> None:
    write_key(bought.folder / "seal.p12", bought.root, ends=datetime.now(UTC) - timedelta(days=1))
    with pytest.raises(keys.SealNotReady, match="past its date"):
        make_offered(at=datetime.now(UTC))


@pytest.mark.django_db
def test_a_file_sealed_before_the_key_was_changed_is_taken_over(
    bought: Bought, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = make_countersigned(content=make_content())
    real = sealing._mark
    monkeypatch.setattr(sealing, "_mark", killed)
    with pytest.raises(KeyboardInterrupt):
        sealing.seal(document, at=datetime.now(UTC))
    monkeypatch.setattr(sealing, "_mark", real)
    first = keys.key(at=datetime.now(UTC)).fingerprint
    write_key(bought.folder / "seal.p12", Authority.make("The Next Root"))
    sealed = sealing.seal(document, at=datetime.now(UTC))
    assert sealed.seal["certificate"] == first
    assert len(certificates.authorities()) == 2
    assert not Task.objects.exists()


def killed(*_: object, **__: object) -> Any:
    raise KeyboardInterrupt
