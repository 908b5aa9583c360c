"""Parses what whoever signs types, chooses and draws; the rules live in the use cases."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.comprehension import Question
from consent.further import FurtherMark
from consent.ink import BrokenInk, Ink
from consent.models import PhotoUse, SignerRole
from consent.signing import Signature
from consent.text import Text

YES_OR_NO = _("Answer with yes or no.")


class MarkForm(forms.Form):
    """A name, and ink or the will to type."""

    content_sha256 = forms.CharField(widget=forms.HiddenInput)
    ink = forms.CharField(required=False, widget=forms.HiddenInput)
    typed = forms.BooleanField(required=False)
    signer_name = forms.CharField(max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["signer_name"]
        name.label = _("Your full name")
        name.error_messages["required"] = _("Write your full name.")
        name.widget.attrs["autocomplete"] = "name"
        self.fields["typed"].label = _("I cannot draw: my typed name is my signature")

    def clean_ink(self) -> Ink | None:
        drawn = self.cleaned_data["ink"]
        if not drawn:
            return None
        try:
            return Ink.from_data(json.loads(drawn))
        except (BrokenInk, json.JSONDecodeError, RecursionError) as error:
            raise forms.ValidationError(_("The drawing did not arrive. Draw it again.")) from error

    def mark(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "signer_name": data["signer_name"],
            "ink": None if data["typed"] else data["ink"],
            "typed": data["typed"],
        }


class SignForm(MarkForm):
    """The patient's mark with an answer per photo use. Its words are the document's."""

    def __init__(self, *args: Any, text: Text, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers = [("yes", text.labels["yes"]), ("no", text.labels["no"])]
        for use in PhotoUse.values:
            self.fields[f"photo_{use}"] = forms.ChoiceField(
                label=text.labels[f"photo_{use}"],
                help_text=text.beside.labels[f"photo_{use}"] if text.beside else "",
                choices=answers,
                widget=forms.RadioSelect,
                error_messages=dict.fromkeys(("required", "invalid_choice"), YES_OR_NO),
            )

    @property
    def photos(self) -> list[forms.BoundField]:
        return [self[f"photo_{use}"] for use in PhotoUse.values]

    def signature(self) -> Signature:
        data = self.cleaned_data
        photo_use = {use: data[f"photo_{use}"] == "yes" for use in PhotoUse.values}
        return Signature(photo_use=photo_use, **self.mark())


class FurtherForm(MarkForm):
    """Somebody else signs, and says as what."""

    relation = forms.CharField(
        label=_("Who you are: your relation to the patient, or the language you speak"),
        max_length=200,
        required=False,
    )

    def further(self, role: SignerRole) -> FurtherMark:
        return FurtherMark(role=role, relation=self.cleaned_data["relation"], **self.mark())


class CheckForm(forms.Form):
    """The questions on this plan; each may stay open."""

    def __init__(
        self, *args: Any, questions: tuple[Question, ...], given: Mapping[str, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions, self.given = questions, given
        for question in questions:
            self.fields[question.key] = forms.TypedChoiceField(
                label=question.text,
                choices=list(enumerate(question.options)),
                coerce=int,
                empty_value=None,
                required=False,
                initial=given.get(question.key),
                widget=forms.RadioSelect,
            )

    @property
    def rows(self) -> list[tuple[Question, forms.BoundField, bool | None]]:
        """Each question with its field, and whether the last answer was right; None: not yet."""
        return [(one, self[one.key], self._verdict(one)) for one in self.questions]

    def _verdict(self, question: Question) -> bool | None:
        answer = self.given.get(question.key)
        return None if answer is None else answer == question.right

    def chosen(self) -> dict[str, int]:
        return {key: answer for key, answer in self.cleaned_data.items() if answer is not None}


class QuestionForm(forms.Form):
    """The patient asks whoever treats."""

    question = forms.CharField(
        label=_("Your question"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write your question.")},
    )
