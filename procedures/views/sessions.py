"""The treatment room: one page for one session, from the gate to the end."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from clinic.errors import ClinicError, Stale, WrongState
from clinic.record import audit
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from consent.models import ConsentDocument
from procedures import drawn, gate, settings, treatment
from procedures.forms.calendar import ReasonForm
from procedures.forms.charting import AddendumForm
from procedures.forms.sessions import CompleteForm, InjectForm, PrepareForm
from procedures.gate import Check
from procedures.models import AHEAD, Appointment, AppointmentStatus, Drawing, Session


@require_GET
@requires(Permission.TREAT)
def session_detail(request: StaffRequest, session: UUID) -> HttpResponse:
    """What the gate says, what is laid out, what was given; that it was opened is on record."""
    row = found(request, session)
    with transaction.atomic():
        audit.record(
            "session.viewed", row, at=timezone.now(), by=request.user, patient=row.patient.uuid
        )
    return page(request, row)


@require_POST
@requires(Permission.TREAT)
def session_prepare(request: StaffRequest, session: UUID) -> HttpResponse:
    """Lay out a lot."""
    row, at = found(request, session), timezone.now()
    form = PrepareForm(request.POST, session=row)

    def prepare() -> object:
        opened = form.opened_at(at, row.course.plan.location.zone)
        units = form.cleaned_data["units"]
        return treatment.prepare(
            row, form.cleaned_data["lot"], units, opened_at=opened, at=at, by=request.user
        )

    return done(request, row, form, prepare, _("Laid out."))


@require_POST
@requires(Permission.TREAT)
def session_start(request: StaffRequest, session: UUID) -> HttpResponse:
    """Ask the gate; it opens or says what is missing."""
    row = found(request, session)
    form = forms.Form(request.POST)

    def start() -> object:
        return treatment.start(row, at=timezone.now(), by=request.user)

    return done(request, row, form, start, _("Session started."))


@require_POST
@requires(Permission.TREAT)
def session_inject(request: StaffRequest, session: UUID) -> HttpResponse:
    """Record one product in one zone."""
    row = found(request, session)
    form = InjectForm(request.POST, session=row)

    def inject() -> object:
        return treatment.inject(row, form.given(), at=timezone.now(), by=request.user)

    return done(request, row, form, inject, _("Recorded."))


@require_POST
@requires(Permission.TREAT)
def session_complete(request: StaffRequest, session: UUID) -> HttpResponse:
    """Close the record; the patient's aftercare is owed in the same moment."""
    row = found(request, session)
    form = CompleteForm(request.POST)

    def complete() -> object:
        note = form.cleaned_data["note"]
        return treatment.complete(row, note, form.seen(), at=timezone.now(), by=request.user)

    return done(request, row, form, complete, _("Session completed. Aftercare has begun."))


@require_POST
@requires(Permission.TREAT)
def session_stop(request: StaffRequest, session: UUID) -> HttpResponse:
    """Break off after the start."""
    row = found(request, session)
    form = ReasonForm(request.POST)

    def stop() -> object:
        reason = form.cleaned_data["reason"]
        return treatment.stop(row, reason, at=timezone.now(), by=request.user)

    return done(request, row, form, stop, _("Session stopped."))


def done(
    request: StaffRequest, row: Session, form: forms.Form, do: Callable[[], object], said: object
) -> HttpResponse:
    """Do it and come back to the page, or show the page with what stands in the way.

    Who acts on what is no longer so gets the fresh page, as a conflict.
    """
    status = 422
    if form.is_valid():
        try:
            do()
        except ClinicError as error:
            form.add_error(None, str(error))
            status = 409 if isinstance(error, Stale | WrongState) else 422
        else:
            messages.success(request, str(said))
            return redirect("procedures:session-detail", session=row.uuid)
    return page(request, found(request, row.uuid), form, status=status)


