"""manage.py rotate_file_keys: after a new key was put first in FILE_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand

from clinic.staff import accounts
from clinic.staff.storage import EncryptedStorage

STEP = 500  # files between two lines of progress


class Command(BaseCommand):
    help = (
        "Encrypt every stored file and second factor with the first of FILE_KEYS. It can be "
        "stopped and started again at any moment; afterwards the older keys can be taken out."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        storage, seen, changed = EncryptedStorage(), 0, 0
        factors = accounts.rotate_factors()
        for name in storage.names():
            seen, changed = seen + 1, changed + storage.rotate(name)
            if seen % STEP == 0:
                self.stdout.write(f"{seen} files seen, {changed} encrypted anew.")
        self.stdout.write(
            f"Done: {seen} files seen, {changed} encrypted anew, {factors} second factors. "
            "The older keys in FILE_KEYS are needed no longer, except for backups."
        )
