"""The day: whose visits, where, and what is still free."""

from datetime import date

from django.db.models import QuerySet
from django.http import HttpResponse
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
    if wanted := request.GET.get("at"):
        return get_object_or_404(places, uuid=wanted)
    return request.user.location or get_object_or_404(places[:1])


def chosen_day(text: str) -> date | None:
    """The day an address names; anything else means today."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
