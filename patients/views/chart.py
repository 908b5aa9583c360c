"""The parts of the chart that are ours: who it is, the history, the photos.

Each is a fragment for htmx, and a page of its own without JavaScript.
"""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import inviting, photos, proof
from patients.intake import answers_now
from patients.models import Answer, HistoryItem, HistoryKind, Patient, Photo, Reply, View
from patients.synonyms import unread_notes
from patients.views.door import language, patient_of, put_on_record
from patients.views.lines import answer_lines, lists_of

VIEWS = View.values  # in the order in which they are taken
DAYS_OF_PHOTOS = 4  # newest days of an area that the chart shows


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_PATIENTS)
def chart_summary(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Who it is; for those who treat, the allergies too."""
    row, now = patient_of(request, patient), timezone.now()
    context: dict[str, object] = {"patient": row, "age": row.age_on(timezone.localdate(now))}
    context["may_edit"] = request.user.may(Permission.REGISTER_PATIENTS)
    context["locked"] = proof.locked_of(row, at=now)
    if request.user.may(Permission.SEE_CLINICAL):
        put_on_record(request, "allergies.viewed", row, at=now)
        lists = lists_of(row, request.user, language())
        context["allergies"] = next(one for one in lists if one.kind == HistoryKind.ALLERGY)
        context["needs_doctor"] = _needs_doctor(request, row)
    return _part(request, "patients/chart_summary.html", context)


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_CLINICAL)
def chart_alerts(request: StaffRequest, patient: UUID) -> HttpResponse:
    """What must not be missed at any moment: allergies, or that nobody has asked for them."""
    row = patient_of(request, patient)
    put_on_record(request, "allergies.viewed", row, at=timezone.now())
    lists = lists_of(row, request.user, language())
    allergies = next(one for one in lists if one.kind == HistoryKind.ALLERGY)
    return _part(request, "patients/chart_alerts.html", {"patient": row, "allergies": allergies})


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_CLINICAL)
def chart_history(request: StaffRequest, patient: UUID) -> HttpResponse:
    row, now = patient_of(request, patient), timezone.now()
    put_on_record(request, "history.viewed", row, at=now)
    last = row.intakes.completed().order_by("-completed_at", "-pk").first()
    said = answers_now(row, at=now).values()
    visible = Answer.objects.visible_to(request.user).filter(pk__in=[one.pk for one in said])
    matters = visible.exclude(reply__in=[Reply.NO, Reply.ASSESSED]).order_by("pk")
    context = {
        "patient": row,
        "lists": lists_of(row, request.user, language()),
        "last": last,
        "matters": answer_lines(matters, language()),
        "notes": _unread(request, row, said),
        "draft": row.intakes.drafts().order_by("handed_in_at", "pk").first(),
        "link": inviting.open_link(row, at=now),
        "may_write": inviting.way_to(row) is not None,
        "needs_doctor": _needs_doctor(request, row),
        "may_record": request.user.may(Permission.RECORD_CLINICAL),
    }
    return _part(request, "patients/chart_history.html", context)


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_CLINICAL)
def chart_photos(request: StaffRequest, patient: UUID) -> HttpResponse:
    row, now = patient_of(request, patient), timezone.now()
    taken = Photo.objects.visible_to(request.user).filter(patient=row).kept()
    shown = list(taken.of_newest_days(DAYS_OF_PHOTOS).order_by("-taken_at", "-pk"))
    photos.view_all(row, shown, at=now, by=request.user)
    areas = [
        {"area": area, "missing": missing, "days": _by_day([p for p in shown if p.area == area])}
        for area, missing in photos.missing_by_area(row, at=now).items()
    ]
    context = {"patient": row, "areas": areas}
    context["may_record"] = request.user.may(Permission.RECORD_CLINICAL)
    return _part(request, "patients/chart_photos.html", context)


def _by_day(shown: list[Photo]) -> list[tuple[date, list[Photo]]]:
    """A day's photos in the order in which they are taken."""
    return [
        (day, sorted(group, key=lambda one: VIEWS.index(one.view)))
        for day, group in groupby(shown, key=lambda one: timezone.localdate(one.taken_at))
    ]


def _unread(request: StaffRequest, patient: Patient, said: Iterable[Answer]) -> list[Answer]:
    """Words beside answers that hold the session, for these eyes."""
    sees_all = request.user.may(Permission.SEE_SENSITIVE)
    return unread_notes(patient, [row for row in said if sees_all or not row.sensitive])


def _needs_doctor(request: StaffRequest, patient: Patient) -> bool:
    """Whether something is on record that only a doctor may read."""
    if request.user.may(Permission.SEE_SENSITIVE):
        return False
    items = HistoryItem.objects.filter(patient=patient).current().hidden_from(request.user)
    answers = [one.pk for one in answers_now(patient, at=timezone.now()).values()]
    return items.exists() or Answer.objects.filter(pk__in=answers).needing_a_doctor().exists()


def _part(request: StaffRequest, template: str, context: dict[str, object]) -> HttpResponse:
    return render(request, template + ("#panel" if request.htmx else ""), context)
