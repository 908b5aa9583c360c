"""Files at rest: unreadable without the clinic's keys, never written twice, never elsewhere."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from pytest_django import Settings

from clinic.staff import storage
from clinic.staff.apps import check_file_keys
from clinic.staff.storage import EncryptedStorage

OLD, NEW = (Fernet.generate_key().decode() for _number in range(2))


@pytest.fixture(autouse=True)
def root(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_KEYS = [OLD]
    return tmp_path / "media"


def test_what_is_kept_comes_back_and_the_disk_shows_nothing(root: Path) -> None:
    name = EncryptedStorage().put("photos", b"a fictional face")
    assert name.startswith("photos/")
    assert EncryptedStorage().read(name) == b"a fictional face"
    assert b"fictional" not in (root / name).read_bytes()
    assert (root / name).stat().st_mode & 0o077 == 0


def test_a_name_is_written_once() -> None:
    box = EncryptedStorage()
    box.save_once("consents/a", b"signed")
    with pytest.raises(FileExistsError):
        box.save_once("consents/a", b"forged")
    assert box.read("consents/a") == b"signed"


def test_nothing_half_written_remains(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = EncryptedStorage()
    box.put("photos", b"first")

    def full(_descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        box.save_once("photos/b", b"second")
    assert not box.exists("photos/b")
    assert len(list((root / "photos").iterdir())) == 1


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "photos/../../x", "", "photos//x", ".hidden", "PHOTOS/x"]
)
def test_names_stay_inside(name: str) -> None:
    with pytest.raises(SuspiciousFileOperation):
        EncryptedStorage().save_once(name, b"x")


def test_keys_rotate(settings: Settings) -> None:
    name = EncryptedStorage().put("photos", b"kept")
    settings.FILE_KEYS = [NEW, OLD]
    assert EncryptedStorage().read(name) == b"kept"
    assert storage.canary_ok()
    settings.FILE_KEYS = [NEW]
    with pytest.raises(InvalidToken):
        EncryptedStorage().read(name)
    assert not storage.canary_ok()
    assert [error.id for error in check_file_keys(app_configs=None)] == ["staff.E001"]


def test_the_canary_is_made_at_the_first_start_and_missed_later(root: Path) -> None:
    assert storage.canary_ok()
    assert check_file_keys(app_configs=None) == []
    EncryptedStorage().put("photos", b"kept")
    (root / "canary").unlink()
    assert not storage.canary_ok(), "files without a canary came from somewhere else"


def test_django_sees_a_storage_like_any_other() -> None:
    box = EncryptedStorage()
    name = box.save("photos/Ivan's face.jpg", ContentFile(b"pixels"))
    assert "Ivan" not in name
    assert name.startswith("photos/")
    with box.open(name) as file:
        assert file.read() == b"pixels"
    assert (box.exists(name), box.size(name)) == (True, 6)
    box.delete(name)
    assert not box.exists(name)
    box.delete(name)
    with pytest.raises(NotImplementedError):
        box.url(name)
