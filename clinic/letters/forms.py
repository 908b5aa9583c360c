"""What somebody writes into a message."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.models import Channel
from clinic.messaging.own_words import Telling
from clinic.messaging.wording import Draft
from clinic.staff.models import User
from patients.models import Patient


class WordsForm(forms.Form):
    """Parses; what may be said is decided where it is written."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Subject"), max_length=120)
    text = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 8}))
    confirmed = forms.BooleanField(label=_("These words say nothing about health"), required=False)
    person = forms.CharField(
        label=_("As this patient would get it"),
        required=False,
        help_text=_("Name, phone or number of the chart. Empty: an example."),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.telling = False
        if channel != Channel.EMAIL:
            del self.fields["title"]

    @property
    def words(self) -> Draft:
        told = self.cleaned_data
        text = told["text"].replace("\r\n", "\n").strip()
        return Draft(told["version"], told.get("title", ""), text)

    def refuse(self, error: ClinicError) -> None:
        """Say why not; what tells too much can be confirmed from now on."""
        self.telling = isinstance(error, Telling)
        self.add_error(None, str(error))

    def patient(self, user: User) -> Patient | None:
        """Whoever is likeliest meant, of those this colleague may see."""
        wanted = self.cleaned_data["person"].strip()
        if not wanted:
            return None
        found = Patient.objects.visible_to(user).search(wanted).select_related("recipient").first()
        if found is None:
            self.add_error("person", _("Nobody is found by that."))
        return found
