"""What is chosen when a consent is offered. It parses; the rules live in consenting."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import LANGUAGES
from consent.models import Asked, ConsentRules, SignerRole
from procedures.consenting import Besides


class OfferForm(forms.Form):
    """The language is the button that was pressed; the rest is for those who need it."""

    language = forms.ChoiceField(choices=LANGUAGES)
    second = forms.ChoiceField(
        label=_("A second language beside it"),
        choices=[("", _("none")), *LANGUAGES],
        required=False,
    )
    price = forms.CharField(
        label=_("Price, as it is printed"),
        max_length=200,
        required=False,
        help_text=_("For example: 4 sessions at 2,000 each, paid session by session."),
    )
    signers = forms.MultipleChoiceField(
        label=_("Who else signs this time"),
        required=False,
        choices=SignerRole.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, rules: ConsentRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed = rules.signers(Asked.WHEN_NEEDED)
        signers = self.fields["signers"]
        if isinstance(signers, forms.MultipleChoiceField):
            signers.choices = [one for one in SignerRole.choices if one[0] in needed]
        if not needed:
            del self.fields["signers"]
        if not rules.price_line:
            del self.fields["price"]

    def besides(self) -> Besides:
        data = self.cleaned_data
        signers = tuple(data.get("signers", ()))
        return Besides(second=data["second"], price=data.get("price", ""), signers=signers)
