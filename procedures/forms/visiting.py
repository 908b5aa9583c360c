"""What patients choose on their own page. They parse; the rules live in visiting."""

from collections.abc import Sequence
from datetime import datetime

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Location
from clinic.staff.templatetags.look import clinic_time
from procedures.forms.calendar import DayInput
from procedures.models import DayPart
from procedures.visiting import Wanted


class AnotherTimeForm(forms.Form):
    """One of the times that are free."""

    start = forms.ChoiceField(
        label=_("These times are free"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose one of the times."),
            "invalid_choice": _("This time has just been taken. Please choose another one."),
        },
    )

    def __init__(
        self, data: QueryDict | None, times: Sequence[datetime], location: Location
    ) -> None:
        super().__init__(data)
        self.fields["start"].choices = [  # type: ignore[attr-defined]
            (one.isoformat(), clinic_time(one, location)) for one in times
        ]

    def moment(self) -> datetime:
        return datetime.fromisoformat(self.cleaned_data["start"])


class WishForm(forms.Form):
    """When it would suit: no free words, so that nobody writes about health to the desk."""

    part = forms.ChoiceField(
        label=_("When would it suit you?"), choices=DayPart, widget=forms.RadioSelect, initial="any"
    )
    not_before = forms.DateField(label=_("From which day on"), required=False, widget=DayInput)

    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)
