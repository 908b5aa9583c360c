"""The desk in a hurry: a free time, a name, booked; whoever walks in; a slip taken back."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Location
from clinic.staff.roles import Permission
from patients import phones
from patients.models import Patient
from patients.registration import ProbableDuplicate
from patients.views.door import looked_up
from procedures import booking, reserving, walking_in
from procedures.forms.desk import NewcomerForm, QuickForm, named
from procedures.models import Appointment
from procedures.views.appointments import act, wanted
from procedures.views.calendar import chosen_place

WALK_IN_MINUTES = 30


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
@requires(Permission.BOOK)
def appointment_book(request: StaffRequest) -> HttpResponse:
    """A free slot was clicked: for whom? Found or registered, and booked, in one panel."""
    posted, new = request.method == "POST", "newcomer" in request.POST
    slot = QuickForm(request.POST if posted else None, initial=clicked(request))
    newcomer = newcomer_form(request, new=new)
    alike: list[Patient] = []
    if slot.is_valid() and (not new or newcomer.is_valid()):
        try:
            visit = booked(request, slot, newcomer if new else None)
        except ProbableDuplicate as error:
            alike = error.patients
        except ClinicError as error:
            slot.add_error(None, str(error))
        else:
            messages.success(request, _("Visit booked."))
            return redirect("procedures:appointment-detail", visit=visit.uuid)
    status = 422 if slot.errors or newcomer.errors or alike else 200
    context = {"slot": slot, "newcomer": newcomer, "alike": alike}
    return panel(request, context, status=status)


def panel(request: StaffRequest, context: dict[str, object], *, status: int) -> HttpResponse:
    """The page, or only whom was found; the slot travels on in the address."""
    asked = {key: request.GET.get(key, "") for key in ("practitioner", "start", "at")}
    template = "procedures/appointment_book.html" + ("#found" if request.htmx else "")
    return render(
        request, template, {**looked_up(request), **context, "asked": asked}, status=status
    )


def clicked(request: StaffRequest) -> dict[str, object]:
    """The slot that was clicked; whoever walked in is here already."""
    return {**wanted(request), "arrived": bool(request.GET.get("here"))}


def newcomer_form(request: StaffRequest, *, new: bool) -> NewcomerForm:
    home = place_of(request)
    return NewcomerForm(
        request.POST if new else None,
        country=phones.country_of(home.phone),
        initial=named(request.GET.get("q", "")),
    )


def place_of(request: StaffRequest) -> Location:
    return chosen_place(
        request, Location.objects.visible_to(request.user).in_use().order_by("name", "pk")
    )


@transaction.atomic
def booked(request: StaffRequest, slot: QuickForm, newcomer: NewcomerForm | None) -> Appointment:
    """The visit of whom the desk has chosen or typed; who is here is checked in at once."""
    at, by, place = timezone.now(), request.user, place_of(request)
    if newcomer is None:
        known = Patient.objects.visible_to(request.user)
        patient = get_object_or_404(known, uuid=uuid_of(request.POST.get("patient", "")))
        visit = booking.book(slot.visit(patient), at=at, by=by)
    else:
        insist = request.POST["newcomer"] == "insist"
        visit = walking_in.book_newcomer(
            newcomer.identity(place.language),
            slot.visit,
            insist=insist,
            location=place,
            at=at,
            by=by,
        )
    return booking.arrive(visit, at=at, by=by) if slot.cleaned_data["arrived"] else visit


def uuid_of(text: str) -> UUID:
    """Nobody's, when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


@require_POST
@requires(Permission.BOOK)
def slot_hold(request: StaffRequest) -> HttpResponse:
    """Keep the time of the panel for some minutes, while it is talked about."""
    said, kept = kept_until(request, QuickForm(request.POST))
    if request.htmx:
        context = {"text": said, "tone": "success" if kept else "danger", "icon": "clock"}
        return render(request, "components/alert.html", context, status=200 if kept else 422)
    (messages.success if kept else messages.error)(request, said)
    asked = request.GET.urlencode()
    return redirect(f"{reverse('procedures:appointment-book')}?{asked}")


def kept_until(request: StaffRequest, slot: QuickForm) -> tuple[str, bool]:
    """What to say, and whether it is kept."""
    if not slot.is_valid():
        return str(_("Choose day, hour, person and room first.")), False
    try:
        [row] = reserving.reserve([slot.stretch()], at=timezone.now(), by=request.user)
    except ClinicError as error:
        return str(error), False
    until = timezone.localtime(row.expires_at, row.room.location.zone)
    return str(_("Kept until %(hour)s.") % {"hour": f"{until:%H:%M}"}), True


@require_GET
@requires(Permission.BOOK)
def walk_in(request: StaffRequest) -> HttpResponse:
    """Somebody stands at the desk: the panel with the next time that is free."""
    place = place_of(request)
    try:
        found = walking_in.next_free(place, WALK_IN_MINUTES, at=timezone.now())
    except ClinicError as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('procedures:calendar')}?{urlencode({'at': str(place.uuid)})}")
    start = found.start.astimezone(place.zone)
    asked = {
        "practitioner": str(found.practitioner.uuid),
        "room": str(found.room.uuid),
        "start": f"{start:%Y-%m-%dT%H:%M}",
        "at": str(place.uuid),
        "here": "yes",
    }
    return redirect(f"{reverse('procedures:appointment-book')}?{urlencode(asked)}")


@require_POST
@requires(Permission.BOOK)
def appointment_take_back(request: StaffRequest, visit: UUID) -> HttpResponse:
    """Booked by a slip of the hand, some minutes ago."""
    return act(request, visit, booking.take_back, _("Taken back. Nobody was told."))
