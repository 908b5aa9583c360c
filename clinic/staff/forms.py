"""What an administrator types. Forms parse; the rules live in the use cases and the database."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from psycopg.types.range import TimestamptzRange

from clinic.errors import Stale
from clinic.record.models import AuditEntry
from clinic.staff.models import LANGUAGES, Location, Room, User, Weekday
from clinic.staff.places import Span
from clinic.staff.roles import ROLE_NAMES

ROLES = [(role.value, name) for role, name in ROLE_NAMES.items()]
SPANS_A_DAY = 2  # before and after a break; one more than there are is always offered
BOXED_CLOCK = forms.TimeInput(attrs={"type": "time", "class": "form-control"}, format="%H:%M")
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RowForm(forms.Form):
    """Edits a row that somebody else may have changed meanwhile."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def refuse(self, error: Exception, row: Location | Room | User) -> None:
        """Say why not; after a colleague's change also what each field says now.

        The form then continues from what it has shown: sending it again is a decision.
        """
        self.add_error(None, str(error))
        if not isinstance(error, Stale):
            return
        row.refresh_from_db()
        for name in set(self.fields) - {"version"}:
            current, typed = getattr(row, name), self.cleaned_data.get(name)
            if current != typed:
                self.add_error(name, _("Now it says: %(value)s") % {"value": spoken(current)})
        if isinstance(self.data, QueryDict):
            shown = self.data.copy()
            shown["version"] = str(row.version)
            self.data = shown


