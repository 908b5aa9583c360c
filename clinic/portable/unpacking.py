"""An uploaded export is opened: names inside it are looked up, never followed."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.portable import restoring
from clinic.portable.fhir import Resource
from clinic.portable.restoring import Unreadable
from clinic.staff.models import User

LARGEST_FILE = 60 * 1024 * 1024  # bytes of one file inside, unpacked
MOST_FILES = 100_000


class TooMuch(ClinicError):
    code = "archive-too-large"
    text = _("This archive holds more than can be read in at once.")


def restore(upload: IO[bytes], *, at: datetime, by: User) -> Counter[str]:
    """Read in a ZIP of ours, or a bundle by itself."""
    try:
        with zipfile.ZipFile(upload) as archive:
            if len(archive.namelist()) > MOST_FILES:
                raise TooMuch

            def file(name: str) -> bytes | None:
                return _read(archive, name)

            return restoring.restore(_resources(archive), file, at=at, by=by)
    except (zipfile.BadZipFile, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Unreadable(why=_("it is no export of this program")) from error


def _resources(archive: zipfile.ZipFile) -> Iterator[Resource]:
    names = archive.namelist()
    if "bundle.json" in names:
        bundle: Any = json.loads(_read(archive, "bundle.json") or b"")
        for entry in bundle.get("entry", []):
            yield entry["resource"]
    for name in names:
        if name.endswith(".ndjson"):
            for line in (_read(archive, name) or b"").decode().splitlines():
                yield json.loads(line)


def _read(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """At most so much of it, whatever its header says."""
    try:
        with archive.open(name) as file:
            data = file.read(LARGEST_FILE + 1)
    except KeyError:
        return None
    if len(data) > LARGEST_FILE:
        raise TooMuch
    return data
