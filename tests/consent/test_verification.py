"""Genuine, altered, superseded, withdrawn: by every byte, or by the printed code."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from clinic.staff.roles import Role
from consent import inspection, offering, rendering, verification, withdrawing
from consent.models import ConsentDocument
from consent.verification import Verdict
from tests.consent.conftest import Sample
from tests.factories.consent import make_offered
from tests.factories.staff import NOW, make_staff

SealFast = Callable[..., ConsentDocument]


def flipped(pdf: bytes) -> bytes:
    """One bit of the first page's text."""
    place = len(pdf) // 3
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def updated(pdf: bytes) -> bytes:
    """Something written after the seal, as an editor would."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.root["/PageLayout"] = writer.root["/Type"]
    writer.update_root()  # type: ignore[no-untyped-call]
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


@pytest.mark.django_db
def test_the_sealed_bytes_are_genuine_until_their_date(sample: Sample, seal_fast: SealFast) -> None:
    document = seal_fast()
    answer = verification.check(sample.pdf, at=NOW)
    assert (answer.verdict, answer.sealed_at) == (Verdict.GENUINE, NOW)
    assert document.valid_until is not None
    past = verification.check(sample.pdf, at=document.valid_until)
    assert past.verdict == Verdict.EXPIRED


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [flipped, updated, lambda pdf: pdf + b"junk", lambda pdf: pdf + b"\n"],
    ids=["one bit", "an appended update", "junk after the end", "an empty line after the end"],
)
def test_any_change_after_the_seal_is_reported(
    sample: Sample, seal_fast: SealFast, change: Callable[[bytes], bytes]
) -> None:
    seal_fast()
    answer = verification.check(change(sample.pdf), at=NOW)
    assert answer.verdict == Verdict.ALTERED
    assert answer.reason
    assert answer.sealed_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "signature", "whole"),
    [
        (lambda pdf: pdf, "Signature is Valid.", True),
        (flipped, "Digest Mismatch.", True),
        (updated, "Signature is Valid.", False),
    ],
    ids=["as sealed", "one bit", "an appended update"],
)
def test_a_reader_our_page_and_the_command_say_the_same(
    sample: Sample,
    seal_fast: SealFast,
    tmp_path: Path,
    change: Callable[[bytes], bytes],
    signature: str,
    *,
    whole: bool,
) -> None:
    """pdfsig calls the seal below an update valid: only its line on the whole document tells."""
    seal_fast()
    file = tmp_path / "consent.pdf"
    file.write_bytes(change(sample.pdf))
    pdfsig = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert pdfsig.count(f"Signature Validation: {signature}") == 1
    assert ("- Total document signed" in pdfsig) is whole
    is_sealed = file.read_bytes() == sample.pdf
    assert (signature == "Signature is Valid." and whole) is is_sealed
    with file.open("rb") as upload:
        page = Client().post(reverse("consent:verify"), {"file": upload}).content.decode()
    assert ("byte for byte" in page, "Altered" in page) == (is_sealed, not is_sealed)
    assert command(file) == ("genuine" if is_sealed else "altered")


def command(file: Path) -> str:
    said = StringIO()
    try:
        call_command("consent_verify", str(file), stdout=said)
    except CommandError as refused:
        return str(refused).partition(":")[0]
    return said.getvalue().strip()


@pytest.mark.django_db
def test_a_file_of_somebody_else_is_not_ours() -> None:
    plain = rendering.print_pdf("<html lang=en><title>t</title>", [])
    for pdf in (plain, b"", b"%PDF-1.7", b"no pdf at all", b"\x00" * 5000):
        assert verification.check(pdf, at=NOW).verdict == Verdict.UNKNOWN


@pytest.mark.django_db
def test_a_genuine_file_stays_genuine_when_the_key_was_changed_or_is_away(
    sample: Sample, seal_fast: SealFast, settings: Any, tmp_path: Path
) -> None:
    seal_fast()
    settings.SEAL_FILE = tmp_path / "new.p12"
    assert verification.check(sample.pdf, at=NOW).verdict == Verdict.GENUINE
    settings.SEAL_FILE, settings.PRODUCTION = tmp_path / "absent.p12", True
    assert verification.check(sample.pdf, at=NOW).verdict == Verdict.GENUINE
    assert verification.check(sample.pdf + b"x", at=NOW).verdict == Verdict.UNKNOWN


@pytest.mark.django_db
def test_what_was_replaced_or_taken_back_says_so(sample: Sample, seal_fast: SealFast) -> None:
    document = seal_fast()
    later = NOW + timedelta(days=3)
    withdrawing.withdraw(document, "", at=later, by=make_staff(Role.RECEPTION))
    answer = verification.check(sample.pdf, at=later)
    assert (answer.verdict, answer.ended_at) == (Verdict.WITHDRAWN, later)


@pytest.mark.django_db
def test_a_code_tells_the_state_and_a_wrong_one_nothing(seal_fast: SealFast) -> None:
    document = seal_fast()
    assert verification.check_code(document.code, at=NOW).verdict == Verdict.GENUINE
    assert verification.check_code(f" {document.code.lower()} ", at=NOW).verdict == Verdict.GENUINE
    offering.supersede(document, at=NOW, by=None)
    assert verification.check_code(document.code, at=NOW).verdict == Verdict.SUPERSEDED
    offered = make_offered()
    assert verification.check_code(offered.code, at=NOW).verdict == Verdict.UNSEALED
    for wrong in ("", "0000-0000-0000-0000", "zzzz-zzzz-zzzz-zzzz", document.code[:-1], "1" * 500):
        assert verification.check_code(wrong, at=NOW).verdict == Verdict.UNKNOWN


def test_the_inspection_names_what_is_wrong(sample: Sample) -> None:
    whole = inspection.seal_of(sample.pdf, at=NOW)
    assert whole is not None
    assert (whole.ours, whole.whole, whole.reason) == (True, True, "")
    junk = inspection.seal_of(sample.pdf + b"junk", at=NOW)
    assert junk is not None
    assert (junk.ours, junk.whole) == (True, False)
