"""Who somebody is, as the desk types it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.errors import Stale
from clinic.staff.models import LANGUAGES, Location, User
from patients import phones
from patients.forms.dates import birth_date
from patients.models import Patient, Sex
from patients.phones import NoPhone
from patients.registration import Identity

YES_NO_UNASKED = [("", _("Not asked yet")), ("yes", _("Yes")), ("no", _("No"))]
SPOKEN = {"yes": True, "no": False}
CHANNELS = ("email_allowed", "sms_allowed")


class IdentityForm(forms.Form):
    """Names, birth date, and how somebody is reached."""

    family_name = forms.CharField(label=_("Family name"), max_length=100)
    given_name = forms.CharField(
        label=_("Given name"), max_length=100, help_text=_("As in the passport, in any script.")
    )
    birth_date = birth_date()
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=[(Sex.UNKNOWN.value, Sex.UNKNOWN.label)]
        + [(sex.value, sex.label) for sex in Sex if sex.value],
        required=False,
    )
    can_be_pregnant = forms.ChoiceField(
        label=_("Can be pregnant"),
        choices=YES_NO_UNASKED,
        required=False,
        help_text=_("Decides whether pregnancy, breastfeeding and period are asked about."),
    )
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    email_allowed = forms.BooleanField(label=_("May be written to by e-mail"), required=False)
    sms_allowed = forms.BooleanField(label=_("May be written to by SMS"), required=False)

    def __init__(self, *args: Any, country: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country

    def clean_phone(self) -> str:
        try:
            return phones.normalise(self.cleaned_data["phone"], self.country)
        except NoPhone as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for channel, address in zip(CHANNELS, ("email", "phone"), strict=True):
            if data.get(channel) and address in data and not data[address]:
                self.add_error(address, _("Enter it, or remove the tick that allows messages."))
        return data

    def identity(self) -> Identity:
        data = self.cleaned_data
        return Identity(
            family_name=data["family_name"],
            given_name=data["given_name"],
            birth_date=data["birth_date"],
            sex=data["sex"],
            can_be_pregnant=SPOKEN.get(data["can_be_pregnant"]),
            phone=data["phone"],
            email=data["email"],
            language=data["language"],
        )


class RegisterForm(IdentityForm):
    """A new patient, at one of the clinic's addresses."""

    location = forms.ModelChoiceField(label=_("Location"), queryset=Location.objects.none())
    field_order = ["location"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        places = Location.objects.visible_to(user).in_use().order_by("name", "pk")
        home = user.location or places.first()
        first = {"location": home, "language": home.language if home else "en"}
        kwargs["initial"] = first | kwargs.get("initial", {})
        country = phones.country_of(home.phone) if home else ""
        super().__init__(*args, country=country, **kwargs)
        field = self.fields["location"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = places
            field.empty_label = None
        self.order_fields([name for name in self.fields if name != "location"] + ["location"])


class EditForm(IdentityForm):
    """A patient somebody else may be editing too."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def refuse(self, error: Exception, patient: Patient) -> None:
        """Say why not; after a colleague's change also what each field says now.

        The form then continues from what it has shown: sending it again is a decision.
        """
        self.add_error(None, str(error))
        if not isinstance(error, Stale):
            return
        patient.refresh_from_db()
        now = spoken(patient)
        for name in set(now) & set(self.cleaned_data) - {"version"}:
            if str(now[name]) != str(self.data.get(name, now[name])) and name not in CHANNELS:
                words = now[name] or _("nothing")
                self.add_error(name, _("Now it says: %(value)s") % {"value": words})
        if isinstance(self.data, QueryDict):
            shown = self.data.copy()
            shown["version"] = str(patient.version)
            self.data = shown


def spoken(patient: Patient) -> dict[str, Any]:
    """What the form shows of a patient."""
    asked = {True: "yes", False: "no", None: ""}
    return {
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "birth_date": patient.birth_date.strftime("%d.%m.%Y"),
        "sex": patient.sex,
        "can_be_pregnant": asked[patient.can_be_pregnant],
        "phone": patient.phone,
        "email": patient.email,
        "language": patient.language,
        "email_allowed": patient.recipient.email_allowed_at is not None,
        "sms_allowed": patient.recipient.sms_allowed_at is not None,
        "version": patient.version,
    }
