"""What somebody waits for, as the desk types it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Location, User, Weekday
from patients.models import Patient
from procedures.forms.calendar import (
    LENGTHS,
    OTHER_KINDS,
    DayInput,
    HourInput,
    PractitionerField,
)
from procedures.models import Appointment, AppointmentKind, Priority
from procedures.waiting import Wanted


class EarlierField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generics at run time
    """A booked visit that would come earlier; empty: a new one."""

    def label_from_instance(self, obj: Appointment) -> str:
        local = obj.slot.lower.astimezone(obj.room.location.zone)
        return f"{obj.get_kind_display()}, {local:%d.%m.%Y %H:%M}"


class WaitForm(forms.Form):
    """Days, hours and how much it matters."""

    visit = EarlierField(
        queryset=Appointment.objects.none(),
        to_field_name="uuid",
        required=False,
        label=_("Instead of"),
        empty_label=_("A new visit"),
    )
    kind = forms.ChoiceField(label=_("What"), choices=OTHER_KINDS)
    minutes = forms.TypedChoiceField(label=_("Length"), choices=LENGTHS, coerce=int, initial=30)
    practitioner = PractitionerField(required=False, empty_label=_("Any practitioner"))
    first = forms.DateField(label=_("From day"), widget=DayInput)
    last = forms.DateField(label=_("Until day"), widget=DayInput)
    hours_from = forms.TimeField(label=_("Not before"), widget=HourInput, required=False)
    hours_until = forms.TimeField(label=_("Over by"), widget=HourInput, required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Only on these weekdays"),
        choices=Weekday.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL.value
    )

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["visit"]
        if isinstance(field, EarlierField):
            mine = Appointment.objects.ahead().filter(patient=patient)
            field.queryset = mine.select_related("room__location").order_by("slot")

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        first, last = told.get("first"), told.get("last")
        if first and last and last < first:
            self.add_error("last", _("This day lies before the first one."))
        begins, ends = told.get("hours_from"), told.get("hours_until")
        if begins and ends and ends <= begins:
            self.add_error("hours_until", _("This hour lies before the first one."))
        return told

    def wanted(self, location: Location) -> Wanted:
        told = self.cleaned_data
        visit: Appointment | None = told["visit"]
        practitioner: User | None = told["practitioner"]
        return Wanted(
            location=visit.room.location if visit else location,
            kind=AppointmentKind(visit.kind if visit else told["kind"]),
            minutes=visit.minutes if visit else told["minutes"],
            first=told["first"],
            last=told["last"],
            priority=told["priority"],
            practitioner=practitioner,
            visit=visit,
            weekdays=tuple(told["weekdays"]),
            hours_from=told["hours_from"],
            hours_until=told["hours_until"],
        )
