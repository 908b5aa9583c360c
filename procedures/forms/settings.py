"""The form of one value that the sources leave to the clinic."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.knowledge.entries import ClinicSetting as Known
from clinic.knowledge.entries import SettingKind

HELP = {
    SettingKind.NUMBER: _("A number, for example 37.2."),
    SettingKind.DAYS: _("Whole days, for example 14."),
    SettingKind.LIST: _("One entry a line."),
    SettingKind.TEXT: _("As it is to be read."),
}


class SettingForm(forms.Form):
    """A value and where it comes from. It parses nothing: the rules live in settings."""

    value = forms.CharField(label=_("Value"), required=False)
    reason = forms.CharField(
        label=_("Why this value, or where it comes from"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, known: Known, is_set: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["value"]
        field.required = not is_set
        field.help_text = HELP[known.kind]
        if is_set:
            field.help_text = f"{field.help_text} {_('Empty: unset it again.')}"
        if known.kind in {SettingKind.LIST, SettingKind.TEXT}:
            field.widget = forms.Textarea(attrs={"rows": 5})
        elif known.unit:
            field.label = f"{field.label}, {known.unit.in_(get_language() or 'en')}"

    def wanted(self) -> str | None:
        """None unsets the value again."""
        return self.cleaned_data["value"].strip() or None


def as_typed(value: object) -> str:
    """A stored value as one would type it."""
    return "\n".join(value) if isinstance(value, list) else str(value)
