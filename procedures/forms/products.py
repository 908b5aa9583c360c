"""Forms of the catalogue: a product as its leaflet describes it, and the lots on the shelf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.knowledge.loader import load
from procedures.domain.gs1 import NoCode, parse
from procedures.forms.calendar import DayInput
from procedures.forms.lines import Lines, filled, values
from procedures.models import IngredientRole, Lot, Product
from procedures.products import Ingredient, Leaflet

MAX_LINES = 40
SPARE_LINES = 3


def known_ingredients() -> list[str]:
    """The names a line may be linked to, for the pick list."""
    return sorted(one.name for one in load().ingredients.values())


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """What stands on the box and in the leaflet, but for the composition."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Product
        fields = [
            "name",
            "maker",
            "registration",
            "purpose",
            "intradermal",
            "monotherapy",
            "oil_emulsion",
            "unit_ml",
            "gtin",
        ]
        help_texts = {
            "intradermal": _("Unknown: nobody has read the leaflet yet, and a doctor must look."),
        }

    def clean_gtin(self) -> str:
        """The shorter numbers of a bar code are the same with zeros in front."""
        digits = "".join(str(self.cleaned_data["gtin"]).split())
        return digits.zfill(14) if digits else ""


class IngredientLine(forms.Form):
    """One line of the composition; an empty line is left out."""

    text = forms.CharField(label=_("Ingredient, as on the leaflet"), max_length=200, required=False)
    ingredient = forms.CharField(
        label=_("Known as"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "known-ingredients"}),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=IngredientRole, initial=IngredientRole.ACTIVE, required=False
    )
    concentration = forms.CharField(label=_("Concentration"), max_length=60, required=False)

    def clean_ingredient(self) -> str:
        """The knowledge's id of what was chosen; what is not known there stays empty."""
        name = str(self.cleaned_data["ingredient"]).strip().casefold()
        if not name:
            return ""
        for one in load().ingredients.values():
            if name in {one.name.casefold(), one.id.casefold()}:
                return one.id
        raise forms.ValidationError(
            _("The knowledge has no ingredient of this name. Choose one of the list, or none.")
        )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if not said.get("text") and (said.get("ingredient") or said.get("concentration")):
            self.add_error("text", _("Write the ingredient as it stands on the leaflet."))
        return said


Composition = forms.formset_factory(
    IngredientLine, extra=SPARE_LINES, max_num=MAX_LINES, absolute_max=MAX_LINES, validate_max=True
)


@dataclass(frozen=True, slots=True)
class ProductEditor:
    """A product's page of form: the leaflet, and its composition line by line."""

    form: ProductForm
    lines: Lines

    @classmethod
    def of(cls, product: Product | None) -> ProductEditor:
        """As it stands; empty for a new one."""
        if product is None:
            return cls(ProductForm(), Composition(prefix="lines"))
        names = {one.id: one.name for one in load().ingredients.values()}
        rows = [
            {
                "text": row.text,
                "ingredient": names.get(row.ingredient, row.ingredient),
                "role": row.role,
                "concentration": row.concentration,
            }
            for row in product.ingredients.order_by("role", "pk")
        ]
        form = ProductForm(instance=product, initial={"version": product.version})
        return cls(form, Composition(initial=rows, prefix="lines"))

    @classmethod
    def posted(cls, data: QueryDict, product: Product | None) -> ProductEditor:
        return cls(ProductForm(data, instance=product), Composition(data, prefix="lines"))

    def with_more_lines(self) -> ProductEditor:
        """The same, as typed, with a few empty lines below."""
        typed = filled(self.lines, "text", "ingredient", "concentration")
        lines = Composition(initial=typed, prefix="lines")
        return ProductEditor(ProductForm(initial=values(self.form)), lines)

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.lines.is_valid()])

    def leaflet(self) -> Leaflet:
        """The value the use case takes; raises NoComposition and the like."""
        said = self.form.cleaned_data
        return Leaflet(
            name=said["name"],
            maker=said["maker"],
            registration=said["registration"],
            intradermal=said["intradermal"],
            monotherapy=said["monotherapy"],
            oil_emulsion=said["oil_emulsion"],
            purpose=said["purpose"],
            unit_ml=said["unit_ml"],
            gtin=said["gtin"],
            ingredients=[
                Ingredient(
                    text=line["text"],
                    role=IngredientRole(line["role"] or IngredientRole.ACTIVE),
                    ingredient=line["ingredient"],
                    concentration=line["concentration"],
                )
                for line in self.lines.cleaned_data
                if line.get("text")
            ],
        )


class LotForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """A box that was delivered today: scanned, or typed as printed."""

    code = forms.CharField(
        label=_("Scan the box"),
        max_length=200,
        required=False,
        strip=False,
        help_text=_("The square code: lot and expiry are taken from it."),
    )

    class Meta:
        model = Lot
        fields = ["number", "expires_on", "units"]
        widgets = {"expires_on": DayInput()}

    field_order = ["code", "number", "expires_on", "units"]

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product = product
        for name in ("number", "expires_on"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if code := said.get("code", "").strip(" "):
            self._read(code, said)
        for name, words in (
            ("number", _("Enter the lot.")),
            ("expires_on", _("Enter the expiry.")),
        ):
            if not said.get(name) and name not in self.errors:
                self.add_error(name, words)
        return said

    def _read(self, code: str, said: dict[str, Any]) -> None:
        """The box wins over nothing, and is checked against what was typed."""
        try:
            scan = parse(code, on=timezone.localdate())
        except NoCode as bad:
            raise forms.ValidationError(_("This is no code of a medicine box.")) from bad
        if scan.gtin != self.product.gtin:
            raise forms.ValidationError(
                _("The code is of another product, or this product's GTIN is not entered yet.")
            )
        said["number"] = said.get("number") or scan.lot
        said["expires_on"] = said.get("expires_on") or scan.expires_on


class WasteForm(forms.Form):
    """Units that nobody can use any more."""

    units = forms.IntegerField(label=_("Units"), min_value=1, max_value=100_000)
    why = forms.CharField(label=_("Reason"), max_length=300)


class CountForm(forms.Form):
    """What somebody found on the shelf."""

    found = forms.IntegerField(label=_("Units found"), min_value=0, max_value=100_000)
    why = forms.CharField(label=_("Reason"), max_length=300)


class WithdrawForm(forms.Form):
    """Why a lot is taken out of use."""

    why = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("For example: recalled by the maker.")
    )
