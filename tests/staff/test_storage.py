"""Files at rest: unreadable without the clinic's keys, never written twice, never elsewhere."""

from io import StringIO
from itertools import count
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.management import call_command
from pytest_django import Settings

from clinic.staff import accounts, storage
from clinic.staff.apps import check_file_keys
from clinic.staff.storage import EncryptedStorage
from tests.factories.staff import make_staff

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


def rotated() -> str:
    said = StringIO()
    call_command("rotate_file_keys", stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_after_a_rotation_the_old_key_is_needed_no_longer(settings: Settings) -> None:
    names = [EncryptedStorage().put("photos", f"face {n}".encode()) for n in range(3)]
    settings.FILE_KEYS = [NEW, OLD]
    assert "4 encrypted anew" in rotated()
    assert " 0 encrypted anew" in rotated()
    settings.FILE_KEYS = [NEW]
    assert storage.canary_ok()
    assert [EncryptedStorage().read(name) for name in names] == [b"face 0", b"face 1", b"face 2"]


@pytest.mark.django_db
def test_a_rotation_that_was_killed_goes_on_and_nobody_drops_the_old_key_too_early(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    names = [EncryptedStorage().put("photos", f"face {n}".encode()) for n in range(3)]
    settings.FILE_KEYS = [NEW, OLD]
    whole, calls = EncryptedStorage.rotate, count()

    def killed(box: EncryptedStorage, name: str) -> bool:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return whole(box, name)

    monkeypatch.setattr(EncryptedStorage, "rotate", killed)
    with pytest.raises(KeyboardInterrupt):
        rotated()
    assert len({EncryptedStorage().read(name) for name in names}) == 3
    settings.FILE_KEYS = [NEW]
    assert not storage.canary_ok()
    settings.FILE_KEYS = [NEW, OLD]
    monkeypatch.undo()
    settings.MEDIA_ROOT, settings.FILE_KEYS = root, [NEW, OLD]
    assert "2 encrypted anew" in rotated()
    assert not list(root.rglob("*.draft"))


@pytest.mark.django_db
def test_the_secrets_of_second_factors_are_rotated_too(settings: Settings) -> None:
    data = {"secret": accounts.EncryptedFactors().encrypt("a fictional secret")}
    row = Authenticator.objects.create(user=make_staff(), type="totp", data=data)
    settings.FILE_KEYS = [NEW, OLD]
    rotated()
    settings.FILE_KEYS = [NEW]
    row.refresh_from_db()
    assert accounts.EncryptedFactors().decrypt(row.data["secret"]) == "a fictional secret"


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
