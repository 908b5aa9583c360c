"""A condition, an allergy or a medicine, in the patient's words."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.knowledge.vocabulary import vocabulary
from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.forms.dates import day
from patients.models import Asserter, ClinicalStatus, HistoryItem, HistoryKind


class HistoryForm(forms.Form):
    """What it is, since when, and who said so. `concept` is chosen from what is suggested."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=HistoryKind.choices)
    text = forms.CharField(
        label=_("In the patient's words"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Any language, brand or generic name. It is kept exactly as you type it."),
    )
    concept = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    status = forms.ChoiceField(label=_("Now"), choices=ClinicalStatus.choices)
    onset_date = day(_("Since"), help_text=_("Empty means: not known."))
    end_date = day(_("Until"), help_text=_("Empty means: it has not ended, or not known."))
    asserted_by = forms.ChoiceField(label=_("Who says so?"), choices=Asserter.choices)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.may(Permission.SIGN_OFF):
            field = self.fields["asserted_by"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  a narrowing for the checker
            field.choices = [pair for pair in Asserter.choices if pair[0] != Asserter.DOCTOR]

    def clean_concept(self) -> str:
        concept: str = self.cleaned_data["concept"]
        if concept and concept not in vocabulary().by_id:
            raise ValidationError(_("Choose one of the suggestions, or leave it as written."))
        return concept


class CorrectionForm(HistoryForm):
    """The same statement, said better; its list stays."""

    def __init__(self, *args: Any, item: HistoryItem, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "text": item.text,
            "concept": item.concept,
            "status": item.status,
            "onset_date": item.onset_date,
            "end_date": item.end_date,
            "asserted_by": item.asserted_by,
        }
        super().__init__(*args, **kwargs)
        del self.fields["kind"]


class EndForm(forms.Form):
    on = day(_("Over since"), required=True)
