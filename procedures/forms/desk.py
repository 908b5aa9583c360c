"""The one panel of the desk: a time that was clicked, and somebody who is not registered yet."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from patients import phones
from patients.forms.dates import birth_date
from patients.models import Patient
from patients.phones import NoPhone
from patients.registration import Identity
from procedures.booking import Stretch, Visit
from procedures.forms.calendar import LENGTHS, OTHER_KINDS, SlotForm
from procedures.models import AppointmentKind

PANEL = "panel"  # the form to which the fields of a newcomer belong, wherever they stand


class QuickForm(SlotForm):
    """What stands there after a click; mostly nothing of it is touched."""

    kind = forms.ChoiceField(label=_("What"), choices=OTHER_KINDS)
    minutes = forms.TypedChoiceField(label=_("Length"), choices=LENGTHS, coerce=int, initial=30)
    arrived = forms.BooleanField(label=_("The patient is here already"), required=False)
    field_order = ["kind", "practitioner", "room", "on", "hour", "minutes", "arrived"]

    def stretch(self) -> Stretch:
        """With whom, where and when; raises NoSuchTime and NotATime."""
        told = self.cleaned_data
        return Stretch(
            practitioner=told["practitioner"],
            room=told["room"],
            start=self.start(),
            minutes=told["minutes"],
        )

    def visit(self, patient: Patient) -> Visit:
        told = self.cleaned_data
        return Visit(
            kind=AppointmentKind(told["kind"]),
            patient=patient,
            practitioner=told["practitioner"],
            room=told["room"],
            start=self.start(),
            minutes=told["minutes"],
        )


class NewcomerForm(forms.Form):
    """As little as opens a chart; the rest is asked when the patient is here."""

    family_name = forms.CharField(label=_("Family name"), max_length=100)
    given_name = forms.CharField(label=_("Given name"), max_length=100)
    birth_date = birth_date()
    phone = forms.CharField(label=_("Phone"), max_length=40)

    def __init__(self, *args: Any, country: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        for field in self.fields.values():
            field.widget.attrs |= {"form": PANEL, "autocomplete": "off"}

    def clean_phone(self) -> str:
        try:
            return phones.normalise(self.cleaned_data["phone"], self.country)
        except NoPhone as error:
            raise ValidationError(str(error)) from error

    def identity(self, language: str) -> Identity:
        told = self.cleaned_data
        return Identity(
            family_name=told["family_name"],
            given_name=told["given_name"],
            birth_date=told["birth_date"],
            phone=told["phone"],
            language=language,
        )


def named(query: str) -> dict[str, str]:
    """Whoever was looked for and not found is registered under these words, if no number."""
    if any(letter.isdigit() for letter in query):
        return {}
    family, _space, given = query.strip().partition(" ")
    return {"family_name": family, "given_name": given.strip()}
