"""Drawing over a photo, and laying one photo over another. The photos stay as they are.

Each public function is one transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import Broken, ClinicError, Stale
from clinic.record import audit
from clinic.staff.models import User
from patients import marks
from patients.models import Alignment, Markup, Photo


class Unreadable(ClinicError):
    code = "unreadable"
    text = _("The drawing could not be read. Reload the page and draw it again.")


class NoPair(ClinicError):
    code = "no-pair"
    text = _("Only two different photos of one patient from the same view can be aligned.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A mark as a page shows it: in pixels of the photo."""

    number: int
    note: str
    is_point: bool
    x: int
    y: int
    path: str


@transaction.atomic
def draw(photo: Photo, text: str, *, version: str, at: datetime, by: User) -> Markup:
    """A new layer in place of the one that was looked at."""
    try:
        drawn = marks.read(text)
    except Broken as error:
        raise Unreadable from error
    photo = Photo.objects.select_for_update(no_key=True).get(pk=photo.pk)
    before = layer(photo)
    if version_of(before) != version:
        raise Stale
    if before is not None:
        before.superseded_at = at
        before.save(update_fields=["superseded_at"])
    after = Markup.objects.create(photo=photo, marks=drawn, drawn_at=at, drawn_by=by)
    patient, count = photo.patient.uuid, len(drawn)
    audit.record("photo.marked", photo, at=at, by=by, patient=patient, marks=count)
    return after


@transaction.atomic
def align(before: Photo, after: Photo, text: str, *, at: datetime, by: User) -> Alignment:
    """The same two places on both; shown again whenever the two are compared."""
    try:
        points = marks.read_pairs(text)
    except Broken as error:
        raise Unreadable from error
    alike = (before.patient_id, before.area, before.view) == (
        after.patient_id,
        after.area,
        after.view,
    )
    if before == after or not alike:
        raise NoPair
    Photo.objects.select_for_update(no_key=True).get(pk=before.pk)
    row, _created = Alignment.objects.update_or_create(
        before=before,
        after=after,
        defaults={"points": points, "aligned_at": at, "aligned_by": by},
    )
    patient, other = before.patient.uuid, str(after.uuid)
    audit.record("photo.aligned", before, at=at, by=by, patient=patient, after=other)
    return row


def layer(photo: Photo) -> Markup | None:
    """What is drawn over it now."""
    return photo.markups.filter(superseded_at=None).select_related("drawn_by").first()


def version_of(markup: Markup | None) -> str:
    return str(markup.uuid) if markup else ""


def lines(photo: Photo, markup: Markup | None) -> list[Line]:
    """The layer in the photo's own pixels, so that a page can draw it without a script."""
    kept = markup.marks if markup else []
    return [_line(number, mark, photo) for number, mark in enumerate(kept, start=1)]


def points_of(before: Photo, after: Photo) -> list[list[int]]:
    """The places by which the two are aligned; empty where nobody did that yet."""
    row = Alignment.objects.filter(before=before, after=after).first()
    return row.points if row else []


def _line(number: int, mark: marks.Mark, photo: Photo) -> Line:
    places = [
        (x * photo.width // marks.SIDE, y * photo.height // marks.SIDE) for x, y in mark["places"]
    ]
    return Line(
        number=number,
        note=mark["note"],
        is_point=len(places) == 1,
        x=places[0][0],
        y=places[0][1],
        path=" ".join(f"{x},{y}" for x, y in places),
    )
