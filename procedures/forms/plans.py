"""Forms of a plan. They parse and pre-fill; the rules live in plans, screening and the database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Location, User
from clinic.staff.roles import Permission
from patients.models import Area
from procedures import catalogue
from procedures.forms.calendar import PractitionerField
from procedures.forms.lines import Lines, filled, values
from procedures.models import Plan, PlanProduct, Product, TestResult
from procedures.plans import Intent

MAX_PRODUCTS = 6
SPARE_LINES = 2
WEEK = 7


def _in_language(entry: Any) -> str:
    return str(entry.label.in_(get_language() or "en"))


class IndicationForm(forms.Form):
    """What is to be treated; the usual course for it fills the rest."""

    indication = forms.ChoiceField(label=_("What is to be treated"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["indication"]
        if isinstance(field, forms.ChoiceField):
            known = [(one.id, _in_language(one)) for one in catalogue.indications()]
            field.choices = [("", _("Choose")), *sorted(known, key=lambda one: one[1])]


class PlanForm(forms.Form):
    """What is intended, but for the products."""

    indication = forms.CharField(widget=forms.HiddenInput)
    protocol = forms.ChoiceField(label=_("Protocol"), required=False)
    area = forms.ChoiceField(label=_("Area"), choices=Area)
    technique = forms.ChoiceField(label=_("Technique"))
    sessions = forms.IntegerField(label=_("Number of sessions"), min_value=1, max_value=30)
    interval_days = forms.IntegerField(
        label=_("Days between sessions"), min_value=WEEK, max_value=365
    )
    practitioner = PractitionerField()
    location = forms.ModelChoiceField(
        queryset=Location.objects.none(), to_field_name="uuid", label=_("Where")
    )
    goal = forms.CharField(
        label=_("Goal"), max_length=500, help_text=_("In the patient's words; the consent says it.")
    )
    pain_relief = forms.CharField(
        label=_("Pain relief"),
        max_length=200,
        required=False,
        help_text=_("Cream or injection by name; empty: none. It is screened like a product."),
    )
    allergy_test_required = forms.BooleanField(
        label=_("Allergy test of every product before session 1"), required=False
    )
    other_conditions = forms.CharField(
        label=_("Other conditions"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What else is agreed, one a line; printed in the consent."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        indication = str(self["indication"].value() or "")
        protocols = [(one.id, _in_language(one)) for one in catalogue.protocols_for(indication)]
        techniques = [(one.id, _in_language(one)) for one in catalogue.techniques()]
        choices: dict[str, list[tuple[str, Any]]] = {
            "protocol": [*protocols, ("", _("None of them"))],
            "technique": [("", _("Choose")), *techniques],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = offered
        place = self.fields["location"]
        if isinstance(place, forms.ModelChoiceField):
            place.queryset = Location.objects.in_use().order_by("name", "pk")


class ProductField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generics at run time
    """Products in use, each with its maker; what cannot pass the screening says so."""

    def __init__(self, **options: Any) -> None:
        products = Product.objects.in_use().order_by("name", "pk")
        options = {"to_field_name": "uuid", "empty_label": _("Choose"), **options}
        super().__init__(queryset=products, **options)

    def label_from_instance(self, obj: Product) -> str:
        shown = f"{obj.name}, {obj.maker}"
        return shown if obj.registration else f"{shown} ({_('not registered')})"


class PlanLine(forms.Form):
    """One product with what is meant for one session; an empty line is left out."""

    product = ProductField(label=_("Product"), required=False)
    volume_ml = forms.DecimalField(
        label=_("Volume per session, ml"),
        max_digits=5,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=Decimal(50),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("product") and said.get("volume_ml") is None and "volume_ml" not in self.errors:
            self.add_error("volume_ml", _("How much in one session?"))
        if said.get("volume_ml") and not said.get("product") and "product" not in self.errors:
            self.add_error("product", _("Which product?"))
        return said


PlanLines = forms.formset_factory(
    PlanLine,
    extra=SPARE_LINES,
    max_num=MAX_PRODUCTS,
    absolute_max=MAX_PRODUCTS,
    validate_max=True,
)


@dataclass(frozen=True, slots=True)
class PlanEditor:
    """A plan's page of form: what is intended, and the products line by line."""

    form: PlanForm
    lines: Lines

    @classmethod
    def of(cls, plan: Plan) -> PlanEditor:
        """As it stands, to be revised."""
        copied = [name for name in PlanForm.base_fields if name not in {"practitioner", "location"}]
        initial = {name: getattr(plan, name) for name in copied}
        initial |= {"practitioner": plan.practitioner.uuid, "location": plan.location.uuid}
        rows = PlanProduct.objects.filter(plan=plan).select_related("product")
        lines = [
            {"product": row.product.uuid, "volume_ml": row.volume_ml}
            for row in rows.order_by("product__name", "pk")
        ]
        return cls(PlanForm(initial=initial), PlanLines(initial=lines, prefix="lines"))

    @classmethod
    def usual(cls, indication: str, user: User) -> PlanEditor:
        """The usual course for it, where the knowledge has one."""
        place = user.location or Location.objects.in_use().order_by("name", "pk").first()
        initial = _course_of(indication) | {
            "area": Area.FACE,
            "location": place.uuid if place else None,
            "practitioner": user.uuid if user.may(Permission.TREAT) else None,
        }
        return cls(PlanForm(initial=initial), PlanLines(prefix="lines"))

    @classmethod
    def posted(cls, data: QueryDict) -> PlanEditor:
        return cls(PlanForm(data), PlanLines(data, prefix="lines"))

    def with_more_lines(self) -> PlanEditor:
        """The same, as typed, with an empty line or two below."""
        typed = filled(self.lines, "product", "volume_ml")
        lines = PlanLines(initial=typed, prefix="lines")
        return PlanEditor(PlanForm(initial=values(self.form)), lines)

    def treating(self, indication: str) -> PlanEditor:
        """The same for something else, with the usual course for that."""
        initial = values(self.form) | _course_of(indication)
        return PlanEditor(PlanForm(initial=initial), self.lines)

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.lines.is_valid()])

    def intent(self) -> Intent:
        """The value the use case takes; raises NoProducts and the like."""
        products = [
            (line["product"], line["volume_ml"])
            for line in self.lines.cleaned_data
            if line.get("product")
        ]
        return Intent(products=products, **self.form.cleaned_data)


def _course_of(indication: str) -> dict[str, Any]:
    protocol = catalogue.protocol_for(indication)
    band = catalogue.band(protocol.id if protocol else "", indication)
    return {
        "indication": indication,
        "protocol": protocol.id if protocol else "",
        "sessions": band.sessions_min,
        "interval_days": band.least_days,
    }


class SignOffForm(forms.Form):
    """What the doctor found."""

    examination = forms.CharField(
        label=_("Examination"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What you saw and asked, and why this plan suits this patient."),
    )


class DecideForm(forms.Form):
    """Against which finding somebody decides, and why."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=160)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The patient reads it in the consent: name no diagnosis that is not theirs."),
    )


class ApplyForm(forms.Form):
    """Where a product is tried on the skin."""

    product = ProductField(label=_("Product"))
    site = forms.CharField(
        label=_("Where on the skin"), max_length=80, help_text=_("For example: left forearm.")
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["product"]
        if isinstance(field, ProductField):
            planned = plan.products.values("product")
            field.queryset = Product.objects.filter(pk__in=planned).order_by("name", "pk")


class ReadForm(forms.Form):
    """What the skin shows."""

    result = forms.ChoiceField(
        label=_("What does the skin show?"), choices=TestResult, widget=forms.RadioSelect
    )
