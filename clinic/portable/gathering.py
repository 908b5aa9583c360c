"""All that an export of one patient holds: their rows, and those of the clinic they refer to."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Model

from aftercare.models import CheckInPhoto
from clinic.portable.clinical import file_name
from clinic.portable.fhir import Resource, resource
from clinic.portable.kinds import KINDS, Kind, by_model, parts_of
from clinic.portable.rows import references
from clinic.staff.storage import EncryptedStorage
from consent.models import ConsentDocument, Withdrawal
from patients.models import Patient, Photo, PhotoUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A stored file, where it lies in the archive, and its hash."""

    name: str
    stored: str
    sha256: str

    def read(self) -> bytes:
        return EncryptedStorage().read(self.stored)


def rows_of(patient: Patient) -> list[tuple[Kind, Model]]:
    """In the order in which they can be read in."""
    needed: dict[type[Model], set[int]] = defaultdict(set)
    found: list[tuple[Kind, Model]] = []
    for kind in reversed(KINDS):
        if kind.patient:
            rows = list(kind.of(patient))
        else:
            rows = list(kind.rows().filter(pk__in=needed[kind.model]))
        for row in reversed(rows):
            found.append((kind, row))
            _need(row, kind, needed)
    return found[::-1]


def bundle(patient: Patient, *, sees_all: bool) -> Resource:
    """A FHIR Bundle with everything about one patient."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"urn:uuid:{made['id']}", "resource": made}
            for kind, row in rows_of(patient)
            for made in [resource(row, kind, sees_all=sees_all)]
        ],
    }


def files_of(patient: Patient) -> Iterator[Original]:
    """The photos that are kept, and what was sealed."""
    for photo in Photo.objects.filter(patient=patient).order_by("pk"):
        yield Original(name=file_name(photo), stored=photo.file, sha256=photo.sha256)
    sent = CheckInPhoto.objects.filter(check_in__plan__patient=patient)
    for picture in sent.order_by("pk"):
        yield Original(name=file_name(picture), stored=picture.file, sha256=picture.sha256)
    documents = ConsentDocument.objects.filter(patient=patient).with_file().order_by("pk")
    for document in documents:
        yield Original(name=file_name(document), stored=document.file, sha256=document.pdf_sha256)
    pages = Withdrawal.objects.filter(document__patient=patient, sealed_at__isnull=False)
    for page in pages.order_by("pk"):
        yield Original(name=file_name(page), stored=page.file, sha256=page.pdf_sha256)


def pictures_for(use: PhotoUse) -> Iterator[Original]:
    """What patients allowed for teaching or marketing, and nothing else; named by no patient."""
    allowed = Photo.objects.kept().filter(**{f"{use.column}__isnull": False})
    allowed = allowed.filter(patient__in=Patient.objects.standing())
    for photo in allowed.order_by("area", "taken_at", "pk").iterator(chunk_size=500):
        yield Original(
            name=f"{photo.area}-{photo.uuid}.jpg", stored=photo.file, sha256=photo.sha256
        )


def _need(row: Model, kind: Kind, needed: dict[type[Model], set[int]]) -> None:
    inner = [one for _part, rows in parts_of(kind, row) for one in rows]
    for one in (row, *inner):
        left_out = by_model()[type(one)].left_out if type(one) in by_model() else ()
        for field in references(type(one)):
            key = getattr(one, field.attname)
            if key is not None and field.name not in left_out:
                needed[field.related_model].add(key)  # type: ignore[index]
