"""The questionnaire as a patient fills it in alone, and the date of birth before it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from patients.forms.dates import birth_date
from patients.forms.intake import IntakeForm
from patients.intake import Listed
from patients.models import HistoryKind, Intake, Moment

LISTS = {
    HistoryKind.CONDITION: (
        _("Which illnesses do you have, or have you had?"),
        _("I have no illness that I know of"),
    ),
    HistoryKind.ALLERGY: (
        _("What are you allergic to?"),
        _("I have no allergy that I know of"),
    ),
    HistoryKind.MEDICINE: (
        _("Which medicines and supplements do you take?"),
        _("I take nothing"),
    ),
}
SAY = _("Write something here, or tick that there is nothing.")
NOT_BOTH = _("You wrote something and ticked that there is nothing. Which of them is right?")


class BirthDateForm(forms.Form):
    """Who holds the phone."""

    birth_date = birth_date()


class HomeForm(IntakeForm):
    """Nobody sits beside the patient: the three lists of the history are asked here as well."""

    def __init__(self, *args: Any, intake: Intake, **kwargs: Any) -> None:
        super().__init__(*args, intake=intake, **kwargs)
        if intake.moment != Moment.INTAKE:
            return
        claims = {claim.kind: claim for claim in intake.claims.all()} if intake.pk else {}
        for kind, (question, nothing) in LISTS.items():
            self.fields[f"list-{kind}"] = _lines(question)
            self.fields[f"list-{kind}-none"] = forms.BooleanField(label=nothing, required=False)
            if claim := claims.get(kind):
                self.initial[f"list-{kind}"] = claim.text
                self.initial[f"list-{kind}-none"] = claim.none_known

    @property
    def completes(self) -> bool:
        return "hand-in" in self.data

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for kind in self._kinds():
            name = f"list-{kind}"
            text, none = (data.get(name) or "").strip(), data.get(f"{name}-none")
            if text and none:
                self.add_error(name, NOT_BOTH)
            elif self.completes and not text and not none:
                self.add_error(name, SAY)
        return data

    def _kinds(self) -> Iterator[HistoryKind]:
        return (kind for kind in LISTS if f"list-{kind}" in self.fields)

    def lists(self) -> dict[str, Listed]:
        """Those that were sent: a page that keeps itself sends only what changed."""
        data: Mapping[str, Any] = self.cleaned_data
        return {
            kind.value: Listed(text=data[f"list-{kind}"], none_known=data[f"list-{kind}-none"])
            for kind in self._kinds()
            if f"list-{kind}" in self.data
        }

    def list_fields(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"list-{kind}"], self[f"list-{kind}-none"]) for kind in self._kinds()]


def _lines(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("One on each line, in your own words."),
    )
