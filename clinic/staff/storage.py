"""Files at rest: encrypted with the clinic's keys, under names that say nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*(\.[a-z0-9]+)?")
CANARY = "canary"
SONG = b"The keys of this clinic open its files."


class EncryptedStorage(Storage):
    """A folder of encrypted files: written with the first key, read with any of them."""

    def __init__(self) -> None:
        self.root = Path(settings.MEDIA_ROOT)
        keys = [Fernet(key) for key in settings.FILE_KEYS]
        self.first, self.box = keys[0], MultiFernet(keys)

    def put(self, kind: str, data: bytes) -> str:
        """Keep the bytes under a fresh random name, and return it."""
        return self.save_once(f"{kind}/{uuid4()}", data)

    def save_once(self, name: str, data: bytes) -> str:
        """Keep the bytes under this name for good: a second writer gets FileExistsError."""
        if name != CANARY:
            self._sing()
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _draft(path, self.box.encrypt(data)) as draft:
            os.link(draft, path)  # all of it or nothing, and never over what is there
        return name

    def read(self, name: str) -> bytes:
        """The bytes as they were handed in; InvalidToken where no key opens them."""
        return self.box.decrypt(self._path(name).read_bytes())

    def names(self) -> Iterator[str]:
        """Every file; the canary last, so that it answers for all others."""
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if path.is_file() and name != CANARY and NAME.fullmatch(name):
                yield name
        if self.exists(CANARY):
            yield CANARY

    def rotate(self, name: str) -> bool:
        """Encrypt it with the first key, unless it is; killed in between, nothing is lost."""
        path = self._path(name)
        try:
            token = path.read_bytes()
            self.first.decrypt(token)
        except InvalidToken:
            with _draft(path, self.box.rotate(token)) as draft:
                if path.exists():  # what was deleted meanwhile stays away
                    draft.replace(path)
            return True
        except FileNotFoundError:
            pass
        return False

    def canary_ok(self) -> bool:
        """Whether our keys are those the files were written with."""
        if not self.exists(CANARY):
            if any(self.root.glob("*")):
                return False
            self._sing()
        try:
            return self.read(CANARY) == SONG
        except (InvalidToken, OSError):
            return False

    def _sing(self) -> None:
        if not self.exists(CANARY):
            with suppress(FileExistsError):
                self.save_once(CANARY, SONG)

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise SuspiciousFileOperation("not a name of this storage")
        return self.root / name

    # The interface of Django's storages.

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        return ContentFile(self.read(name), name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        return self.save_once(name, content.read())

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Whatever the file was called: a random name, in the same folder."""
        return f"{Path(name).parent}/{uuid4()}".removeprefix("./")

    def exists(self, name: str) -> bool:
        return self._path(name).exists()

    def size(self, name: str) -> int:
        return len(self.read(name))

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)


@contextmanager
def _draft(path: Path, token: bytes) -> Iterator[Path]:
    """The bytes safely on the disk beside the place they are meant for, and gone afterwards."""
    draft = path.parent / f".{uuid4()}.draft"
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def canary_ok() -> bool:
    return EncryptedStorage().canary_ok()
