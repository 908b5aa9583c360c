"""Small words for templates: icons, badges, local times. They show; they decide nothing."""

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


class Place(Protocol):
    """Whatever has a clock of its own: a location."""

    @property
    def zone(self) -> ZoneInfo: ...


# A state in any app: its tone (a colour) and its icon. The words come from the page.
STATES: dict[str, tuple[str, str]] = {
    # appointments and sessions
    "booked": ("booked", "calendar"),
    "arrived": ("arrived", "door-enter"),
    "started": ("started", "vaccine"),
    "completed": ("done", "check"),
    "cancelled": ("off", "x"),
    "no_show": ("off", "user-off"),
    "stopped": ("danger", "hand-stop"),
    # consents
    "draft": ("quiet", "pencil"),
    "offered": ("waiting", "clock"),
    "signed": ("info", "signature"),
    "countersigned": ("info", "signature"),
    "sealed": ("done", "shield-check"),
    "declined": ("danger", "x"),
    "superseded": ("off", "replace"),
    "withdrawn": ("danger", "arrow-back-up"),
    # plans and courses
    "proposed": ("waiting", "clock"),
    "signed_off": ("done", "stethoscope"),
    "ready": ("done", "check"),
    "active": ("info", "circle-check"),
    "held": ("danger", "hand-stop"),
    "on_hold": ("danger", "hand-stop"),
    # screening
    "proceed": ("done", "check"),
    "proceed_with_caution": ("warning", "alert-triangle"),
    "defer": ("waiting", "clock"),
    "refuse": ("danger", "ban"),
    "block": ("danger", "ban"),
    "block_product": ("danger", "ban"),
    "block_product_combination": ("danger", "ban"),
    "hold_for_doctor": ("waiting", "stethoscope"),
    "postpone": ("waiting", "clock"),
    "caution": ("warning", "alert-triangle"),
    # messages
    "owed": ("quiet", "clock"),
    "leased": ("info", "loader"),
    "accepted": ("info", "send"),
    "sent": ("info", "send"),
    "delivered": ("done", "checks"),
    "failed": ("danger", "alert-circle"),
    "uncertain": ("warning", "help"),
    "skipped": ("off", "player-skip-forward"),
    "expired": ("off", "clock-off"),
    # tasks and check-ins
    "open": ("waiting", "circle"),
    "snoozed": ("quiet", "zzz"),
    "done": ("done", "check"),
    "closed": ("off", "check"),
    "normal": ("done", "check"),
    "watch": ("warning", "eye"),
    "contact_clinic": ("waiting", "phone"),
    "allowed": ("done", "check"),
    "allowed_with_conditions": ("warning", "info-circle"),
    "forbidden": ("danger", "ban"),
    "urgent": ("danger", "urgent"),
    # history, tests and reactions
    "inactive": ("off", "player-pause"),
    "resolved": ("off", "check"),
    "unconfirmed": ("waiting", "help"),
    "confirmed": ("info", "check"),
    "refuted": ("off", "x"),
    "entered_in_error": ("off", "trash"),
    "negative": ("done", "check"),
    "positive": ("danger", "alert-circle"),
    "mild": ("warning", "alert-triangle"),
    "moderate": ("warning", "alert-triangle"),
    "severe": ("danger", "urgent"),
    "none": ("done", "check"),
    "fading": ("done", "check"),
    "still": ("warning", "eye"),
    "worse": ("danger", "alert-circle"),
    "yes": ("warning", "check"),
    "no": ("quiet", "x"),
    "unsure": ("waiting", "help"),
}
UNKNOWN = ("quiet", "point")


@register.simple_tag
def icon(name: str) -> SafeString:
    """{% icon "calendar" %}: decoration, hidden from screen readers; the words stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#tabler-{}"></use></svg>',
        static("vendor/icons.svg"),
        name,
    )


@register.inclusion_tag("components/badge.html")
def state(value: str, label: object) -> dict[str, object]:
    """{% state appointment.status appointment.get_status_display %}: colour, icon and words."""
    tone, name = STATES.get(str(value).replace("-", "_"), UNKNOWN)
    return {"tone": tone, "icon": name, "text": label}


@register.inclusion_tag("components/dots.html")
def course_dots(*, done: int, booked: int, total: int) -> dict[str, object]:
    """{% course_dots done=2 booked=1 total=6 %}: a dot per session of a course."""
    free = max(total - done - booked, 0)
    return {
        "dots": ["done"] * done + ["booked"] * booked + ["free"] * free,
        "done": done,
        "booked": booked,
        "free": free,
    }


@register.filter
def clinic_time(at: datetime, place: Place) -> str:
    """{{ at|clinic_time:location }}: day and hour on the location's wall clock."""
    local = timezone.localtime(at, place.zone)
    return f"{formats.date_format(local, 'D j E Y')}, {formats.time_format(local, 'H:i')}"


@register.filter
def clinic_hour(at: datetime, place: Place) -> str:
    """{{ at|clinic_hour:location }}: the hour on the location's wall clock, 14:30."""
    return formats.time_format(timezone.localtime(at, place.zone), "H:i")


@register.filter
def clinic_day(at: datetime, place: Place) -> str:
    """{{ at|clinic_day:location }}: the day on the location's calendar."""
    return formats.date_format(timezone.localtime(at, place.zone), "D j E Y")


@register.filter
def initials(name: str) -> str:
    """{{ name|initials }}: of the first and the last word, in any script."""
    words = str(name).split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()


@register.filter
def dial(phone: str) -> str:
    """tel:{{ phone|dial }}: only what a telephone can dial."""
    return "".join(sign for sign in str(phone) if sign.isdigit() or sign == "+")
