"""Sealed consents for whoever may have them: chosen, looked at one by one, fetched as a ZIP.

Each public function that changes something is one transaction. Up to the cursor every file was
compared with its seal and is on the record; a worker that dies leaves the next one the rest.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Self

from django.db import transaction
from django.db.models import Q

from clinic.portable.archive import Entry, stream
from clinic.portable.exporting import NotReady, UnderWay, ring
from clinic.portable.models import ConsentExport, ExportedConsent
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission
from consent import export as papers
from consent.models import ConsentDocument, ConsentDocumentQuerySet
from procedures.models import Session

AT_ONCE = 25  # documents between two commits
KEPT = timedelta(hours=48)  # then the link is dead
TASK = "clinic.portable.tasks.export_consents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which consents; what is not said narrows nothing."""

    since: date | None = None  # sealed on or after this day
    until: date | None = None
    state: str = ""
    patient: int | None = None  # number
    product: str = ""  # its name, as the consent names it
    lot: str = ""  # its number: the consents of whoever got some of it
    practitioner: str = ""  # mail address: who treated or countersigned

    def as_data(self) -> dict[str, Any]:
        days = {
            name: day.isoformat() for name in ("since", "until") if (day := getattr(self, name))
        }
        return {name: value for name, value in asdict(self).items() if value} | days

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        days = {n: date.fromisoformat(data[n]) for n in ("since", "until") if n in data}
        return cls(**(data | days))


def chosen(choice: Choice) -> ConsentDocumentQuerySet:
    """Lots and practitioners are known to the sessions; the consents are found through them."""
    rows = ConsentDocument.objects.with_file()
    plain = {
        "state": choice.state,
        "sealed_at__date__gte": choice.since,
        "sealed_at__date__lte": choice.until,
        "patient__number": choice.patient,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if choice.product:
        rows = rows.filter(content__drugs__contains=[{"name": choice.product}])
    if choice.lot:
        given = Q(injections__lot__number=choice.lot) | Q(prepared__lot__number=choice.lot)
        rows = rows.filter(pk__in=Session.objects.filter(given).values("consent"))
    if mail := choice.practitioner:
        treated = Session.objects.filter(started_by__email__iexact=mail)
        own = Q(countersigned_by__email__iexact=mail)
        rows = rows.filter(own | Q(pk__in=treated.values("consent")))
    return rows


@transaction.atomic
def ask(choice: Choice, *, at: datetime, by: User) -> ConsentExport:
    """Begin one; the worker is rung, and a beat goes on with it if nobody hears."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if ConsentExport.objects.unfinished().filter(requested_by=by).exists():
        raise UnderWay
    export = ConsentExport.objects.create(
        requested_at=at,
        requested_by=by,
        choice=choice.as_data(),
        total=chosen(choice).visible_to(by).count(),
    )
    said = sorted(choice.as_data())
    audit.record("consents.export-asked", export, at=at, by=by, narrowed_by=", ".join(said))
    transaction.on_commit(partial(ring, TASK), robust=True)
    return export


@transaction.atomic
def write_part(*, at: datetime) -> bool:
    """The next documents of one export; whether there was one to go on with."""
    rows = ConsentExport.objects.unfinished().select_related("requested_by").order_by("pk")
    export = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if export is None:
        return False
    batch = _after_cursor(export)
    for document in batch:
        _list(export, document, at=at)
    if batch:
        export.cursor, export.done = batch[-1].pk, export.done + len(batch)
    if len(batch) < AT_ONCE:
        export.finished_at, export.expires_at = at, at + KEPT
        audit.record("consents.export-made", export, at=at, by=None, documents=export.done)
    export.save()
    return True


@transaction.atomic
def fetch(export: ConsentExport, *, at: datetime, by: User) -> Iterator[bytes]:
    """The ZIP in pieces; that it was taken is on the record."""
    if not export.is_ready(at=at):
        raise NotReady
    audit.record("consents.exported", export, at=at, by=by, documents=export.done)
    return archive_of(export)


@transaction.atomic
def remove_outdated(*, at: datetime) -> int:
    """The lists of those whose time is over; that there was an export stays."""
    rows = list(ConsentExport.objects.outdated(at=at).select_for_update(skip_locked=True))
    for export in rows:
        export.papers.all().delete()
        export.removed_at = at
        export.save(update_fields=["removed_at"])
    return len(rows)


def archive_of(export: ConsentExport) -> Iterator[bytes]:
    about = {"made": export.requested_at.isoformat(), "documents": export.done}
    return stream(_entries(export), about | {"choice": export.choice})


def _after_cursor(export: ConsentExport) -> list[ConsentDocument]:
    """The next ones, as long as whoever asked still may have them."""
    by = export.requested_by
    if not by.may(Permission.EXPORT_CONSENTS):
        return []
    documents = chosen(Choice.from_data(export.choice)).visible_to(by)
    after = documents.filter(pk__gt=export.cursor).select_related("patient").order_by("pk")
    return list(after[:AT_ONCE])


def _list(export: ConsentExport, document: ConsentDocument, *, at: datetime) -> None:
    _pdf, row = papers.entry(document)
    ExportedConsent.objects.create(export=export, document=document.uuid, row=list(row))
    by = export.requested_by
    audit.record("consent.exported", document, at=at, by=by, patient=document.patient.uuid)


def _entries(export: ConsentExport) -> Iterator[Entry]:
    """One file in memory at a time; one that was damaged since is left out, and listed so."""
    lost: set[int] = set()
    for line in export.papers.order_by("pk").iterator(chunk_size=200):
        pdf = None if line.problem else _still(line)
        if pdf is not None:
            yield Entry(name=line.name, pieces=[pdf])
        elif not line.problem:
            lost.add(line.pk)
    yield Entry(name=papers.MANIFEST, pieces=_manifest(export, lost))


def _still(line: ExportedConsent) -> bytes | None:
    document = ConsentDocument.objects.filter(uuid=line.document).first()
    if document is None or document.pdf_sha256 != line.sha256:
        return None
    try:
        return papers.verified(document)
    except papers.DamagedFile:
        return None


def _manifest(export: ConsentExport, lost: set[int]) -> Iterator[bytes]:
    yield _csv(papers.COLUMNS)
    for line in export.papers.order_by("pk").iterator(chunk_size=200):
        late = [*line.row[:-1], papers.DamagedFile.code]
        yield _csv(late if line.pk in lost else line.row)


def _csv(row: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(row)
    return text.getvalue().encode()
