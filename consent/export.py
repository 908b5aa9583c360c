"""Sealed documents for whoever may have them: one, or a ZIP with a list of what is in it."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.models import PatientLink
from clinic.record import audit
from clinic.record.audit import Named
from clinic.staff.storage import EncryptedStorage
from consent.content import digest_of_bytes
from consent.evidence import Evidence, note
from consent.models import ConsentDocument, SignatureEventKind

MANIFEST = "manifest.csv"
COLUMNS = ("name", "sha256", "patient number", "state", "sealed at", "problem")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest a ZIP knows: the same documents give the same bytes


class DamagedFile(ClinicError):
    code = "damaged-file"
    text = _(
        "The stored file is not the one that was sealed. Do not hand it out, and tell the "
        "administrator."
    )


@transaction.atomic
def read(document: ConsentDocument, *, at: datetime, by: Named) -> bytes:
    """One document for somebody who asks; every reading is on the record, and checked again."""
    pdf = verified(document)
    audit.record("consent.downloaded", document, at=at, by=by, patient=document.patient.uuid)
    return pdf


@transaction.atomic
def deliver(
    document: ConsentDocument, evidence: Evidence, *, at: datetime, by: PatientLink
) -> bytes:
    """The patient's copy. The first time is a link in the chain: they have it."""
    document = ConsentDocument.objects.select_for_update(no_key=True).get(pk=document.pk)
    pdf = verified(document)
    delivered = SignatureEventKind.DELIVERED
    if not document.events.filter(kind=delivered).exists():
        note(document, delivered, at=at, by=by, evidence=evidence)
    audit.record("consent.delivered", document, at=at, by=by, patient=document.patient.uuid)
    return pdf


def verified(document: ConsentDocument) -> bytes:
    """The stored bytes, if they are still those that were sealed."""
    try:
        pdf = EncryptedStorage().read(document.file)
    except OSError as error:
        raise DamagedFile from error
    if digest_of_bytes(pdf) != document.pdf_sha256:
        raise DamagedFile
    return pdf


@transaction.atomic
def bundle(
    documents: Iterable[ConsentDocument], out: IO[bytes], *, at: datetime, by: Named | None
) -> int:
    """A ZIP of the documents with a manifest; each is named in the audit. Returns how many."""
    rows: list[tuple[str, ...]] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # a PDF is compressed already
        for document in documents:
            pdf, row = entry(document)
            rows.append(row)
            if pdf is not None:
                archive.writestr(zipfile.ZipInfo(row[0], EPOCH), pdf)
            audit.record("consent.exported", document, at=at, by=by, patient=document.patient.uuid)
        archive.writestr(zipfile.ZipInfo(MANIFEST, EPOCH), manifest(rows))
    return len(rows)


def one_by_one(keys: Iterable[int]) -> Iterator[ConsentDocument]:
    """One row in memory at a time, however many there are."""
    for key in keys:
        yield ConsentDocument.objects.select_related("patient").get(pk=key)


def to_folder(
    documents: Iterable[ConsentDocument], folder: Path, *, at: datetime, by: Named | None
) -> int:
    """The same as files in a folder, each in a transaction of its own: what is there already, with
    the hash of its seal, stays, so that a run that was stopped goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (folder / MANIFEST).open("w", encoding="utf-8", newline="") as file:
        listed = csv.writer(file, lineterminator="\r\n")
        listed.writerow(COLUMNS)
        for document in documents:
            listed.writerow(_put(document, folder, at=at, by=by))
            count += 1
    return count


@transaction.atomic
def _put(
    document: ConsentDocument, folder: Path, *, at: datetime, by: Named | None
) -> tuple[str, ...]:
    pdf, row = entry(document)
    path = folder / row[0]
    if pdf is None or (path.exists() and digest_of_bytes(path.read_bytes()) == row[1]):
        return row
    audit.record("consent.exported", document, at=at, by=by, patient=document.patient.uuid)
    path.write_bytes(pdf)
    return row


def manifest(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue().encode()


def entry(document: ConsentDocument) -> tuple[bytes | None, tuple[str, ...]]:
    """A damaged file is listed as such and left out, so that the rest can still be handed over."""
    name = f"consent-{document.patient.number}-{document.uuid}.pdf"
    sealed = document.sealed_at.isoformat() if document.sealed_at else ""
    row = (name, document.pdf_sha256, str(document.patient.number), document.state, sealed)
    try:
        return verified(document), (*row, "")
    except DamagedFile as error:
        return None, (*row, error.code)
