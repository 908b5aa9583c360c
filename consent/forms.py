"""Parses what people type and draw; the rules live in the use cases and in the database."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.ink import BrokenInk, Ink
from consent.models import ConsentDocumentQuerySet, ConsentState, PhotoUse
from consent.signing import Signature
from consent.text import Text

UNFINISHED = "unfinished"
YES_OR_NO = _("Answer with yes or no.")
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


class SignForm(forms.Form):
    """The patient's name, an answer per photo use, and the ink. Its words are the document's."""

    content_sha256 = forms.CharField(widget=forms.HiddenInput)
    ink = forms.CharField(required=False, widget=forms.HiddenInput)
    typed = forms.BooleanField(required=False)
    signer_name = forms.CharField(max_length=200)

    def __init__(self, *args: Any, text: Text, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers = [("yes", text.labels["yes"]), ("no", text.labels["no"])]
        for use in PhotoUse.values:
            self.fields[f"photo_{use}"] = forms.ChoiceField(
                label=text.labels[f"photo_{use}"],
                choices=answers,
                widget=forms.RadioSelect,
                error_messages=dict.fromkeys(("required", "invalid_choice"), YES_OR_NO),
            )
        name = self.fields["signer_name"]
        name.label = _("Your full name")
        name.error_messages["required"] = _("Write your full name.")
        name.widget.attrs["autocomplete"] = "name"
        self.fields["typed"].label = _("I cannot draw: my typed name is my signature")

    @property
    def photos(self) -> list[forms.BoundField]:
        return [self[f"photo_{use}"] for use in PhotoUse.values]

    def clean_ink(self) -> Ink | None:
        drawn = self.cleaned_data["ink"]
        if not drawn:
            return None
        try:
            return Ink.from_data(json.loads(drawn))
        except (BrokenInk, json.JSONDecodeError, RecursionError) as error:
            raise forms.ValidationError(_("The drawing did not arrive. Draw it again.")) from error

    def signature(self) -> Signature:
        data = self.cleaned_data
        return Signature(
            signer_name=data["signer_name"],
            photo_use={use: data[f"photo_{use}"] == "yes" for use in PhotoUse.values},
            ink=None if data["typed"] else data["ink"],
            typed=data["typed"],
        )


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
