"""The knowledge as shipped, and copies of it that a test may break."""

import shutil
from pathlib import Path

import pytest

from clinic.knowledge.loader import DATA, Knowledge, KnowledgeError, load, read


class Copy:
    """A copy of the knowledge files, to be edited and read again."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace one text that occurs in the file; the first place counts."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not say {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def line_of(self, file: str, text: str) -> int:
        lines = (self.root / file).read_text(encoding="utf-8").splitlines()
        return next(n for n, line in enumerate(lines, 1) if text in line)

    def read(self) -> Knowledge:
        return read(self.root)

    def refusal(self) -> KnowledgeError:
        with pytest.raises(KnowledgeError) as caught:
            read(self.root)
        return caught.value


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    shutil.copytree(DATA, tmp_path / "data")
    return Copy(tmp_path / "data")


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load()
