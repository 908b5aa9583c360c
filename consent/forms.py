"""Parses what people type and draw; the rules live in the use cases and in the database."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.models import Asked, ConsentDocumentQuerySet, ConsentState
from consent.policy import Wish

UNFINISHED = "unfinished"
LARGEST_FILE = 5 * 1024 * 1024
TOO_LARGE = _("This file is larger than 5 MB. A consent of ours is much smaller.")


class FilterForm(forms.Form):
    """Which documents to show or to export."""

    state = forms.ChoiceField(label=_("State"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state = self.fields["state"]
        assert isinstance(state, forms.ChoiceField)  # noqa: S101  tells mypy what stands above
        state.choices = [
            ("", _("All")),
            (UNFINISHED, _("Not finished")),
            *ConsentState.choices,
        ]

    def applied(self, rows: ConsentDocumentQuerySet) -> ConsentDocumentQuerySet:
        """A filter that makes no sense filters nothing out, and says so beside the field."""
        chosen = self.cleaned_data if self.is_valid() else {}
        if state := chosen.get("state"):
            rows = rows.unfinished() if state == UNFINISHED else rows.filter(state=state)
        if since := chosen.get("since"):
            rows = rows.filter(created_at__date__gte=since)
        if until := chosen.get("until"):
            rows = rows.filter(created_at__date__lte=until)
        return rows


class ReasonForm(forms.Form):
    """A few words of why."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class OptionalReasonForm(forms.Form):
    """A patient who takes a consent back owes no reason."""

    reason = forms.CharField(
        label=_("Reason, if the patient wants to give one"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AnswerForm(forms.Form):
    """What whoever treats says to a question of the patient."""

    answer = forms.CharField(
        label=_("Your answer, or what you said when you talked"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RulesForm(forms.Form):
    """What a location decides about its consents; whatever stays empty is left open."""

    after = forms.IntegerField(required=False, widget=forms.HiddenInput)
    valid_months = forms.IntegerField(
        label=_("A consent holds for so many months"),
        required=False,
        min_value=1,
        max_value=120,
        help_text=_("Empty: until the plan changes or the patient takes it back."),
    )
    valid_sessions = forms.IntegerField(
        label=_("and for so many sessions"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=_("Empty: for all sessions it names."),
    )
    guardian = forms.ChoiceField(
        label=_("A guardian or legal representative signs too"),
        required=False,
        choices=Asked.choices,
    )
    interpreter = forms.ChoiceField(
        label=_("An interpreter signs too"), required=False, choices=Asked.choices
    )
    witness = forms.ChoiceField(
        label=_("A witness signs too"), required=False, choices=Asked.choices
    )
    price_line = forms.BooleanField(label=_("The price stands in the consent"), required=False)

    def wish(self) -> Wish:
        data = self.cleaned_data
        return Wish(**{name: value for name, value in data.items() if name != "after"})


class VerifyForm(forms.Form):
    """A sealed file, or the code on a paper copy."""

    file = forms.FileField(
        label=_("The PDF file"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )
    code = forms.CharField(
        label=_("Or the code printed on each page"),
        required=False,
        max_length=40,
        help_text=_("For example 1A2B-3C4D-5E6F-7A8B"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if file := data.get("file"):
            if file.size > LARGEST_FILE:
                self.add_error("file", TOO_LARGE)
        elif not data.get("code") and not self.errors:
            raise forms.ValidationError(_("Choose a file or type a code."))
        return data
