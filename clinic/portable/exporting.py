"""The whole clinic as NDJSON per resource and files: asked for, written piece by piece, fetched.

Each public function but `archive_of` is one transaction.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from clinic.errors import ClinicError
from clinic.portable import gathering
from clinic.portable.archive import Entry, stream
from clinic.portable.fhir import resource
from clinic.portable.kinds import KINDS, Kind
from clinic.portable.models import Export, ExportPart
from clinic.portable.rows import text_of
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission
from clinic.staff.storage import EncryptedStorage
from patients.models import Patient

logger = logging.getLogger(__name__)
AT_ONCE = 200  # rows of a part
LEASE = timedelta(minutes=5)  # for one part
KEPT = timedelta(hours=48)  # then the files go and the link is dead
TASK = "clinic.portable.tasks.export"


class NotReady(ClinicError):
    code = "export-not-ready"
    text = _("This export is not ready, or its time is over. Ask for a new one.")


class UnderWay(ClinicError):
    code = "export-under-way"
    text = _("Your last export is still being made. Wait until it is ready.")


@transaction.atomic
def ask(*, at: datetime, by: User) -> Export:
    """Begin a new one; the worker is rung, and a beat goes on with it if nobody hears."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if Export.objects.unfinished().filter(requested_by=by).exists():
        raise UnderWay
    export = Export.objects.create(
        requested_at=at,
        requested_by=by,
        sees_all=by.may(Permission.SEE_SENSITIVE),
        total=sum(kind.rows().count() for kind in KINDS),
    )
    audit.record("clinic.export-asked", export, at=at, by=by, complete=export.sees_all)
    transaction.on_commit(ring, robust=True)
    return export


@transaction.atomic
def write_part(*, at: datetime) -> bool:
    """One piece of one export and the place where it stopped; whether there was one to write."""
    free = Export.objects.free(at=at).order_by("pk").select_for_update(skip_locked=True)
    export = free.first()
    if export is None:
        return False
    kind = KINDS[export.kind]
    batch = list(kind.rows().filter(pk__gt=export.cursor or 0)[:AT_ONCE])
    if batch:
        _keep(export, kind, batch)
        export.cursor = batch[-1].pk
        export.done += len(batch)
    if len(batch) < AT_ONCE:
        export.kind, export.cursor = export.kind + 1, None
    if export.kind == len(KINDS):
        export.finished_at, export.expires_at = at, at + KEPT
        audit.record("clinic.export-made", export, at=at, by=None, rows=export.done)
    export.save()
    return True


@transaction.atomic
def fetch(export: Export, *, at: datetime, by: User) -> Iterator[bytes]:
    """The archive in pieces; that it was taken is on the record."""
    if not export.is_ready(at=at):
        raise NotReady
    audit.record("clinic.exported", export, at=at, by=by, rows=export.done)
    return archive_of(export)


@transaction.atomic
def remove_outdated(*, at: datetime) -> int:
    """The files of exports whose time is over."""
    rows = list(Export.objects.outdated(at=at).select_for_update(skip_locked=True))
    for export in rows:
        for part in export.parts.order_by("pk"):
            EncryptedStorage().delete(part.file)
        export.parts.all().delete()
        export.removed_at = at
        export.save(update_fields=["removed_at"])
    return len(rows)


def archive_of(export: Export) -> Iterator[bytes]:
    about = {
        "made": export.requested_at.isoformat(),
        "complete": export.sees_all,
        "rows": export.done,
    }
    return stream(_entries(export), about)


def ring(task: str = TASK) -> None:
    """Wake one worker; a broker that is away costs a minute."""
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except (OperationalError, OSError):
        logger.warning("the broker cannot be reached; the next beat goes on with the export")


def _keep(export: Export, kind: Kind, batch: list[object]) -> None:
    made = [resource(row, kind, sees_all=export.sees_all) for row in batch]  # type: ignore[arg-type]
    number = export.parts.count()
    by_type = sorted(made, key=lambda one: str(one["resourceType"]))
    for name, group in groupby(by_type, key=lambda one: str(one["resourceType"])):
        lines = [text_of(one) for one in group]
        data = ("\n".join(lines) + "\n").encode()
        stored = EncryptedStorage().put("export", data)
        ExportPart.objects.create(
            export=export, number=number, resource=name, rows=len(lines), file=stored
        )
        number += 1


def _entries(export: Export) -> Iterator[Entry]:
    """One file for each resource type, then every original, read one at a time."""
    parts = export.parts.order_by("resource", "number")
    for name, group in groupby(parts.iterator(), key=lambda part: part.resource):
        stored = [part.file for part in group]
        yield Entry(name=f"{name}.ndjson", pieces=(EncryptedStorage().read(one) for one in stored))
    for patient in Patient.objects.filter(merged_into=None).order_by("pk").iterator(chunk_size=200):
        for original in gathering.files_of(patient):
            yield Entry(name=original.name, pieces=(original.read() for _once in range(1)))
