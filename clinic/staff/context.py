"""What every page of the staff shows around itself: the clinic's name and where one may go."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.staff import tablet
from clinic.staff.models import User
from clinic.staff.roles import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A place in the navigation; `nouns` are the pages that belong to it, as `app:noun`."""

    page: str
    label: Promise
    icon: str
    permission: Permission
    nouns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry this user may follow."""

    url: str
    label: Promise
    icon: str
    is_current: bool


ENTRIES = (
    Entry(
        page="board:home",
        label=_("Today"),
        icon="layout-board",
        permission=Permission.SIGN_IN,
        nouns=("board:",),
    ),
    Entry(
        page="procedures:calendar",
        label=_("Calendar"),
        icon="calendar",
        permission=Permission.SEE_CALENDAR,
        nouns=("procedures:calendar", "procedures:appointment"),
    ),
    Entry(
        page="patients:patient-list",
        label=_("Patients"),
        icon="users",
        permission=Permission.SEE_PATIENTS,
        nouns=("patients:", "chart:", "procedures:plan", "procedures:course", "procedures:session"),
    ),
    Entry(
        page="inbox:task-list",
        label=_("Tasks"),
        icon="checklist",
        permission=Permission.SEE_TASKS,
        nouns=("inbox:",),
    ),
    Entry(
        page="consent:document-list",
        label=_("Consents"),
        icon="signature",
        permission=Permission.SEE_CONSENTS,
        nouns=("consent:",),
    ),
    Entry(
        page="messaging:message-list",
        label=_("Messages"),
        icon="send",
        permission=Permission.SEE_MESSAGES,
        nouns=("messaging:",),
    ),
    Entry(
        page="letters:words-list",
        label=_("Message texts"),
        icon="message",
        permission=Permission.MANAGE_MESSAGES,
        nouns=("letters:",),
    ),
    Entry(
        page="procedures:product-list",
        label=_("Products"),
        icon="vaccine-bottle",
        permission=Permission.SEE_CATALOGUE,
        nouns=("procedures:product", "procedures:lot"),
    ),
    Entry(
        page="procedures:rule-list",
        label=_("Rulebook"),
        icon="book",
        permission=Permission.SEE_RULES,
        nouns=(
            "procedures:rule",
            "procedures:draft",
            "procedures:version",
            "procedures:case",
            "procedures:rescreening",
            "procedures:setting",
        ),
    ),
    Entry(
        page="staff:user-list",
        label=_("Team"),
        icon="user-cog",
        permission=Permission.MANAGE_TEAM,
        nouns=("staff:user", "staff:hours", "staff:time-off", "lifecycle:staff"),
    ),
    Entry(
        page="staff:location-list",
        label=_("Places"),
        icon="map-pin",
        permission=Permission.MANAGE_PLACES,
        nouns=("staff:location", "staff:room"),
    ),
    Entry(
        page="portable:export-list",
        label=_("Exports and imports"),
        icon="download",
        permission=Permission.EXPORT_CLINIC,
        nouns=("portable:",),
    ),
    Entry(
        page="staff:audit-list",
        label=_("Audit"),
        icon="history",
        permission=Permission.SEE_AUDIT,
        nouns=("staff:audit",),
    ),
)


def clinic(request: HttpRequest) -> dict[str, object]:
    """The context processor: on a page without a user there is nowhere to go."""
    user = getattr(request, "user", None)
    around: dict[str, object] = {"clinic_name": settings.CLINIC_NAME, "no_users": no_users}
    if not isinstance(user, User):
        around["on_tablet"] = tablet.of(request) is not None
        return around
    around["navigation"] = links(user, current=view_name(request))
    if user.may(Permission.SEE_PATIENTS):
        around["search_url"] = url_of("patients:patient-list")
        around["live_search_url"] = url_of("patients:patient-search")
    return around


def links(user: User, *, current: str) -> list[Link]:
    """The entries the user may follow, in the order of a working day."""
    return [
        Link(
            url=url, label=entry.label, icon=entry.icon, is_current=current.startswith(entry.nouns)
        )
        for entry in ENTRIES
        if user.may(entry.permission) and (url := url_of(entry.page))
    ]


def no_users() -> bool:
    """Nobody works here yet; asked only where a template says so, on the page to sign in."""
    return not User.objects.exists()


def url_of(page: str) -> str:
    """Empty where the page does not exist."""
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""


def view_name(request: HttpRequest) -> str:
    """Empty on an error page, which no view stands behind."""
    match = request.resolver_match
    return match.view_name if match else ""
