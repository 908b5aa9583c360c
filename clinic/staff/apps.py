"""The people's app: it listens to sign-ins, and refuses keys that do not open the files."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register


class StaffConfig(AppConfig):
    name = "clinic.staff"

    def ready(self) -> None:
        from clinic.staff import receivers  # noqa: F401, PLC0415  connects them

        register(check_file_keys)


def check_file_keys(*, app_configs: Sequence[AppConfig] | None, **_more: Any) -> list[CheckMessage]:
    """Started with the wrong keys, the clinic would write files that nobody reads again."""
    from clinic.staff import storage  # noqa: PLC0415  reads settings

    if storage.canary_ok():
        return []
    hint = "Set FILE_KEYS to the keys the files in MEDIA_DIR were written with; new ones go first."
    return [
        Error("The keys in FILE_KEYS do not open the stored files.", hint=hint, id="staff.E001")
    ]
