"""Rows as FHIR R4 resources: what others can read, and beside it the row for reading it in again.

Whoever may not see what is for doctors gets "needs doctor" in its place, and no row.
"""

from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Model

from clinic.portable import clinical, places
from clinic.portable.kinds import Kind, Part, by_model, parts_of
from clinic.portable.rows import Data, row_of, text_of
from patients.models import Answer, Claim, Decision, HistoryItem
from procedures.models import Override, Screening

Resource: TypeAlias = dict[str, Any]
ROW = "urn:mesoclinic:row"
BUILDERS = places.BUILDERS | clinical.BUILDERS
NEEDS_DOCTOR = "Needs doctor"


def resource(row: Model, kind: Kind, *, sees_all: bool) -> Resource:
    """One row with its parts."""
    hidden = not sees_all and is_hidden(row)
    shape = BUILDERS[kind.model](row) if not hidden else masked(row, kind)
    found: Resource = {"resourceType": shape.pop("resourceType", kind.resource)}
    found["id"] = str(getattr(row, "uuid"))  # noqa: B009  every kind has one
    data = full(row, kind, sees_all=sees_all) if not hidden else None
    if data is not None:
        found["extension"] = [{"url": ROW, "valueString": text_of(data)}]
    return found | shape


def is_hidden(row: Model) -> bool:
    """Whether all of it is for doctors: what was screened may say why."""
    if isinstance(row, HistoryItem):
        return row.sensitive
    return isinstance(row, Screening)


def masked(row: Model, kind: Kind) -> Resource:
    """That there is something, and when; never what."""
    about = {"reference": f"Patient/{getattr(row, 'patient').uuid}"}  # noqa: B009
    if isinstance(row, HistoryItem):
        return {
            "resourceType": "Condition",
            "subject": about,
            "code": {"text": NEEDS_DOCTOR},
            "recordedDate": instant(row.recorded_at),
        }
    return {"status": "final", "subject": about, "method": {"text": NEEDS_DOCTOR}}


def full(row: Model, kind: Kind, *, sees_all: bool) -> Data:
    """The row with everything inside it."""
    data: Data = {"kind": kind.name, "row": row_of(row, kind.left_out)}
    for name in kind.within:
        data["row"][name] = row_of(getattr(row, name))
    parts = {}
    for part, rows in parts_of(kind, row):
        shown = [one for one in rows if sees_all or not _secret(one)]
        parts[part.model.__name__] = [_part(part, one) for one in shown]
    if parts:
        data["parts"] = parts
    return data


def _part(part: Part, row: Model) -> Data:
    known = by_model().get(part.model)
    skipped = (part.column, "file", *(known.left_out if known else ()))
    return row_of(row, skipped)


def _secret(row: Model) -> bool:
    if isinstance(row, Override):  # names the finding it decides against
        return True
    if isinstance(row, Claim):  # words that nobody has read yet
        return True
    return isinstance(row, Answer | Decision) and row.sensitive


def instant(at: datetime) -> str:
    return at.isoformat()
