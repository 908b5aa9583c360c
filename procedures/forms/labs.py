"""A result of a laboratory test, in its own words."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.forms.dates import day
from procedures.labs import Item


class ResultForm(forms.Form):
    """Parses; what the list names and what a date may be is the use case's."""

    name = forms.ChoiceField(label=_("Test"))
    value = forms.CharField(
        label=_("Result"), max_length=200, help_text=_("With its unit, as the laboratory gives it.")
    )
    on = day(_("Date of the result"), required=True)

    def __init__(self, *args: Any, items: Sequence[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["name"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(one.name, one.name) for one in items]
