"""The waiting list at the desk, and the page on which a patient takes what is offered."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.messaging.access import PatientRequest, patient_page
from clinic.messaging.models import PatientLink, Purpose
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Location
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures import waiting
from procedures.forms.waiting import WaitForm
from procedures.models import OfferState, WaitlistEntry, WaitlistOffer
from procedures.views.calendar import chosen_place

SHOWN = timedelta(days=14)


@require_GET
@requires(Permission.SEE_CALENDAR)
def waitlist(request: StaffRequest) -> HttpResponse:
    """Who waits, in the order in which a free time is offered, and what is offered now."""
    rows = WaitlistEntry.objects.visible_to(request.user).waiting()
    rows = rows.select_related("patient", "practitioner", "location", "visit")
    offers = WaitlistOffer.objects.filter(entry__in=rows).open()
    offers = offers.select_related("entry__patient", "practitioner", "room__location")
    context = {
        "entries": rows.order_by("priority", "added_at", "pk"),
        "offers": offers.order_by("expires_at", "pk"),
        "may_book": request.user.may(Permission.BOOK),
    }
    return render(request, "procedures/waitlist.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.BOOK)
def waitlist_add(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Put a patient on the list: days, hours, how much it matters."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    today = timezone.localdate()
    days = {"first": today, "last": today + SHOWN}
    data = request.POST if request.method == "POST" else None
    form = WaitForm(data, patient=row, initial=days)
    if form.is_valid():
        places = Location.objects.visible_to(request.user).in_use().order_by("name", "pk")
        wanted = form.wanted(chosen_place(request, places))
        try:
            waiting.add(row, wanted, at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("On the waiting list."))
            return redirect("procedures:waitlist")
    shown = {"form": form, "patient": row}
    status = 422 if form.errors else 200
    return render(request, "procedures/waitlist_add.html", shown, status=status)


@require_POST
@requires(Permission.BOOK)
def waitlist_remove(request: StaffRequest, entry: UUID) -> HttpResponse:
    """They wait no longer."""
    row = get_object_or_404(WaitlistEntry.objects.visible_to(request.user), uuid=entry)
    try:
        waiting.remove(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, error)
    messages.success(request, _("Removed from the waiting list."))
    return redirect("procedures:waitlist")


@require_POST
@requires(Permission.BOOK)
def offer_answer(request: StaffRequest, offer: UUID) -> HttpResponse:
    """What a patient said on the telephone."""
    mine = WaitlistEntry.objects.visible_to(request.user)
    row = get_object_or_404(WaitlistOffer.objects.filter(entry__in=mine), uuid=offer)
    act = waiting.accept if "take" in request.POST else waiting.refuse
    try:
        act(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, error)
    said = _("Visit booked.") if "take" in request.POST else _("Offered to the next in line.")
    messages.success(request, said)
    return redirect("procedures:waitlist")


def refused(request: StaffRequest, error: ClinicError) -> HttpResponse:
    context = {"error": str(error), "back": reverse("procedures:waitlist")}
    return render(request, "409.html", context, status=409)


@patient_page(Purpose.OFFER)
@require_http_methods(["GET", "POST"])
def patient_offer(request: PatientRequest) -> HttpResponse:
    """A time that became free: taken or left with one press."""
    offer, at = offer_of(request.link), timezone.now()
    trouble = ""
    if request.method == "POST":
        act = waiting.accept if "take" in request.POST else waiting.refuse
        try:
            act(offer, at=at, by=request.link)
        except ClinicError as error:
            trouble = str(error)
        else:
            return redirect("procedures:patient-offer")
    context = {
        "offer": offer,
        "open": offer.state == OfferState.OFFERED and offer.expires_at > at,
        "trouble": trouble,
        "location": offer.room.location,
    }
    return render(request, "procedures/patient_offer.html", context, status=409 if trouble else 200)


def offer_of(link: PatientLink) -> WaitlistOffer:
    """The offer a link names."""
    kind, _colon, uuid = link.subject.partition(":")
    if kind != "offer":
        raise Http404
    offers = WaitlistOffer.objects.select_related("entry__patient", "room__location")
    return get_object_or_404(offers, uuid=uuid)
