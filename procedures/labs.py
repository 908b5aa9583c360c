"""Laboratory tests that the clinic asks for before a course: a list of its own, none by default."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.record import audit
from clinic.staff.models import User
from procedures import settings
from procedures.models import LabResult, Plan

LIST = "lab_checklist"


class NotOnTheList(ClinicError):
    code = "not-on-the-list"
    text = _("The clinic's list has no such test. Choose one of the list.")


class NotYetTaken(ClinicError):
    code = "not-yet-taken"
    text = _("This date has not come yet. Enter the day of the result.")


class NoValue(ClinicError):
    code = "no-value"
    text = _("Write the result as the laboratory gives it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One test of the clinic's list, with its last result for this plan."""

    name: str
    result: LabResult | None


def checklist(plan: Plan, *, at: datetime) -> tuple[Item, ...] | None:
    """What is asked for before this course; None: the clinical lead has not set a list."""
    wanted = settings.current(at=at).get(LIST)
    if not isinstance(wanted, list):
        return None
    made = LabResult.objects.filter(patient=plan.patient_id, lineage=plan.lineage)
    results = {row.name: row for row in made.order_by("recorded_at", "pk")}
    return tuple(Item(name=str(name), result=results.get(str(name))) for name in wanted)


def missing(plan: Plan, *, at: datetime) -> tuple[str, ...]:
    """Tests of the list without a result; an unset list asks for nothing."""
    items = checklist(plan, at=at) or ()
    return tuple(one.name for one in items if one.result is None)


@transaction.atomic
def record(plan: Plan, name: str, value: str, *, on: date, at: datetime, by: User) -> LabResult:
    """Keep a result as the laboratory gives it; a later one counts instead."""
    if name not in [one.name for one in checklist(plan, at=at) or ()]:
        raise NotOnTheList
    if not value.strip():
        raise NoValue
    if on > timezone.localdate(at, plan.location.zone):
        raise NotYetTaken
    row = LabResult.objects.create(
        patient=plan.patient,
        lineage=plan.lineage,
        name=name,
        value=value.strip()[:200],
        result_date=on,
        recorded_at=at,
        recorded_by=by,
    )
    audit.record("lab-result.recorded", row, at=at, by=by, patient=plan.patient.uuid)
    return row
