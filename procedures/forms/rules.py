"""The forms of the rulebook. They parse; what may change is decided in drafts."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from procedures.domain.changes import ChangeKind
from procedures.domain.outcomes import Outcome
from procedures.drafts import Wish

MOST_BYTES = 2 * 1024 * 1024
Choice = tuple[str, str | Promise]


class WishForm(forms.Form):
    """What shall hold for one rule. The choices are those the rule allows."""

    wish = forms.ChoiceField(label=_("From now on"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why, or where it comes from"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, rule: str, choices: Iterable[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        self.fields["wish"].choices = list(choices)  # type: ignore[attr-defined]

    def wanted(self) -> Wish:
        kind, _colon, outcome = self.cleaned_data["wish"].partition(":")
        return Wish(
            kind=ChangeKind(kind),
            rule=self.rule,
            outcome=Outcome(outcome) if outcome else None,
            reason=self.cleaned_data["reason"],
        )


class ProposeForm(forms.Form):
    """Why the whole draft; `seen` is the fingerprint of what was on the screen."""

    reason = forms.CharField(
        label=_("Reason for this version"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)


class CasesForm(forms.Form):
    """Cases as JSON Lines, pasted or from a file."""

    text = forms.CharField(
        label=_("Cases, one JSON object a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    file = forms.FileField(label=_("Or a file"), required=False)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        file = said.get("file")
        if file is not None and file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 2 MB."))
        if file is None and not (said.get("text") or "").strip():
            raise forms.ValidationError(_("Paste cases, or choose a file."))
        return said

    def lines(self) -> list[bytes]:
        """The file wins over what was pasted."""
        file = self.cleaned_data["file"]
        data: bytes = file.read() if file else self.cleaned_data["text"].strip().encode()
        return data.splitlines()
