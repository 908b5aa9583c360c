"""The calendar for the widget: a feed of wall times, and what is dropped somewhere else."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.errors import ClinicError, Stale
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Location, Room, User
from clinic.staff.roles import Permission
from procedures import agenda, rescheduling
from procedures.agenda import Reach, Sheet
from procedures.courses import Dots
from procedures.forms.calendar import DropForm
from procedures.models import Appointment, AppointmentKind, AppointmentStatus
from procedures.views.appointments import found
from procedures.views.calendar import chosen_day, chosen_place


@require_GET
@requires(Permission.SEE_CALENDAR)
def calendar_feed(request: StaffRequest) -> HttpResponse:
    """Visits, columns and closed hours of some days; `?at=&from=&until=&by=`."""
    reach = reach_of(request)
    sheet = agenda.sheet(reach, user=request.user, at=timezone.now())
    visits = [event(one, reach, request.user) for one in sheet.visits]
    return JsonResponse(
        {
            "columns": [column(one) for one in sheet.columns],
            "events": [*visits, *shut(sheet, reach), *promised(sheet, reach)],
            "opens": sheet.opens,
            "closes": sheet.closes,
        },
        headers={"Cache-Control": "no-store"},
    )


@require_GET
@requires(Permission.SEE_CALENDAR)
def calendar_marks(request: StaffRequest) -> HttpResponse:
    """Icons for what is missing and the dots of the courses, for the same days."""
    marks = agenda.marks(reach_of(request), user=request.user, at=timezone.now())
    told = {
        key: {
            "lacks": [{"icon": one.icon, "label": str(one.label)} for one in mark["lacks"]],
            "dots": dots_of(mark["dots"]),
        }
        for key, mark in marks.items()
    }
    return JsonResponse(told, headers={"Cache-Control": "no-store"})


@require_POST
@requires(Permission.BOOK)
def appointment_drop(request: StaffRequest, visit: UUID) -> HttpResponse:
    """A visit was dragged or made longer, and the desk has confirmed it."""
    row = found(request, visit)
    form = DropForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"error": _("This is no time for a visit.")}, status=422)
    at = timezone.now()
    try:
        moved = rescheduling.drop(row, form.drop(row), at=at, by=request.user)
    except ClinicError as error:
        return refused(request, row, error)
    answer = {"moved": len(moved), "version": moved[0].version, "said": said(len(moved))}
    return JsonResponse(answer)


def refused(request: StaffRequest, row: Appointment, error: ClinicError) -> HttpResponse:
    """What stands there now, and the next times that are free."""
    row = found(request, row.uuid)
    reach = Reach(location=row.room.location, first=date.min, last=date.min)
    free = rescheduling.next_free(row, at=timezone.now())
    zone = row.room.location.zone
    answer = {
        "error": str(error),
        "code": error.code,
        "stale": isinstance(error, Stale),
        "fresh": event(row, reach, request.user),
        "free": [agenda.wall(one, zone) for one in free],
    }
    return JsonResponse(answer, status=409)


def reach_of(request: StaffRequest) -> Reach:
    """The days and the place an address names; what is no day means today."""
    places = Location.objects.visible_to(request.user).in_use().order_by("name", "pk")
    location = chosen_place(request, places)
    today = timezone.localdate(timezone.now(), location.zone)
    first = chosen_day(request.GET.get("from", "")) or today
    last = chosen_day(request.GET.get("until", "")) or first + timedelta(days=1)
    by_room = request.GET.get("by") == "room"
    return Reach(location=location, first=first, last=last, by_room=by_room)


def column(one: User | Room) -> dict[str, Any]:
    if isinstance(one, User):
        return {"id": str(one.uuid), "title": one.full_name}
    return {"id": str(one.uuid), "title": one.name}


def event(visit: Appointment, reach: Reach, user: User) -> dict[str, Any]:
    """One visit as the widget draws it: times of the wall, words in the reader's language."""
    zone = reach.location.zone
    session = getattr(visit, "session", None)
    return {
        "id": str(visit.uuid),
        "resourceId": str(visit.room.uuid if reach.by_room else visit.practitioner.uuid),
        "start": agenda.wall(visit.slot.lower, zone),
        "end": agenda.wall_end(visit, zone),
        "title": visit.patient.full_name,
        "editable": user.may(Permission.BOOK) and visit.status == AppointmentStatus.BOOKED,
        "extendedProps": {
            "url": reverse("procedures:appointment-detail", args=[visit.uuid]),
            "drop": reverse("procedures:appointment-drop", args=[visit.uuid]),
            "tone": agenda.tone(visit),
            "kind": visit.get_kind_display(),
            "number": session.number if session else None,
            "session": visit.kind == AppointmentKind.SESSION,
            "state": visit.get_status_display(),
            "room": str(visit.room.uuid),
            "roomName": visit.room.name,
            "practitioner": str(visit.practitioner.uuid),
            "practitionerName": visit.practitioner.full_name,
            "version": visit.version,
        },
    }


def shut(sheet: Sheet, reach: Reach) -> Iterator[dict[str, Any]]:
    """What is grey: off the shift, and away."""
    for person, starts, ends in sheet.closed:
        yield background(person, starts.isoformat(), ends.isoformat(), "is-off")
    people = {one.pk: one for one in sheet.columns if isinstance(one, User)}
    for gone in sheet.away:
        zone = reach.location.zone
        walls = agenda.wall(gone.span.lower, zone), agenda.wall(gone.span.upper, zone)
        yield background(people[gone.user_id], *walls, "is-away")


def promised(sheet: Sheet, reach: Reach) -> Iterator[dict[str, Any]]:
    """What is kept for some minutes for somebody who decides: until when, and who promised it."""
    zone = reach.location.zone
    for one in sheet.reserved:
        walls = agenda.wall(one.slot.lower, zone), agenda.wall(one.slot.upper, zone)
        drawn = background(one.room if reach.by_room else one.practitioner, *walls, "is-reserved")
        until = agenda.wall(one.expires_at, zone)[-5:]
        by = one.held_by.full_name if one.held_by else _("waiting list")
        yield drawn | {"title": _("Kept until %(until)s, %(by)s") % {"until": until, "by": by}}


def background(one: User | Room, starts: str, ends: str, kind: str) -> dict[str, Any]:
    return {
        "resourceId": str(one.uuid),
        "start": starts,
        "end": ends,
        "display": "background",
        "classNames": [kind],
        "editable": False,
        "title": _("away") if kind == "is-away" else "",
    }


def dots_of(dots: Dots | None) -> dict[str, int] | None:
    return None if dots is None else {"done": dots.done, "booked": dots.booked, "total": dots.total}


def said(count: int) -> str:
    if count == 1:
        return _("Visit moved.")
    return _("%(count)s visits moved.") % {"count": count}
