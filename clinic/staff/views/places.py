"""Addresses and rooms; who is there when."""

from uuid import UUID
from zoneinfo import available_timezones

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.staff import places
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.forms import (
    LocationFields,
    LocationForm,
    RoomFields,
    RoomForm,
    TimeOffForm,
    WeekForm,
)
from clinic.staff.models import Location, Room, TimeOff, User
from clinic.staff.roles import Permission

FORM = ["GET", "HEAD", "POST"]


@require_GET
@requires(Permission.MANAGE_PLACES)
def location_list(request: StaffRequest) -> HttpResponse:
    rooms = Prefetch("rooms", Room.objects.filter(closed_at=None).order_by("name"), "open_rooms")
    locations = Location.objects.visible_to(request.user).prefetch_related(rooms)
    context = {
        "locations": locations.in_use().order_by("name"),
        "closed": locations.exclude(closed_at=None).order_by("name"),
    }
    return render(request, "staff/location_list.html", context)


@require_http_methods(FORM)
@requires(Permission.MANAGE_PLACES)
def location_add(request: StaffRequest) -> HttpResponse:
    initial = {"language": request.user.language, "emergency_number": "112"}
    form = LocationFields(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            places.open_location(at=timezone.now(), by=request.user, **form.cleaned_data)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Location opened. Add its rooms next."))
            return redirect("staff:location-list")
    return location_page(request, form, None)


@require_http_methods(FORM)
@requires(Permission.MANAGE_PLACES)
def location_edit(request: StaffRequest, location: UUID) -> HttpResponse:
    row = get_object_or_404(Location.objects.visible_to(request.user), uuid=location)
    initial = {name: getattr(row, name) for name in LocationForm.base_fields}
    form = LocationForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            places.edit_location(row, at=timezone.now(), by=request.user, **form.cleaned_data)
        except ClinicError as error:
            form.refuse(error, row)
        else:
            messages.success(request, _("Saved."))
            return redirect("staff:location-list")
    return location_page(request, form, row)


def location_page(
    request: StaffRequest, form: LocationFields, location: Location | None
) -> HttpResponse:
    context = {"form": form, "location": location, "zones": sorted(available_timezones())}
    status = 422 if form.errors else 200
    return render(request, "staff/location_form.html", context, status=status)


@require_POST
@requires(Permission.MANAGE_PLACES)
def location_close(request: StaffRequest, location: UUID) -> HttpResponse:
    row = get_object_or_404(Location.objects.visible_to(request.user), uuid=location)
    try:
        places.close_location(row, version=version_of(request), at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, error, reverse("staff:location-edit", args=[location]))
    messages.success(request, _("Location closed. Nothing new is booked there."))
    return redirect("staff:location-list")


@require_http_methods(FORM)
@requires(Permission.MANAGE_PLACES)
def room_add(request: StaffRequest, location: UUID) -> HttpResponse:
    row = get_object_or_404(Location.objects.visible_to(request.user).in_use(), uuid=location)
    form = RoomFields(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            places.add_room(row, form.cleaned_data["name"], at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Room added."))
            return redirect("staff:location-list")
    context = {"form": form, "location": row, "room": None}
    return render(request, "staff/room_form.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM)
@requires(Permission.MANAGE_PLACES)
def room_edit(request: StaffRequest, room: UUID) -> HttpResponse:
    row = get_object_or_404(Room.objects.visible_to(request.user), uuid=room)
    initial = {"name": row.name, "version": row.version}
    form = RoomForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            places.edit_room(row, at=timezone.now(), by=request.user, **form.cleaned_data)
        except ClinicError as error:
            form.refuse(error, row)
        else:
            messages.success(request, _("Saved."))
            return redirect("staff:location-list")
    context = {"form": form, "location": row.location, "room": row}
    return render(request, "staff/room_form.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.MANAGE_PLACES)
def room_close(request: StaffRequest, room: UUID) -> HttpResponse:
    row = get_object_or_404(Room.objects.visible_to(request.user), uuid=room)
    try:
        places.close_room(row, version=version_of(request), at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, error, reverse("staff:room-edit", args=[room]))
    messages.success(request, _("Room closed. Nothing new is booked into it."))
    return redirect("staff:location-list")


@require_http_methods(FORM)
@requires(Permission.MANAGE_TEAM)
def hours_edit(request: StaffRequest, user: UUID) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), uuid=user)
    offered = list(Location.objects.visible_to(request.user).in_use().order_by("name"))
    data = request.POST if request.method == "POST" else None
    form = WeekForm(data, person=person, places=offered)
    if request.method == "POST" and form.is_valid():
        version, now = form.cleaned_data["version"], timezone.now()
        try:
            places.set_hours(person, form.hours(), version=version, at=now, by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Working hours saved. Bookings already made stay."))
            return redirect("staff:user-edit", user=user)
    context = {"form": form, "person": person}
    invalid = request.method == "POST"
    return render(request, "staff/hours_edit.html", context, status=422 if invalid else 200)


@require_http_methods(FORM)
@requires(Permission.MANAGE_TEAM)
def time_off_add(request: StaffRequest, user: UUID) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), uuid=user)
    place = person.location or place_of(request.user)
    form = TimeOffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        span = form.span(place.zone)
        try:
            places.add_time_off(person, span, at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                _("Time off added. The desk is asked about the bookings inside it, if any."),
            )
            return redirect("staff:user-edit", user=user)
    context = {"form": form, "person": person, "place": place}
    return render(request, "staff/time_off_add.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.MANAGE_TEAM)
def time_off_cancel(request: StaffRequest, time_off: UUID) -> HttpResponse:
    row = get_object_or_404(TimeOff.objects.visible_to(request.user), uuid=time_off)
    back = reverse("staff:user-edit", args=[row.user.uuid])
    try:
        places.cancel_time_off(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, error, back)
    messages.success(request, _("Time off cancelled."))
    return redirect(back)


def version_of(request: StaffRequest) -> int:
    """What the page showed; zero, which no row has, where that is missing."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else 0


def refused(request: StaffRequest, error: ClinicError, back: str) -> HttpResponse:
    return render(request, "409.html", {"error": str(error), "back": back}, status=409)
