"""What is typed where charts come together or end."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.models import DuplicatePair, Patient


class MergeForm(forms.Form):
    """Which chart goes on, as both stood on the screen."""

    keep = forms.ChoiceField(label=_("The chart that goes on"), widget=forms.RadioSelect)
    first_version = forms.IntegerField(widget=forms.HiddenInput)
    second_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, pair: DuplicatePair, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pair = pair
        field = self.fields["keep"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  as declared above
        field.choices = [(str(one.number), _label(one)) for one in (pair.first, pair.second)]

    @property
    def chosen(self) -> tuple[Patient, Patient, list[int]]:
        """The one kept, the other, and their versions in this order."""
        pair, data = self.pair, self.cleaned_data
        first = (pair.first, data["first_version"])
        second = (pair.second, data["second_version"])
        if data["keep"] != str(pair.first.number):
            first, second = second, first
        return first[0], second[0], [first[1], second[1]]


def _label(patient: Patient) -> str:
    return f"{patient.full_name}, № {patient.number}"
