"""How far an erasure reaches: what goes, what the law keeps, until when and because of what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Max, Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.lifecycle.fates import PARTS
from clinic.lifecycle.models import Retention
from clinic.lifecycle.preview import NAMES
from consent.models import ConsentDocument
from patients.models import Patient, Photo
from procedures.models import AllergyTest, Appointment, Plan, Session

# From which day the law counts: the last time somebody was examined, treated or agreed in writing.
TREATED: tuple[tuple[object, type[Model], str], ...] = (
    (_("Treatment"), Session, "started_at"),
    (_("Signed consent"), ConsentDocument, "signed_at"),
    (_("Examination by a doctor"), Plan, "signed_off_at"),
    (_("Allergy test"), AllergyTest, "applied_at"),
    (_("Visit"), Appointment, "arrived_at"),
)
SHOWN = {
    "Message": _("Messages"),
    "PatientLink": _("Links to their pages"),
    "CalendarFeed": _("Calendar subscriptions"),
    "DuplicatePair": _("Suspected double charts"),
    "CheckInPhoto": _("Photos sent with reports"),
    "CheckIn": _("Reports after sessions"),
    **NAMES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many rows of one kind."""

    label: object
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why the law keeps the record: what was done last, and when."""

    label: object
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What an erasure would do today."""

    going: list[Count] = field(default_factory=list)
    staying: list[Count] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    years: int | None = None
    until: date | None = None

    @property
    def unset(self) -> bool:
        """Something was done to this person, and the clinic has not said how long that is kept."""
        return bool(self.holds) and self.years is None


def charts_of(patient: Patient) -> list[Patient]:
    """The chart and those that were merged into it: the name stands in all of them."""
    merged = Patient.objects.filter(merged_into=patient).select_related("recipient")
    return [patient, *merged.order_by("pk")]


def of(patient: Patient, *, on: date) -> Extent:
    """The preview: nothing is changed."""
    charts, years = charts_of(patient), Retention.objects.years_now()
    holds = holds_of(charts)
    until = locked_until(holds, years)
    whole = not holds or (until is not None and until <= on)
    return Extent(
        going=list(_counted(charts, whole=whole, going=True)),
        staying=list(_counted(charts, whole=whole, going=False)),
        holds=holds,
        years=years,
        until=None if whole else until,
    )


def holds_of(charts: Sequence[Patient]) -> list[Hold]:
    """What was done to this person, the latest of each kind."""
    found = []
    for label, model, column in TREATED:
        rows = model._default_manager.filter(patient__in=charts)
        last: datetime | None = rows.aggregate(last=Max(column))["last"]
        if last is not None:
            found.append(Hold(label=label, last=timezone.localdate(last)))
    return found


def locked_until(holds: Sequence[Hold], years: int | None) -> date | None:
    """The first day on which nothing has to be kept; None: nothing has to, or nobody has said."""
    if not holds or years is None:
        return None
    return years_later(max(one.last for one in holds), years)


def years_later(on: date, years: int) -> date:
    """The same day so many years on; the last of February has no other day to be."""
    leap_day = (on.month, on.day) == (2, 29)
    return on.replace(year=on.year + years, day=28 if leap_day else on.day)


def _counted(charts: Sequence[Patient], *, whole: bool, going: bool) -> Iterator[Count]:
    for part in PARTS:
        if part.model.__name__ in SHOWN:
            rows = part.leaving(charts, whole=whole) if going else part.staying(charts, whole=whole)
            if count := rows.count():
                yield Count(label=_label(part.model, going=going), count=count)


def _label(model: type[Model], *, going: bool) -> object:
    if model is Photo and not going:
        return _("Photos of treated areas")
    return SHOWN[model.__name__]
