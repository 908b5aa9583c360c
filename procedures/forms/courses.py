"""Forms that book a whole course: what suits the patient, then a time for every session."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Location, Room, User, Weekday
from procedures import booking
from procedures.domain.course import Period
from procedures.domain.planning import Relaxed
from procedures.forms.calendar import LENGTHS, DayInput, HourInput, RoomField
from procedures.models import Plan
from procedures.planning import EVERY_DAY, LaidOut, Seat, Wish

OWN = ""
# Which wish had to go so that a schedule was found.
GIVEN_UP = {
    Relaxed.HOURS: _("Not at the hours that were asked for: these dates take any hour."),
    Relaxed.WEEKDAYS: _("Not on the weekdays that were asked for: these dates take any weekday."),
    Relaxed.INTERVAL: _(
        "Not within the protocol's longest interval: some of these dates lie farther apart. "
        "A doctor may allow it."
    ),
    Relaxed.BLACKOUTS: _("Not around the days on which the patient cannot come."),
    Relaxed.BLEEDING: _("Not around the bleeding that is expected."),
    Relaxed.PLANS: _("Not around the holiday in the sun or the days with alcohol."),
}
PAUSES = [(minutes, f"{minutes} min") for minutes in (0, 5, 10, 15, 20, 30)]


class PeriodField(forms.CharField):
    """From a day until a day, both included: 2026-03-02 - 2026-03-09; several with commas."""

    def clean(self, value: Any) -> tuple[Period, ...]:
        text = super().clean(value) or ""
        try:
            return tuple(_periods(text))
        except ValueError as error:
            raise forms.ValidationError(
                _("Write days like 2026-07-01 – 2026-07-14, several with a comma between."),
                code="invalid",
            ) from error


class WishForm(forms.Form):
    """From when on, at what hour and where, and what the patient cannot or must not do then."""

    first = forms.DateField(label=_("First session from"), widget=DayInput)
    hour = forms.TimeField(label=_("Hour"), widget=HourInput)
    minutes = forms.TypedChoiceField(label=_("Length"), choices=LENGTHS, coerce=int, initial=45)
    room = RoomField(required=False, empty_label=_("Any free room"))
    anybody = forms.BooleanField(label=_("Any practitioner"), required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Only on these weekdays"),
        choices=Weekday.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    hours_from = forms.TimeField(label=_("Not before"), widget=HourInput, required=False)
    hours_until = forms.TimeField(label=_("Starts before"), widget=HourInput, required=False)
    pause = forms.TypedChoiceField(
        label=_("Free time around each visit"),
        choices=PAUSES,
        coerce=int,
        required=False,
    )
    away = PeriodField(label=_("Cannot come"), required=False)
    beach = PeriodField(label=_("Holiday in the sun"), required=False)
    alcohol = PeriodField(label=_("Days with alcohol"), required=False)
    bleeding = PeriodField(label=_("Bleeding expected"), required=False)
    plain = ("first", "hour", "minutes", "room")
    likings = ("anybody", "weekdays", "hours_from", "hours_until", "pause")
    around = ("away", "beach", "alcohol", "bleeding")

    def __init__(self, *args: Any, location: Location, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["room"]
        if isinstance(field, RoomField) and field.queryset is not None:
            field.queryset = rooms = field.queryset.filter(location=location)
            first = rooms.first()
            field.initial = first.uuid if first else None

    def groups(self) -> tuple[list[forms.BoundField], ...]:
        """What is asked first, what suits, what lies around."""
        return tuple(
            [self[name] for name in names] for names in (self.plain, self.likings, self.around)
        )

    @property
    def understood(self) -> bool:
        """Whether every field could be read, whatever came of it."""
        return self.is_bound and not set(self.errors) - {NON_FIELD_ERRORS}

    @property
    def told_more(self) -> bool:
        """Whether anything but the first line was filled in."""
        return any(self[name].value() for name in (*self.likings, *self.around))

    def wish(self) -> Wish:
        told = self.cleaned_data
        hours = (told["hours_from"] or time.min, told["hours_until"] or time.max)
        return Wish(
            first=told["first"],
            hour=told["hour"],
            minutes=told["minutes"],
            room=told["room"],
            anybody=told["anybody"],
            weekdays=frozenset(told["weekdays"]) or EVERY_DAY,
            hours=None if hours == (time.min, time.max) else hours,
            pause=told["pause"] or 0,
            away=told["away"],
            beach=told["beach"],
            bleeding=told["bleeding"],
            alcohol=tuple(day for period in told["alcohol"] for day in _days(period)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One session on the page: the starts to choose from, or one of one's own."""

    number: int
    seat: forms.BoundField
    day: forms.BoundField
    hour: forms.BoundField


