"""The patient's own page of coming visits: no account, a signed link, their own language."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError
from clinic.messaging.access import PatientRequest, patient_page
from clinic.messaging.models import Purpose
from clinic.staff.models import Location
from patients.models import Patient
from patients.views.proving import proved
from procedures import feeds, visiting
from procedures.forms.visiting import AnotherTimeForm, WishForm
from procedures.models import Appointment, ChangeKind, VisitChange

ASKED = _("Our desk has your wish and will call you. Until then the visit stays as it is.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A coming visit, and what was asked for it."""

    visit: Appointment
    place: Location
    wish: VisitChange | None
    alone: bool


@patient_page(Purpose.VISITS)
@proved
@require_safe
def patient_visits(request: PatientRequest) -> HttpResponse:
    return _list(request)


@patient_page(Purpose.VISITS)
@proved
@require_POST
def patient_visit_confirm(request: PatientRequest, visit: UUID) -> HttpResponse:
    """I will come."""
    try:
        visiting.confirm(_found(request, visit), at=timezone.now(), by=request.link)
    except ClinicError as error:
        return _list(request, problem=str(error), status=409)
    return _back(request, _("Thank you. We look forward to seeing you."))


@patient_page(Purpose.VISITS)
@proved
@require_http_methods(["GET", "HEAD", "POST"])
def patient_visit_move(request: PatientRequest, visit: UUID) -> HttpResponse:
    """Another time: one that is free, or a wish for the desk."""
    row, at = _found(request, visit), timezone.now()
    times = visiting.offered(row, at=at) if visiting.may_change(row, at=at) else []
    chosen = request.POST if "start" in request.POST or "choose" in request.POST else None
    form = AnotherTimeForm(chosen, times, row.room.location)
    wish = WishForm(request.POST if "wish" in request.POST else None)
    try:
        if form.is_valid():
            visiting.move(row, form.moment(), at=at, by=request.link)
            return _back(request, _("The time is changed. It is confirmed as well."))
        if wish.is_valid():
            kind = ChangeKind.ASKS_TO_MOVE
            visiting.ask(row, kind, wish.wanted(), at=at, by=request.link)
            return _back(request, ASKED)
    except ClinicError as error:
        form.add_error(None, str(error))
    return _move_page(request, row, (form, wish), offers=bool(times))


@patient_page(Purpose.VISITS)
@proved
@require_http_methods(["GET", "HEAD", "POST"])
def patient_visit_cancel(request: PatientRequest, visit: UUID) -> HttpResponse:
    """Cancel it early enough; later the desk calls."""
    row, at = _found(request, visit), timezone.now()
    alone = visiting.may_change(row, at=at)
    if request.method == "POST":
        try:
            if alone:
                visiting.cancel(row, at=at, by=request.link)
            else:
                visiting.ask(row, ChangeKind.ASKS_TO_CANCEL, at=at, by=request.link)
        except ClinicError as error:
            return _list(request, problem=str(error), status=409)
        return _back(request, _("The visit is cancelled.") if alone else ASKED)
    context = {"visit": row, "location": row.room.location, "alone": alone}
    return render(request, "procedures/patient_visit_cancel.html", context)


@patient_page(Purpose.VISITS)
@proved
@require_http_methods(["GET", "HEAD", "POST"])
def patient_visits_feed(request: PatientRequest) -> HttpResponse:
    """The address of one's visits for the calendar of the telephone, shown once."""
    address, patient = "", request.link.recipient.patient
    if request.method == "POST":
        token = feeds.make(patient, at=timezone.now(), by=request.link)
        address = request.build_absolute_uri(reverse("procedures:feed-read", args=[token]))
    context = {"address": address, "location": _place(patient), "has": patient.feeds.alive()}
    return render(request, "procedures/patient_visits_feed.html", context)


def _found(request: PatientRequest, visit: UUID) -> Appointment:
    """One of this patient's coming visits; of somebody else's, or over, it is absent."""
    rows = Appointment.objects.filter(patient__recipient=request.link.recipient)
    related = ("room__location", "practitioner", "patient", "session__course__plan__location")
    return get_object_or_404(rows.select_related(*related), uuid=visit)


def _list(request: PatientRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    patient, at = request.link.recipient.patient, timezone.now()
    cards = [
        Card(
            visit=visit,
            place=visit.room.location,
            wish=visiting.wish_of(visit),
            alone=visiting.may_change(visit, at=at),
        )
        for visit in visiting.coming(patient, at=at)
    ]
    context = {
        "cards": cards,
        "location": cards[0].place if cards else _place(patient),
        "problem": problem,
    }
    return render(request, "procedures/patient_visits.html", context, status=status)


def _move_page(
    request: HttpRequest,
    row: Appointment,
    forms: tuple[AnotherTimeForm, WishForm],
    *,
    offers: bool,
) -> HttpResponse:
    form, wish = forms
    context = {
        "visit": row,
        "location": row.room.location,
        "form": form,
        "wish": wish,
        "offers": offers,
    }
    status = 422 if form.errors or wish.errors else 200
    return render(request, "procedures/patient_visit_move.html", context, status=status)


def _back(request: HttpRequest, said: object) -> HttpResponse:
    messages.success(request, str(said))
    return redirect("procedures:patient-visits")


def _place(patient: Patient) -> Location | None:
    last = patient.appointments.select_related("room__location").order_by("-slot").first()
    return last.room.location if last else Location.objects.in_use().order_by("pk").first()
