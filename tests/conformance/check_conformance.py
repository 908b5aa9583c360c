"""What we claim, asked of the reference: veraPDF on every paper, before and after its seal.

Run by `make conformance`, which fetches the validator; its rules are PDF/A-3a and PDF/UA-1.
"""

import os
import subprocess
from pathlib import Path

import pytest

from consent import rendering
from tests.conformance import papers

HERE = Path(__file__).parent
PAGE = "<html lang=en><title>Title</title><h1>Heading</h1><p>Words</p></html>"


def verdicts(folder: Path) -> str:
    """A line per file and standard, below it what is broken."""
    java = ["java", "-cp", os.environ["VERAPDF"], str(HERE / "Conformance.java")]
    files = sorted(folder.iterdir())
    done = subprocess.run([*java, *files], capture_output=True, text=True, check=True)
    return done.stdout.replace(f"{folder}/", "")


@pytest.mark.django_db
def test_every_paper_is_archived_and_accessible(tmp_path: Path) -> None:
    for name, pdf in papers.printed():
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
    said = verdicts(tmp_path)
    print(said)  # noqa: T201  the figures
    assert "BROKEN" not in said
    assert said.count("compliant") == 2 * papers.COUNT


def test_the_validator_sees_what_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "whole.pdf").write_bytes(rendering.print_pdf(PAGE, []))
    monkeypatch.setattr(rendering, "PDF_UA", b"")
    (tmp_path / "unmarked.pdf").write_bytes(rendering.print_pdf(PAGE, []))
    said = verdicts(tmp_path)
    assert said.count("compliant") == 3
    assert "BROKEN ua1 unmarked.pdf" in said
    assert "  5-1 " in said
