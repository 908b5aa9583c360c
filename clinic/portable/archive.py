"""A ZIP that is written while it is sent, with a list of what is in it; memory stays flat."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import RawIOBase
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest a ZIP knows: the same content gives the same bytes
MANIFEST = "manifest.json"
STORED = {"jpg", "pdf"}  # compressed already


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of the archive, in pieces."""

    name: str
    pieces: Iterable[bytes]


class _Outbox(RawIOBase):
    """What the archive wrote since somebody looked."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting.append(bytes(data))
        return len(data)

    def take(self) -> Iterator[bytes]:
        waiting, self.waiting = self.waiting, []
        yield from waiting


def stream(entries: Iterable[Entry], about: dict[str, Any]) -> Iterator[bytes]:
    """The archive in pieces; the manifest with SHA-256 of every file comes last."""
    box, listed = _Outbox(), []
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            digest, size = hashlib.sha256(), 0
            with archive.open(_info(entry.name), "w") as file:
                for piece in entry.pieces:
                    digest.update(piece)
                    size += len(piece)
                    file.write(piece)
                    yield from box.take()
            listed.append({"name": entry.name, "sha256": digest.hexdigest(), "bytes": size})
            yield from box.take()
        text = json.dumps(about | {"files": listed}, ensure_ascii=False, indent=1)
        archive.writestr(_info(MANIFEST), text)
    yield from box.take()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EPOCH)
    stored = name.rpartition(".")[2] in STORED
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    return info
