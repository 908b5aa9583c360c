"""One visit: booked, looked at, moved, cancelled, checked in."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.record import audit
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Location, User
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures import booking, courses, day, readiness, restoring
from procedures.forms.calendar import MoveForm, ReasonForm, VisitForm
from procedures.models import AHEAD, Appointment, AppointmentKind, Plan
from procedures.views.calendar import chosen_place


@require_http_methods(["GET", "POST"])
@requires(Permission.BOOK)
def patient_book(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Book a visit of any kind but a session for this patient."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    form = VisitForm(request.POST if request.method == "POST" else None, initial=wanted(request))
    if form.is_valid():
        try:
            visit = booking.book(form.visit(row), at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Visit booked."))
            return redirect("procedures:appointment-detail", visit=visit.uuid)
    context = {"form": form, "patient": row, "plans": unbooked(row)}
    return render(
        request, "procedures/patient_book.html", context, status=422 if form.errors else 200
    )


def unbooked(patient: Patient) -> QuerySet[Plan]:
    """Plans a doctor signed off whose sessions have no time yet."""
    return patient.plans.current().signed_off().filter(course=None).order_by("created_at", "pk")


@require_GET
@requires(Permission.SEE_CALENDAR)
def appointment_detail(request: StaffRequest, visit: UUID) -> HttpResponse:
    """One visit with what can be done about it now."""
    row = found(request, visit)
    session, at = getattr(row, "session", None), timezone.now()
    context = {
        "visit": row,
        "session": session,
        "location": row.room.location,
        "on": timezone.localdate(row.slot.lower, row.room.location.zone),
        "lacks": readiness.lacks_of(row, at=at),
        "changes": row.self_made.order_by("-made_at", "-pk"),
        "dots": courses.counted(session.course) if session else None,
        "ahead": request.user.may(Permission.CHECK_IN) and row.status in AHEAD,
        "slip": row.can_be_taken_back(at=at, by=request.user),
        **permits(request.user),
    }
    with transaction.atomic():
        audit.record("appointment.viewed", row, at=at, by=request.user, patient=row.patient.uuid)
    return render(request, "procedures/appointment_detail.html", context)


def permits(user: User) -> dict[str, bool]:
    """What this person may do about a visit."""
    return {
        "may_book": user.may(Permission.BOOK),
        "may_check_in": user.may(Permission.CHECK_IN),
        "may_treat": user.may(Permission.TREAT),
    }


@require_http_methods(["GET", "POST"])
@requires(Permission.BOOK)
def appointment_move(request: StaffRequest, visit: UUID) -> HttpResponse:
    """Another time, room or person."""
    row = found(request, visit)
    form = MoveForm.of(row, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            move(row, form, at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Visit moved. The patient is reminded of the new time."))
            return redirect("procedures:appointment-detail", visit=row.uuid)
    context = {"form": form, "visit": row, "location": row.room.location}
    return render(
        request, "procedures/appointment_move.html", context, status=422 if form.errors else 200
    )


def move(row: Appointment, form: MoveForm, *, at: datetime, by: User) -> Appointment:
    """What the form says, as the use case wants it; a session keeps away from its neighbours."""
    wish = booking.Place(
        start=form.start(),
        room=form.cleaned_data["room"],
        practitioner=form.cleaned_data["practitioner"],
        version=form.cleaned_data["version"],
    )
    if row.kind == AppointmentKind.SESSION:
        if form.cleaned_data.get("following"):
            return courses.move_following(row.session, **wish, at=at, by=by)[0]
        return courses.move(row.session, **wish, at=at, by=by)
    return booking.move(row, **wish, at=at, by=by)


@require_http_methods(["GET", "POST"])
@requires(Permission.BOOK)
def appointment_cancel(request: StaffRequest, visit: UUID) -> HttpResponse:
    """Free the slot; the patient's reminders are settled with it."""
    row = found(request, visit)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            booking.cancel(row, form.cleaned_data["reason"], at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Visit cancelled."))
            return redirect("procedures:appointment-detail", visit=row.uuid)
    context = {"form": form, "visit": row, "location": row.room.location}
    return render(
        request, "procedures/appointment_cancel.html", context, status=422 if form.errors else 200
    )


@require_POST
@requires(Permission.CHECK_IN)
def appointment_arrive(request: StaffRequest, visit: UUID) -> HttpResponse:
    """The patient is here."""
    return act(request, visit, booking.arrive, _("Checked in."))


@require_POST
@requires(Permission.CHECK_IN)
def appointment_no_show(request: StaffRequest, visit: UUID) -> HttpResponse:
    """The patient did not come."""
    return act(request, visit, booking.no_show, _("Marked as did not come. The slot is free."))


@require_POST
@requires(Permission.BOOK)
def appointment_restore(request: StaffRequest, visit: UUID) -> HttpResponse:
    """It was a slip: the visit stands again."""
    text = request.POST.get("version", "")
    again = partial(restoring.restore, version=int(text) if text.isdecimal() else 0)
    return act(request, visit, again, _("The visit stands again."))


@require_POST
@requires(Permission.TREAT)
def appointment_finish(request: StaffRequest, visit: UUID) -> HttpResponse:
    """A consultation, an allergy test or a review is over."""
    return act(request, visit, booking.finish, _("Visit finished."))


def act(
    request: StaffRequest, visit: UUID, do: Callable[..., Appointment], said: object
) -> HttpResponse:
    """One click on a visit; what is not possible any more is said on a page of its own."""
    row = found(request, visit)
    try:
        do(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        context = {
            "error": str(error),
            "back": reverse("procedures:appointment-detail", args=[visit]),
        }
        return render(request, "409.html", context, status=409)
    messages.success(request, str(said))
    return redirect(back(request, row))


def back(request: StaffRequest, visit: Appointment) -> str:
    """To the list on which the button stood, if it says so; else to the visit."""
    origin = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(origin, allowed_hosts=None):
        return origin
    return reverse("procedures:appointment-detail", args=[visit.uuid])


def found(request: StaffRequest, visit: UUID) -> Appointment:
    rows = Appointment.objects.visible_to(request.user)
    rows = rows.select_related("patient", "practitioner", "room__location", "session__course__plan")
    return get_object_or_404(rows, uuid=visit)


def wanted(request: StaffRequest) -> dict[str, object]:
    """The slot that was clicked, if one was, with a room that is free then."""
    try:
        start = datetime.strptime(request.GET.get("start", ""), "%Y-%m-%dT%H:%M")  # noqa: DTZ007
    except ValueError:
        return {}
    places = Location.objects.visible_to(request.user).in_use().order_by("name", "pk")
    location = chosen_place(request, places)
    local = start.replace(tzinfo=location.zone)
    room = day.free_room(location, local, user=request.user, at=timezone.now())
    return {
        "practitioner": request.GET.get("practitioner", ""),
        "room": request.GET.get("room") or (room.uuid if room else ""),
        "on": start.date(),
        "hour": start.time(),
    }
