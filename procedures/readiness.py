"""What the sessions of a day still lack, for the desk: a hint beforehand, never the gate itself."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentDocument
from patients import photos
from patients.models import Intake, Photo
from procedures import consenting, rulebook
from procedures.domain.findings import UNASKED
from procedures.models import AHEAD, Appointment, AppointmentKind, CourseHold, Screening


@dataclass(frozen=True, slots=True)
class Lack:
    """Something a session of the day still needs, as an icon with its words."""

    icon: str
    label: str | Promise


INTAKE = Lack("clipboard-list", _("questionnaire missing"))
SCREENING = Lack("shield", _("not screened today"))
CONSENT = Lack("signature", _("no consent in force"))
PHOTO = Lack("camera", _("before-photo missing"))
HOLD = Lack("hand-stop", _("course on hold"))
LACKS = (INTAKE, SCREENING, CONSENT, PHOTO, HOLD)


def lacks_of(visit: Appointment, *, at: datetime) -> tuple[Lack, ...]:
    """What one visit still lacks."""
    on = timezone.localdate(visit.slot.lower, visit.room.location.zone)
    today = on == timezone.localdate(at, visit.room.location.zone)
    return tuple(missing([visit], on, at=at, today=today)[visit.pk])


def missing(
    visits: list[Appointment], on: date, *, at: datetime, today: bool
) -> dict[int, list[Lack]]:
    """What a session still lacks, as icons: the gate itself is asked at the start.

    Who is gone lacks nothing, and nobody is screened before the day.
    """
    sessions = [
        visit for visit in visits if visit.kind == AppointmentKind.SESSION and visit.status in AHEAD
    ]
    had = [
        (INTAKE, _asked(sessions)),
        (CONSENT, _agreed(sessions, at)),
        (PHOTO, _photographed(sessions)),
        (HOLD, _free_to_go(sessions, at)),
    ]
    if today:
        had.insert(1, (SCREENING, _screened(sessions, on, at)))
    return defaultdict(
        list, {visit.pk: [lack for lack, ok in had if visit.pk not in ok] for visit in sessions}
    )


def _asked(sessions: list[Appointment]) -> set[int]:
    patients = {visit.patient_id for visit in sessions}
    answered = set(
        Intake.objects.filter(patient__in=patients)
        .exclude(completed_at=None)
        .values_list("patient", flat=True)
    )
    return {visit.pk for visit in sessions if visit.patient_id in answered}


def _screened(sessions: list[Appointment], on: date, at: datetime) -> set[int]:
    """Asked and screened for that day and this plan, after the last change of history or rules."""
    plans = {visit.session.course.plan_id for visit in sessions}
    rules = rulebook.in_force(at=at).version
    made = Screening.objects.filter(plan__in=plans, on=on, knowledge=rules)
    made = made.filter(made_at__gte=F("patient__history_changed_at")).order_by("made_at", "pk")
    last = dict(made.values_list("plan", "findings"))
    fresh = {plan for plan, found in last.items() if not any(map(_unasked, found))}
    return {visit.pk for visit in sessions if visit.session.course.plan_id in fresh}


def _unasked(finding: dict[str, str]) -> bool:
    return finding["rule"].startswith(UNASKED)


def _agreed(sessions: list[Appointment], at: datetime) -> set[int]:
    subjects = {visit.session.course.plan.subject for visit in sessions}
    sealed = ConsentDocument.objects.in_force(at=at).filter(subject__in=subjects)
    rows = sealed.only("subject", "valid_sessions")
    agreed = {row.subject for row in rows if not consenting.used_up(row)}
    return {visit.pk for visit in sessions if visit.session.course.plan.subject in agreed}


def _photographed(sessions: list[Appointment]) -> set[int]:
    """Every standard view of the treated area is there to compare with."""
    patients = {visit.patient_id for visit in sessions}
    taken = set(
        Photo.objects.kept().filter(patient__in=patients).values_list("patient", "area", "view")
    )
    complete = set()
    for visit in sessions:
        area = visit.session.course.plan.area
        if all((visit.patient_id, area, view) in taken for view in photos.standard_views(area)):
            complete.add(visit.pk)
    return complete


def _free_to_go(sessions: list[Appointment], at: datetime) -> set[int]:
    courses = {visit.session.course_id for visit in sessions}
    holds = CourseHold.objects.in_force(at=at).filter(course__in=courses)
    held = set(holds.values_list("course", flat=True))
    return {visit.pk for visit in sessions if visit.session.course_id not in held}
