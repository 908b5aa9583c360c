"""What somebody says that unknown words mean, and for whom."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

REMEMBER = [
    ("yes", _("Everybody: the clinic remembers these words")),
    ("no", _("Only what is meant in this chart")),
]


class ReviewForm(forms.Form):
    """A concept of those that are offered; `look` finds others by other words."""

    concept = forms.CharField(
        max_length=100, error_messages={"required": _("Choose what the words mean.")}
    )
    remember = forms.ChoiceField(
        label=_("For whom?"), choices=REMEMBER, initial="yes", widget=forms.RadioSelect
    )
    look = forms.CharField(
        label=_("Look for another meaning"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Another name of it, in any language."),
    )

    @property
    def looks(self) -> bool:
        """Whether somebody only wants to see more suggestions."""
        return "look-up" in self.data

    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"concept": data["concept"], "remember": data["remember"] == "yes"}


class TakeBackForm(forms.Form):
    reason = forms.CharField(label=_("Why is it wrong?"), max_length=300)