def page(
    request: StaffRequest, row: Session, wrong: forms.Form | None = None, *, status: int = 200
) -> HttpResponse:
    """The whole page; a form that did not go through keeps what was typed."""
    at, now = timezone.now(), timezone.localtime(timezone.now(), row.course.plan.location.zone)
    shown: dict[str, forms.Form] = {
        "prepare": PrepareForm(session=row, initial={"opened": now.time(), "units": 1}),
        "inject": InjectForm(session=row),
        "complete": CompleteForm(),
        "stop": ReasonForm(),
        "add": AddendumForm(),
        "start": forms.Form(),
    }
    if wrong is not None:
        shown |= {key: wrong for key, form in shown.items() if type(form) is type(wrong)}
    waiting = row.appointment.status in AHEAD
    context = {
        **what_it_is(row),
        "checks": [(check, mend(row, check)) for check in gate.checks(row, at=at)]
        if waiting
        else [],
        "forms": shown,
        "wrong": wrong,
        "waiting": waiting,
        "running": row.appointment.status == AppointmentStatus.STARTED,
        "over": row.completed_at is not None,
        "emergency": emergency(),
    }
    return render(request, "procedures/session_detail.html", context, status=status)


def what_it_is(row: Session) -> dict[str, Any]:
    """The session with its drawing, its lots, what was given, and what comes before and after."""
    last = last_session(row)
    board = drawn.board(row, last)
    plan = row.plan or row.course.plan
    return {
        "session": row,
        "visit": row.appointment,
        "plan": plan,
        "location": row.course.plan.location,
        "patient": row.patient,
        "prepared": row.prepared.select_related("lot__product").order_by(
            "lot__product__name", "pk"
        ),
        "injections": row.injections.select_related("lot__product").order_by("recorded_at", "pk"),
        "last": last,
        "last_pictures": drawn.pictures(last),
        "pictures": drawn.pictures(row) if row.completed_at else [],
        "next": next_visit(row),
        "board": board,
        "board_json": json.dumps(board),
        "drawings": Drawing.choices,
        "first_drawing": board["drawings"][board["drawing"]],
        "addenda": row.addenda.select_related("written_by").order_by("written_at", "pk"),
    }


def emergency() -> dict[str, Any]:
    """The clinic's own words for the worst case; nothing where nobody has written them."""
    said = settings.current()
    return {
        "procedure": said.get("emergency_protocol"),
        "kit": said.get("emergency_kit") or [],
    }


def next_visit(row: Session) -> Appointment | None:
    """The next session of the course that is booked."""
    ahead = Appointment.objects.ahead().filter(session__course=row.course_id)
    later = ahead.filter(slot__startswith__gt=row.appointment.slot.lower)
    return later.select_related("practitioner", "room").order_by("slot", "pk").first()


def mend(row: Session, check: Check) -> str:
    """Where what is missing is mended, from here or from an app below."""
    plan, patient = row.course.plan.uuid, row.patient.uuid
    pages = {
        "arrived": reverse("procedures:appointment-detail", args=[row.appointment.uuid]),
        "screening": reverse("procedures:plan-detail", args=[plan]) + "#screening",
        "sign-off": reverse("procedures:plan-detail", args=[plan]) + "#sign-off",
        "consent": consent_page(row) or reverse("procedures:plan-detail", args=[plan]) + "#consent",
        "allergy-test": reverse("procedures:plan-detail", args=[plan]) + "#tests",
        "labs": reverse("procedures:plan-detail", args=[plan]) + "#labs",
        "interval": reverse("procedures:appointment-move", args=[row.appointment.uuid]),
        "lots": "#lots",
        "photo": reverse("patients:photo-add", args=[patient]),
        "hold": reverse("procedures:plan-detail", args=[plan]) + "#holds",
    }
    return "" if check.ok else pages[check.code]


def consent_page(row: Session) -> str:
    """The consent that is on its way, if there is one."""
    documents = ConsentDocument.objects.filter(subject=row.course.plan.subject).unfinished()
    document = documents.order_by("-created_at", "-pk").first()
    return reverse("consent:document-detail", args=[document.uuid]) if document else ""


def last_session(row: Session) -> Session | None:
    """What was done last time, to look at beside; lots are never copied."""
    earlier = row.patient.sessions.performed().exclude(pk=row.pk)
    return earlier.prefetch_related("injections__lot__product").order_by("started_at", "pk").last()


def found(request: StaffRequest, session: UUID) -> Session:
    rows = Session.objects.visible_to(request.user).select_related(
        "appointment__room__location", "patient", "course__plan__location"
    )
    return get_object_or_404(rows, uuid=session)
