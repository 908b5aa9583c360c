"""The home page: today, and for each role the work-lists of what waits to be done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from clinic.messaging import canary
from clinic.messaging.models import Message
from clinic.record.models import Task
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Location, User
from clinic.staff.roles import Permission
from consent.models import ConsentDocument, ConsentState
from patients.models import DuplicatePair, HistoryItem, Intake, Patient
from procedures import day, settings
from procedures.day import Day
from procedures.models import CourseHold, Lot, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """Rows that wait for somebody who holds a permission; `page` is where they are worked off."""

    key: str
    label: str | Promise
    icon: str
    permission: Permission
    rows: Callable[[User, datetime], QuerySet[Any]]
    page: str = ""
    query: str = ""

    @property
    def url(self) -> str:
        address = reverse(self.page) if self.page else reverse("board:worklist", args=[self.key])
        return address + self.query


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a work-list: whom it is about, since when it waits, where it is mended."""

    patient: Patient
    since: datetime
    url: str


WORKLISTS = (
    Worklist(
        key="tasks",
        label=_("Tasks"),
        icon="checklist",
        permission=Permission.SEE_TASKS,
        rows=lambda user, at: Task.objects.due(at=at).for_roles(list(user.roles), user.uuid),
        page="inbox:task-list",
    ),
    Worklist(
        key="plans",
        label=_("Plans to sign off"),
        icon="stethoscope",
        permission=Permission.SIGN_OFF,
        rows=lambda user, at: Plan.objects.visible_to(user).current().filter(signed_off_at=None),
    ),
    Worklist(
        key="holds",
        label=_("Courses on hold"),
        icon="hand-stop",
        permission=Permission.SIGN_OFF,
        rows=lambda user, at: CourseHold.objects.in_force(at=at).filter(
            course__patient__in=Patient.objects.visible_to(user)
        ),
    ),
    Worklist(
        key="countersign",
        label=_("Consents to countersign"),
        icon="signature",
        permission=Permission.COUNTERSIGN,
        rows=lambda user, at: ConsentDocument.objects.visible_to(user).filter(
            state=ConsentState.SIGNED
        ),
        page="consent:document-list",
        query="?state=signed",
    ),
    Worklist(
        key="unsigned",
        label=_("Consents to be signed"),
        icon="file-text",
        permission=Permission.OFFER_CONSENT,
        rows=lambda user, at: ConsentDocument.objects.visible_to(user).filter(
            state=ConsentState.OFFERED
        ),
        page="consent:document-list",
        query="?state=offered",
    ),
    Worklist(
        key="intakes",
        label=_("Questionnaires not finished"),
        icon="clipboard-list",
        permission=Permission.RECORD_CLINICAL,
        rows=lambda user, at: Intake.objects.filter(
            completed_at=None, patient__in=Patient.objects.visible_to(user)
        ),
    ),
    Worklist(
        key="words",
        label=_("Words to review"),
        icon="help",
        permission=Permission.RECORD_CLINICAL,
        rows=lambda user, at: HistoryItem.objects.visible_to(user).unresolved(),
        page="patients:unresolved-list",
    ),
    Worklist(
        key="duplicates",
        label=_("Charts that may be one person's"),
        icon="users",
        permission=Permission.REGISTER_PATIENTS,
        rows=lambda user, at: DuplicatePair.objects.visible_to(user).open(),
        page="lifecycle:duplicate-list",
    ),
    Worklist(
        key="expiring",
        label=_("Lots that expire in 30 days"),
        icon="package",
        permission=Permission.MANAGE_STOCK,
        rows=lambda user, at: Lot.objects.visible_to(user).expiring(
            by=timezone.localdate(at) + timedelta(days=30)
        ),
        page="procedures:stock-list",
        query="?show=ending",
    ),
    Worklist(
        key="messages",
        label=_("Messages in trouble"),
        icon="mail-x",
        permission=Permission.SEE_MESSAGES,
        rows=lambda user, at: Message.objects.visible_to(user).troubled(),
        page="messaging:message-list",
        query="?state=troubled",
    ),
)


@require_GET
@requires(Permission.SIGN_IN)
def home(request: StaffRequest) -> HttpResponse:
    """Today's board at the person's location, with what waits for their roles."""
    at = timezone.now()
    location = request.user.location or Location.objects.in_use().order_by("pk").first()
    context: dict[str, object] = {"location": location, "tiles": tiles(request.user, at=at)}
    if request.user.may(Permission.SEE_MESSAGES):
        context["outbox"] = canary.condition(at=at)
    if request.user.may(Permission.MANAGE_RULES):
        context["unset"] = len(settings.unset())
    if location is not None and request.user.may(Permission.SEE_CALENDAR):
        on = timezone.localdate(at, location.zone)
        today = day.day(location, on, user=request.user, at=at)
        context |= {"day": today, **coming(request.user, today)}
    return render(request, "board/home.html", context)


def coming(user: User, today: Day) -> dict[str, object]:
    """Who is expected or waits, and what this person may do about it: the own ones, if any."""
    own = [block for block in today.waiting if block.visit.practitioner_id == user.pk]
    return {
        "coming": own or today.waiting,
        "own": bool(own),
        "may_book": user.may(Permission.BOOK),
        "may_check_in": user.may(Permission.CHECK_IN),
        "may_treat": user.may(Permission.TREAT),
    }


def tiles(user: User, *, at: datetime) -> list[dict[str, object]]:
    """The work-lists of this person with their lengths, those that wait first."""
    mine = [worklist for worklist in WORKLISTS if user.may(worklist.permission)]
    counted = [(worklist.rows(user, at).count(), worklist) for worklist in mine]
    return [
        {"label": one.label, "icon": one.icon, "count": count, "url": one.url}
        for count, one in sorted(counted, key=lambda pair: pair[0] == 0)
    ]


@require_GET
@requires(Permission.SEE_PATIENTS)
def worklist(request: StaffRequest, key: str) -> HttpResponse:
    """A work-list that has no page of its own elsewhere, oldest first."""
    found = next((one for one in WORKLISTS if one.key == key and not one.page), None)
    if found is None or not request.user.may(found.permission):
        raise Http404
    rows = found.rows(request.user, timezone.now())
    lines = sorted(map(line_of, rows), key=lambda line: line.since)
    return render(request, "board/worklist.html", {"worklist": found, "lines": lines})


def line_of(row: Plan | CourseHold | Intake) -> Line:
    """Where each kind of row is worked off."""
    if isinstance(row, Plan):
        return Line(row.patient, row.created_at, reverse("procedures:plan-detail", args=[row.uuid]))
    if isinstance(row, CourseHold):
        url = reverse("procedures:hold-release", args=[row.uuid])
        return Line(row.course.patient, row.placed_at, url)
    url = reverse("patients:intake-fill", args=[row.patient.uuid])
    return Line(row.patient, row.started_at, url)


app_name = "board"
urlpatterns = [
    path("", home, name="home"),
    path("waiting/<slug:key>/", worklist, name="worklist"),
]
