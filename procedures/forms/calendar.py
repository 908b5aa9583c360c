"""Forms of the calendar. They parse; the rules live in booking, courses and the database."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Room, User
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures import booking
from procedures.booking import Visit
from procedures.models import Appointment, AppointmentKind
from procedures.rescheduling import Drop

LENGTHS = [(minutes, f"{minutes} min") for minutes in (15, 20, 30, 45, 60, 75, 90, 120)]
OTHER_KINDS = [choice for choice in AppointmentKind.choices if choice[0] != AppointmentKind.SESSION]


class PractitionerField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generics at run time
    """Those who treat, by name."""

    def __init__(self, **options: Any) -> None:
        treating = User.objects.active().holding(Permission.TREAT).order_by("full_name", "pk")
        super().__init__(queryset=treating, to_field_name="uuid", label=_("With"), **options)

    def label_from_instance(self, obj: User) -> str:
        return obj.full_name


class RoomField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generics at run time
    """Rooms with their place, so that nobody books into the other house."""

    def __init__(self, **options: Any) -> None:
        rooms = Room.objects.in_use().select_related("location")
        rooms = rooms.order_by("location__name", "name", "pk")
        super().__init__(queryset=rooms, to_field_name="uuid", label=_("Room"), **options)

    def label_from_instance(self, obj: Room) -> str:
        return f"{obj.location.name}, {obj.name}"


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class HourInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M", attrs={"step": 300})


class WallField(forms.Field):
    """A day and an hour on the clock of a place, `2026-03-04T11:00`, without a zone."""

    def to_python(self, value: str | None) -> datetime | None:
        try:
            return datetime.strptime(value or "", "%Y-%m-%dT%H:%M")  # noqa: DTZ007  wall time
        except ValueError as error:
            raise forms.ValidationError(_("This is no time for a visit.")) from error


class SlotForm(forms.Form):
    """When, where and with whom."""

    practitioner = PractitionerField()
    room = RoomField()
    on = forms.DateField(label=_("Day"), widget=DayInput)
    hour = forms.TimeField(label=_("Hour"), widget=HourInput, help_text=_("On the clinic's clock."))

    def start(self) -> datetime:
        """The instant the wall clock of the room's place means; raises NoSuchTime."""
        room: Room = self.cleaned_data["room"]
        return booking.moment(self.cleaned_data["on"], self.cleaned_data["hour"], room.location)


class VisitForm(SlotForm):
    """A consultation, an allergy test or a review; sessions are booked as a course."""

    kind = forms.ChoiceField(label=_("What"), choices=OTHER_KINDS)
    minutes = forms.TypedChoiceField(label=_("Length"), choices=LENGTHS, coerce=int, initial=30)
    note = forms.CharField(
        label=_("Note for the desk"),
        max_length=300,
        required=False,
        help_text=_("No health words: everybody at the desk reads it."),
    )
    field_order = ["kind", "practitioner", "room", "on", "hour", "minutes", "note"]

    def visit(self, patient: Patient) -> Visit:
        return Visit(
            kind=AppointmentKind(self.cleaned_data["kind"]),
            patient=patient,
            practitioner=self.cleaned_data["practitioner"],
            room=self.cleaned_data["room"],
            start=self.start(),
            minutes=self.cleaned_data["minutes"],
            note=self.cleaned_data["note"],
        )


class MoveForm(SlotForm):
    """Another time, room or person for a visit; `version` is the one that was on the screen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    following = forms.BooleanField(
        label=_("Move the sessions after it as well"),
        required=False,
        help_text=_("By as many days, to the same hour: the intervals stay."),
    )

    @classmethod
    def of(cls, appointment: Appointment, data: QueryDict | None = None) -> "MoveForm":
        local = appointment.slot.lower.astimezone(appointment.room.location.zone)
        form = cls(
            data,
            initial={
                "practitioner": appointment.practitioner.uuid,
                "room": appointment.room.uuid,
                "on": local.date(),
                "hour": local.time(),
                "version": appointment.version,
            },
        )
        if appointment.kind != AppointmentKind.SESSION:
            del form.fields["following"]
        return form


class DropForm(forms.Form):
    """Where a visit was let go: a time of the wall, and the column or the row it landed in."""

    start = WallField()
    minutes = forms.IntegerField(min_value=5, max_value=booking.LONGEST)
    practitioner = PractitionerField()
    room = RoomField()
    version = forms.IntegerField()
    following = forms.BooleanField(required=False)
    tell = forms.BooleanField(required=False)

    def drop(self, appointment: Appointment) -> Drop:
        """What the desk has confirmed; raises NoSuchTime."""
        data = self.cleaned_data
        wall: datetime = data["start"]
        location = data["room"].location
        return Drop(
            start=booking.moment(wall.date(), wall.time(), location),
            minutes=data["minutes"],
            practitioner=data["practitioner"],
            room=data["room"],
            version=data["version"],
            following=data["following"] and appointment.kind == AppointmentKind.SESSION,
            tell=data["tell"],
        )


class ReasonForm(forms.Form):
    """Why; everybody who opens the visit reads it."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
