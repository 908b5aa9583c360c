"""Forms of the treatment room."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.knowledge.loader import load
from procedures import catalogue
from procedures.domain.gs1 import NoCode, parse
from procedures.models import Lot, Session
from procedures.treatment import Given, Seen

IN_THE_ROOM = {"session", "safety"}  # stages of the knowledge's steps


class LotField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generics at run time
    """Lots with product and expiry date; an expired one is shown and refused with a sentence."""

    def label_from_instance(self, obj: Lot) -> str:
        return f"{obj.product.name}, {obj.number} ({formats.date_format(obj.expires_on, 'j E Y')})"


class PrepareForm(forms.Form):
    """Which lot is laid out, and when its unit was opened today."""

    code = forms.CharField(label=_("Scan the box"), max_length=200, required=False, strip=False)
    lot = LotField(
        queryset=Lot.objects.none(),
        to_field_name="uuid",
        label=_("or pick the lot"),
        required=False,
    )
    units = forms.IntegerField(
        label=_("Units"), min_value=1, max_value=99, initial=1, required=False
    )
    opened = forms.TimeField(
        label=_("Opened at"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        planned = session.course.plan.products.values("product")
        lots = Lot.objects.filter(product__in=planned, withdrawn_at=None).select_related("product")
        self.lots = lots
        field = self.fields["lot"]
        if isinstance(field, LotField):
            field.queryset = lots.order_by("product__name", "expires_on", "pk")

    def clean_units(self) -> int:
        return self.cleaned_data["units"] or 1

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if code := said.get("code", "").strip(" "):
            said["lot"] = self._scanned(code)
        elif said.get("lot") is None and "lot" not in self.errors:
            self.add_error("lot", _("Scan the box or pick the lot."))
        return said

    def _scanned(self, code: str) -> Lot:
        """The lot on our shelf that the box names, if both say the same of it."""
        try:
            scan = parse(code, on=timezone.localdate())
        except NoCode as bad:
            raise forms.ValidationError(_("This is no code of a medicine box.")) from bad
        lot = self.lots.filter(product__gtin=scan.gtin, number=scan.lot).first()
        if lot is None:
            raise forms.ValidationError(
                _("No lot %(lot)s of a planned product was received. Receive it under Products.")
                % {"lot": scan.lot}
            )
        if scan.expires_on and scan.expires_on != lot.expires_on:
            raise forms.ValidationError(
                _("The box says another expiry date than our stock. Check both before it is used.")
            )
        return lot

    def opened_at(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The hour that was typed, on the day of `at`."""
        hour: time = self.cleaned_data["opened"]
        return datetime.combine(at.astimezone(zone).date(), hour, zone)


class InjectForm(forms.Form):
    """One product in one zone."""

    lot = LotField(queryset=Lot.objects.none(), to_field_name="uuid", label=_("Product and lot"))
    zone = forms.CharField(label=_("Zone"), max_length=60)
    volume_ml = forms.DecimalField(
        label=_("Volume, ml"), max_digits=5, decimal_places=2, min_value=0, localize=False
    )
    depth_mm = forms.DecimalField(
        label=_("Depth, mm"),
        max_digits=3,
        decimal_places=1,
        required=False,
        min_value=0,
        max_value=13,
    )
    points = forms.IntegerField(label=_("Points"), required=False, min_value=1, max_value=2000)

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lots = Lot.objects.filter(uses__session=session).select_related("product")
        field = self.fields["lot"]
        if isinstance(field, LotField):
            field.queryset = lots.order_by("product__name", "pk")

    def given(self) -> Given:
        return Given(
            lot=self.cleaned_data["lot"],
            zone=self.cleaned_data["zone"],
            volume_ml=self.cleaned_data["volume_ml"],
            depth_mm=self.cleaned_data["depth_mm"],
            points=self.cleaned_data["points"],
        )


class CompleteForm(forms.Form):
    """What was done and seen."""

    note = forms.CharField(
        label=_("What was done and seen, immediate reactions"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    steps = forms.MultipleChoiceField(
        label=_("Steps of the procedure"), widget=forms.CheckboxSelectMultiple, required=False
    )
    immediate = forms.MultipleChoiceField(
        label=_("Seen at once"), widget=forms.CheckboxSelectMultiple, required=False
    )
    next_agreed = forms.BooleanField(
        label=_("The patient knows the day of the next session"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        known = load().pre_procedure.values()
        steps = [(one.id, one.step.in_(language)) for one in known if one.stage in IN_THE_ROOM]
        signs = [(one.id, one.name.in_(language)) for one in catalogue.signs()]
        for name, choices in (("steps", steps), ("immediate", signs)):
            field = self.fields[name]
            if isinstance(field, forms.MultipleChoiceField):
                field.choices = choices

    def seen(self) -> Seen:
        return Seen(
            steps=tuple(self.cleaned_data["steps"]),
            immediate=tuple(self.cleaned_data["immediate"]),
            next_agreed=self.cleaned_data["next_agreed"],
        )
