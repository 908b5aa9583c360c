"""What is typed where charts come together or end."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.lifecycle.models import MOST_YEARS, Basis
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


class EraseForm(forms.Form):
    """Why somebody is erased, and when the clinic was asked."""

    basis = forms.ChoiceField(label=_("Why"), choices=Basis, widget=forms.RadioSelect)
    asked_on = forms.DateField(
        label=_("Asked on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ApproveForm(forms.Form):
    """The chart as it stood on the screen of who approves."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class RetentionForm(forms.Form):
    """How long the law keeps a treatment record; empty unsets it."""

    years = forms.IntegerField(
        label=_("Years after the last treatment"),
        min_value=1,
        max_value=MOST_YEARS,
        required=False,
        help_text=_("Leave it empty to unset it: then no treated patient can be erased."),
    )
    reason = forms.CharField(label=_("Which law or rule says so"), max_length=300)
