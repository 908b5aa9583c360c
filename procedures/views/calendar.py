"""The day: whose visits, where, and what is still free."""

from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Location
from clinic.staff.roles import Permission
from procedures import day


@require_GET
@requires(Permission.SEE_CALENDAR)
def calendar(request: StaffRequest) -> HttpResponse:
    """One day at one place; `?on=` and `?at=` choose, today at the own place is the default."""
    places = Location.objects.visible_to(request.user).in_use().order_by("name", "pk")
    location = chosen_place(request, places)
    at = timezone.now()
    on = chosen_day(request.GET.get("on", "")) or timezone.localdate(at, location.zone)
    context = {
        "day": day.day(location, on, user=request.user, at=at),
        "places": places,
        "today": timezone.localdate(at, location.zone),
        "may_book": request.user.may(Permission.BOOK),
    }
    return render(request, "procedures/calendar.html", context)


def chosen_place(request: StaffRequest, places: QuerySet[Location]) -> Location:
    own = request.user.location
    if wanted := request.GET.get("at"):
        return get_object_or_404(places, uuid=uuid_or_404(wanted))
    return own if own is not None and own.closed_at is None else get_object_or_404(places[:1])


def uuid_or_404(text: str) -> UUID:
    """What stands in an address where a place is named; anything else names none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def chosen_day(text: str) -> date | None:
    """The day an address names; anything else means today."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
