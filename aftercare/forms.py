"""What a patient ticks, and what staff report. They parse; the rules live in the use cases."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from aftercare.check_ins import More
from aftercare.leaflet import signs_for
from aftercare.models import Feeling, Severity, Since
from aftercare.reactions import Report
from clinic.knowledge.loader import load
from patients import shots

EMERGENCY = "SE-ALLERGY-ACUTE"
PATIENT_WORDS = {
    EMERGENCY: _("Trouble breathing, swollen lips, tongue or throat, or faintness"),
    "SE-INFECTION": _("Redness or pain that grows, pus, or fever"),
    "SE-ALLERGY-DELAYED": _("A rash"),
    "SE-HAEMATOMA": _("A large bruise that grows or hurts"),
    "SE-SLOW-HEAL": _("A spot that stays open"),
    "SE-WHEALS": _("Raised swellings at the punctures"),
}
FOR_CLINICIANS = {
    "SE-BLOODDROPS",
    "SE-DERMATITIS-ALL",
    "SE-DERMATITIS-CONTACT",
    "SE-EXCIPIENT",
    "SE-HYPOPIGMENT",
    "SE-KELOID",
    "SE-SYSTEMIC",
}


def named(sign: str) -> str:
    return load().side_effects[sign].name.in_(get_language() or "en")


class CheckInForm(forms.Form):
    """How it goes: one tap, and more for whoever wants to say more."""

    feeling = forms.ChoiceField(
        label=_("How is your skin today?"),
        choices=Feeling.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please tap one of the four answers.")},
    )
    emergency = forms.MultipleChoiceField(
        label=_("Do you have one of these right now?"),
        choices=[(EMERGENCY, PATIENT_WORDS[EMERGENCY])],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    signs = forms.MultipleChoiceField(
        label=_("What do you notice?"), widget=forms.CheckboxSelectMultiple, required=False
    )
    place = forms.CharField(
        label=_("Where is it?"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    since = forms.ChoiceField(
        label=_("Since when?"), choices=Since.choices, widget=forms.RadioSelect, required=False
    )
    photo = forms.FileField(
        label=_("A photo, if you like"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )
    words = forms.CharField(
        label=_("In your own words"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
    )

    def __init__(self, *args: Any, area: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [one for one in signs_for(area) if one not in {EMERGENCY, *FOR_CLINICIANS}]
        choices = [(one, PATIENT_WORDS.get(one) or named(one)) for one in offered]
        self.fields["signs"] = forms.MultipleChoiceField(
            label=_("What do you notice?"),
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )

    def told(self) -> dict[str, Any]:
        """As the use case wants it: an emergency alone needs no other answer."""
        given = self.cleaned_data
        return {
            "feeling": Feeling(given["feeling"]),
            "signs": [*given["emergency"], *given["signs"]],
            "words": given["words"],
            "more": More(
                place=given["place"],
                since=given["since"],
                photo=given["photo"].read() if given["photo"] else b"",
            ),
        }

    def clean_photo(self) -> Any:
        """Asked before it is read into memory."""
        file = self.cleaned_data["photo"]
        if file and file.size > shots.MOST_BYTES:
            raise forms.ValidationError(shots.TooHeavy.text)
        return file

    def clean(self) -> dict[str, Any]:
        """Whoever ticks an emergency is worse, and is not asked to say so."""
        given = super().clean() or {}
        if given.get("emergency") and not given.get("feeling"):
            given["feeling"] = Feeling.WORSE
            self.errors.pop("feeling", None)
        return given


class QuestionForm(forms.Form):
    """One line in the patient's own words."""

    asked = forms.CharField(
        label=_("Can I …?"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "send"}),
        error_messages={"required": _("Write what you would like to do, in a few words.")},
    )


class ReactionForm(forms.Form):
    """What a member of staff saw or heard."""

    signs = forms.MultipleChoiceField(label=_("Signs"), widget=forms.CheckboxSelectMultiple)
    severity = forms.ChoiceField(
        label=_("Severity"), choices=Severity.choices, widget=forms.RadioSelect
    )
    description = forms.CharField(
        label=_("What was seen, since when, what was done"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
    )

    def __init__(self, *args: Any, area: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["signs"] = forms.MultipleChoiceField(
            label=_("Signs"),
            choices=[(one, named(one)) for one in signs_for(area)],
            widget=forms.CheckboxSelectMultiple,
        )

    def report(self) -> Report:
        given = self.cleaned_data
        return Report(
            signs=tuple(given["signs"]),
            severity=Severity(given["severity"]),
            description=given["description"],
        )