class PinForm(forms.Form):
    """Digits, typed with the thumb; never shown again."""

    pin = forms.CharField(
        label=_("PIN"),
        max_length=8,
        strip=True,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def spoken(value: object) -> object:
    """As a person would read it."""
    if isinstance(value, list):
        words: dict[str, Promise] = dict(ROLES)
        return ", ".join(str(words.get(word, word)) for word in value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value or "–"


class PersonFields(forms.Form):
    """Who somebody is."""

    full_name = forms.CharField(label=_("Full name"), max_length=200)
    title = forms.CharField(
        label=_("Title"),
        max_length=120,
        required=False,
        help_text=_("Printed in consents, for example “dermatologist”."),
    )
    email = forms.EmailField(label=_("E-mail"), help_text=_("Signs in with it."))
    location = forms.ModelChoiceField(
        Location.objects.none(),
        label=_("Location"),
        required=False,
        empty_label=_("Works everywhere"),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)

    def offer_locations(self, user: User) -> None:
        field = self.fields["location"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Location.objects.visible_to(user).in_use().order_by("name")


class InviteForm(PersonFields):
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=ROLES, widget=forms.CheckboxSelectMultiple
    )


class PersonForm(PersonFields, RowForm):
    pass


class RolesForm(RowForm):
    roles = forms.MultipleChoiceField(
        label=_("Works as"), choices=ROLES, widget=forms.CheckboxSelectMultiple
    )


class LocationFields(forms.Form):
    """What a location is, and when it is quiet."""

    name = forms.CharField(label=_("Name"), max_length=120)
    legal_name = forms.CharField(
        label=_("Legal name"), max_length=200, help_text=_("Printed in consents.")
    )
    licence = forms.CharField(
        label=_("Licence"), max_length=120, help_text=_("Number and issuer, printed in consents.")
    )
    address = forms.CharField(label=_("Address"), max_length=300)
    phone = forms.CharField(label=_("Phone"), max_length=30)
    urgent_phone = forms.CharField(
        label=_("Urgent phone"),
        max_length=30,
        help_text=_("Shown to worried patients: somebody must answer."),
    )
    emergency_number = forms.CharField(label=_("Emergency number"), max_length=10)
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=60,
        help_text=_("For example Europe/Kyiv."),
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    quiet_from = forms.TimeField(
        label=_("Quiet from"), widget=CLOCK, help_text=_("No message is sent from this hour on.")
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"), widget=CLOCK, help_text=_("The same hour means: never quiet.")
    )
    notice_hours = forms.IntegerField(
        label=_("Hours of notice"),
        required=False,
        min_value=0,
        max_value=14 * 24,
        help_text=_(
            "Until so many hours before a visit patients may move or cancel it on their own page. "
            "Empty means: they ask the desk."
        ),
    )

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"].strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("This is no time zone. Write it like Europe/Kyiv."))
        return zone


class LocationForm(LocationFields, RowForm):
    pass


class RoomFields(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)


class RoomForm(RoomFields, RowForm):
    pass


class SpanForm(forms.Form):
    """One line of the week: empty, or whole."""

    starts = forms.TimeField(label=_("From"), widget=BOXED_CLOCK, required=False)
    ends = forms.TimeField(label=_("Until"), widget=BOXED_CLOCK, required=False)
    location = forms.ModelChoiceField(
        Location.objects.none(),
        label=_("Location"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def offer(self, locations: QuerySet[Location]) -> None:
        field = self.fields["location"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset, field.empty_label = locations, None

    def clean(self) -> dict[str, object]:
        starts, ends = self.cleaned_data.get("starts"), self.cleaned_data.get("ends")
        if self.errors or starts == ends is None:
            return self.cleaned_data
        if starts is None:
            self.add_error("starts", _("From when?"))
        elif ends is None:
            self.add_error("ends", _("Until when?"))
        elif ends <= starts:
            self.add_error("ends", _("This ends before it starts."))
        if self.cleaned_data.get("location") is None:
            self.add_error("location", _("Where?"))
        return self.cleaned_data


class Day(TypedDict):
    label: Promise | str
    spans: list[SpanForm]


class WeekForm(RowForm):
    """Somebody's week: a few spans for each day."""

    def __init__(
        self, data: Mapping[str, Any] | None, *, person: User, places: list[Location]
    ) -> None:
        super().__init__(data, initial={"version": person.version})
        hours = person.working_hours.select_related("location").order_by("weekday", "starts")
        known = list(hours)
        usual = person.location or next(iter(places), None)
        self.days: list[Day] = []
        for number, label in Weekday.choices:
            lines: list[dict[str, object]] = [
                {"starts": span.starts, "ends": span.ends, "location": span.location}
                for span in known
                if span.weekday == number
            ]
            empty = max(SPANS_A_DAY - len(lines), 1)
            lines += [{"location": usual}] * empty
            spans = [
                SpanForm(data, prefix=f"{number}-{row}", initial=line)
                for row, line in enumerate(lines)
            ]
            self.days.append({"label": label, "spans": spans})
        offered = Location.objects.filter(pk__in=[place.pk for place in places]).order_by("name")
        for day in self.days:
            for span in day["spans"]:
                span.offer(offered)

    def is_valid(self) -> bool:
        parts = [span.is_valid() for day in self.days for span in day["spans"]]
        return all([super().is_valid(), *parts])

    def hours(self) -> list[Span]:
        return [
            (span.cleaned_data["location"], number, span.cleaned_data["starts"], ends)
            for number, day in enumerate(self.days)
            for span in day["spans"]
            if (ends := span.cleaned_data.get("ends")) is not None
        ]


class TimeOffForm(forms.Form):
    """Whole days in the location's zone, the last one included; hours only where given."""

    first = forms.DateField(label=_("First day"), widget=date_input())
    last = forms.DateField(label=_("Last day"), widget=date_input())
    starts = forms.TimeField(
        label=_("From"), widget=CLOCK, required=False, help_text=_("Empty: the whole day.")
    )
    ends = forms.TimeField(
        label=_("Until"), widget=CLOCK, required=False, help_text=_("Empty: the whole day.")
    )

    def span(self, zone: ZoneInfo) -> TimestamptzRange:
        data = self.cleaned_data
        lower = datetime.combine(data["first"], data["starts"] or time.min, zone)
        upper = (
            datetime.combine(data["last"], data["ends"], zone)
            if data["ends"]
            else datetime.combine(data["last"] + timedelta(days=1), time.min, zone)
        )
        return TimestamptzRange(lower, upper) if lower < upper else TimestamptzRange(lower, lower)

    def clean(self) -> dict[str, object]:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        return self.cleaned_data


class AuditFilter(forms.Form):
    """Which entries of the trail, in which order; nothing else can be asked for."""

    ORDERS = {
        "": ("-at", "-pk"),
        "oldest": ("at", "pk"),
        "action": ("action", "-at", "-pk"),
        "person": ("actor_name", "-at", "-pk"),
    }
    action = forms.ChoiceField(label=_("What"), required=False)
    person = forms.CharField(label=_("Who"), required=False, max_length=100)
    subject = forms.UUIDField(label=_("About (identifier)"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=date_input())
    until = forms.DateField(label=_("Until"), required=False, widget=date_input())
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[
            ("", pgettext_lazy("order", "Newest first")),
            ("oldest", pgettext_lazy("order", "Oldest first")),
            ("action", pgettext_lazy("order", "By what was done")),
            ("person", pgettext_lazy("order", "By person")),
        ],
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        actions = AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct()
        field = self.fields["action"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("Everything")), *((action, action) for action in actions)]

    def criteria(self) -> dict[str, object]:
        data = self.cleaned_data
        zone = timezone.get_default_timezone()
        found: dict[str, object] = {}
        if data["action"]:
            found["action"] = data["action"]
        if data["person"]:
            found["actor_name__icontains"] = data["person"]
        if data["since"]:
            found["at__gte"] = datetime.combine(data["since"], time.min, zone)
        if data["until"]:
            found["at__lt"] = datetime.combine(data["until"] + timedelta(days=1), time.min, zone)
        return found

    def order(self) -> tuple[str, ...]:
        return self.ORDERS[self.cleaned_data["sort"]]


class SetupForm(LocationFields):
    """The first location, and who runs it."""

    email = forms.EmailField(label=_("E-mail"))
    full_name = forms.CharField(label=_("Full name"), max_length=200)
