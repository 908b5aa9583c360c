"""One patient as a file for whoever may have it. Each public function is one transaction."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from clinic.portable import gathering, paper
from clinic.portable.archive import Entry, stream
from clinic.portable.rows import text_of
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models import Patient, PhotoUse


@transaction.atomic
def hand_out(patient: Patient, *, at: datetime, by: User) -> Iterator[bytes]:
    """A readable PDF, a FHIR Bundle, the originals and a manifest; on the record."""
    sees_all = by.may(Permission.SEE_SENSITIVE)
    audit.record("patient.exported", patient, at=at, by=by, patient=patient.uuid, complete=sees_all)
    about = {"made": at.isoformat(), "patient": str(patient.uuid), "complete": sees_all}
    return stream(_entries(patient, sees_all=sees_all, at=at), about)


@transaction.atomic
def hand_out_pictures(use: PhotoUse, *, at: datetime, by: User) -> Iterator[bytes]:
    """The photos that patients allowed for this use, as it stands now."""
    audit.record("photos.exported", by, at=at, by=by, use=use.value)
    found = gathering.pictures_for(use)
    entries = (Entry(name=one.name, pieces=[one.read()]) for one in found)
    return stream(entries, {"made": at.isoformat(), "use": use.value})


def _entries(patient: Patient, *, sees_all: bool, at: datetime) -> Iterator[Entry]:
    made = gathering.bundle(patient, sees_all=sees_all)
    yield Entry(name="record.pdf", pieces=[paper.printed(patient, sees_all=sees_all, at=at)])
    yield Entry(name="bundle.json", pieces=[text_of(made).encode()])
    for original in gathering.files_of(patient):
        yield Entry(name=original.name, pieces=[original.read()])