class CourseForm(forms.Form):
    """A time for every session, chosen from what is proposed or typed, booked together."""

    reason = forms.CharField(
        label=_("Why it is booked nevertheless"), max_length=300, required=False
    )

    def __init__(self, *args: Any, plan: Plan, laid: LaidOut | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        sittings = {one.number: one for one in laid.sittings} if laid else {}
        for number in range(1, plan.sessions + 1):
            one = sittings.get(number)
            seats = [one.seat, *one.alternatives] if one else []
            label = _("Session %(number)s") % {"number": number}
            self.fields[f"seat_{number}"] = SeatField(label=label, seats=seats)
            self.fields[f"on_{number}"] = forms.DateField(
                label=_("Day"), widget=DayInput, required=False
            )
            self.fields[f"hour_{number}"] = forms.TimeField(
                label=_("Hour"), widget=HourInput, required=False
            )
            if one:
                self.initial[f"seat_{number}"] = spelled(one.seat)
                self.initial[f"on_{number}"] = one.seat.start.date()
                self.initial[f"hour_{number}"] = one.seat.start.time()

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        for number in range(1, self.plan.sessions + 1):
            own = told.get(f"seat_{number}", OWN) == OWN
            if own and not (told.get(f"on_{number}") and told.get(f"hour_{number}")):
                self.add_error(f"on_{number}", _("Choose a time, or write day and hour."))
        return told

    def seats(self, room: Room) -> list[Seat]:
        """Where each session is; raises NoSuchTime."""
        return [self._seat(number, room) for number in range(1, self.plan.sessions + 1)]

    def _seat(self, number: int, room: Room) -> Seat:
        chosen = self.cleaned_data[f"seat_{number}"]
        if chosen != OWN:
            return understood(chosen)
        return Seat(
            start=booking.moment(
                self.cleaned_data[f"on_{number}"],
                self.cleaned_data[f"hour_{number}"],
                room.location,
            ),
            practitioner=self.plan.practitioner,
            room=room,
        )

    def rows(self) -> list[Row]:
        return [
            Row(
                number=number,
                seat=self[f"seat_{number}"],
                day=self[f"on_{number}"],
                hour=self[f"hour_{number}"],
            )
            for number in range(1, self.plan.sessions + 1)
        ]


class SeatField(forms.CharField):
    """One of the proposed starts; empty: a time of one's own."""

    def __init__(self, *, seats: list[Seat], label: str) -> None:
        choices = [(spelled(seat), said(seat)) for seat in seats]
        widget = forms.RadioSelect(choices=[*choices, (OWN, _("Another time"))])
        super().__init__(label=label, required=False, widget=widget)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if text != OWN:
            try:
                understood(text)
            except (ValueError, User.DoesNotExist, Room.DoesNotExist) as error:
                message = _("Propose the dates again: this time is not known.")
                raise forms.ValidationError(message, code="invalid") from error
        return text


def spelled(seat: Seat) -> str:
    """A seat as a form carries it."""
    return f"{seat.start.isoformat()}|{seat.practitioner.uuid}|{seat.room.uuid}"


def understood(text: str) -> Seat:
    """The seat that a form carried; the use case judges it."""
    start, practitioner, room = text.split("|")
    at = datetime.fromisoformat(start)
    if timezone.is_naive(at):
        raise ValueError("a start without a zone")
    return Seat(
        start=at,
        practitioner=User.objects.get(uuid=UUID(practitioner)),
        room=Room.objects.select_related("location").get(uuid=UUID(room)),
    )


def said(seat: Seat) -> str:
    when = date_format(seat.start, "D j M, H:i")
    return f"{when}, {seat.practitioner.full_name}, {seat.room.name}"


def _periods(text: str) -> Iterator[Period]:
    for part in filter(None, (one.strip() for one in text.split(","))):
        ends = [one.strip() for one in part.replace("–", " - ").split(" - ")]
        first, last = date.fromisoformat(ends[0]), date.fromisoformat(ends[-1])
        if last < first or len(ends) > len(("first", "last")):
            raise ValueError(part)
        yield first, last


def _days(period: Period) -> Iterator[date]:
    day, last = period
    while day <= last:
        yield day
        day += timedelta(days=1)
