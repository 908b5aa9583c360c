"""The day: whose visits, where, and what is still free."""

from datetime import date, timedelta
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

STEPS = ("5", "10", "15")  # minutes of a row


@require_GET
@requires(Permission.SEE_CALENDAR)
def calendar(request: StaffRequest) -> HttpResponse:
    """One day at one place; `?on=` and `?at=` choose, today at the own place is the default."""
    places = Location.objects.visible_to(request.user).in_use().order_by("name", "pk")
    location = chosen_place(request, places)
    at = timezone.now()
    today = timezone.localdate(at, location.zone)
    on = chosen_day(request.GET.get("on", "")) or today
    context = {
        "day": day.day(location, on, user=request.user, at=at),
        "places": places,
        "today": today,
        "sheet": shown(request, on),
        "offset": at.astimezone(location.zone).isoformat()[-6:],
        "scroll": f"{max(at.astimezone(location.zone).hour - 1, 0):02}:00:00",
        "may_book": request.user.may(Permission.BOOK),
    }
    return render(request, "procedures/calendar.html", context)


def shown(request: StaffRequest, on: date) -> dict[str, object]:
    """How the sheet is looked at: a day or a week, by person or by room, in which steps."""
    weekly, by_room = request.GET.get("view") == "week", request.GET.get("by") == "room"
    step = request.GET.get("step", "")
    days = 7 if weekly else 1
    first = on - timedelta(days=on.weekday()) if weekly else on
    return {
        "view": "week" if weekly else "day",
        "by": "room" if by_room else "person",
        "step": step if step in STEPS else STEPS[-1],
        "steps": STEPS,
        "first": first,
        "until": first + timedelta(days=days),
        "before": first - timedelta(days=days),
        "after": first + timedelta(days=days),
    }


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
