"""Parses what a lead writes into the clinic's wording; what is refused stands beside its field."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import LANGUAGES
from consent import glyphs
from consent.drafting import CODES, LONGEST_HEADING, Block, fault_of
from consent.models import WordingDraft

LONGEST = 20_000
HEADING, TEXT = _("Heading"), _("Text")


class BlockForm(forms.Form):
    """One part of the consent, in all languages side by side."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, draft: WordingDraft, key: str, **kwargs: Any) -> None:
        self.now = {code: draft.blocks[code][key] for code in CODES}
        initial: dict[str, Any] = {"version": draft.version}
        for code, block in self.now.items():
            initial[f"heading_{code}"] = block["heading"]
            initial[f"text_{code}"] = "\n\n".join(block["text"])
        super().__init__(*args, **(kwargs | {"initial": initial}))
        for code in CODES:
            area = forms.Textarea(attrs={"rows": 12, "lang": code, "spellcheck": "true"})
            self.fields[f"heading_{code}"] = forms.CharField(
                label=HEADING,
                max_length=LONGEST_HEADING,
                widget=forms.TextInput(attrs={"lang": code}),
            )
            self.fields[f"text_{code}"] = forms.CharField(
                label=TEXT, max_length=LONGEST, required=False, widget=area
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for code in CODES:
            text, heading = f"text_{code}", f"heading_{code}"
            block = Block(heading=data.get(heading, ""), text=data.get(text, ""))
            fault = fault_of(block, may_be_empty=not self.now[code]["text"])
            if text not in self.errors and fault:
                self.add_error(text, str(fault))
            if heading not in self.errors and (strange := glyphs.missing(block.heading)):
                words = _("These signs cannot be printed: %(signs)s")
                self.add_error(heading, words % {"signs": glyphs.named(strange)})
        return data

    def blocks(self) -> dict[str, Block]:
        data = self.cleaned_data
        return {
            code: Block(heading=data[f"heading_{code}"], text=data[f"text_{code}"])
            for code in CODES
        }

    @property
    def columns(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """Per language: its code, its name, its fields."""
        return [
            (code, str(name), [self[f"heading_{code}"], self[f"text_{code}"]])
            for code, name in LANGUAGES
        ]


class ProposeForm(forms.Form):
    """Why the wording changes, and that marked words were read."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why the wording changes"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    read = forms.BooleanField(
        label=_("I have read the marked words: they promise nothing"), required=False
    )
