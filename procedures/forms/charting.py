"""What the drawing sends: entries of the chart, the draft on its way, what is added later."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from procedures import catalogue
from procedures.domain import charts
from procedures.domain.charts import BadMarks
from procedures.models import Drawing, Lot, MarkShape, Session
from procedures.treatment import Given

MOST_ENTRIES = 200
LONGEST_DRAFT = 200_000  # characters
DRAFT_KEYS = {"entries", "note", "steps", "immediate"}
ZONES = {
    "forehead": gettext_lazy("Forehead"),
    "between-brows": gettext_lazy("Between the brows"),
    "right-eye": gettext_lazy("Around the right eye"),
    "left-eye": gettext_lazy("Around the left eye"),
    "nose": gettext_lazy("Nose"),
    "right-cheek": gettext_lazy("Right cheek"),
    "left-cheek": gettext_lazy("Left cheek"),
    "mouth": gettext_lazy("Around the mouth"),
    "right-jaw": gettext_lazy("Right jaw line"),
    "left-jaw": gettext_lazy("Left jaw line"),
    "chin": gettext_lazy("Chin"),
    "neck-right": gettext_lazy("Neck, right"),
    "neck-middle": gettext_lazy("Neck, middle"),
    "neck-left": gettext_lazy("Neck, left"),
    "decollete-right": gettext_lazy("Décolleté, right"),
    "decollete-middle": gettext_lazy("Décolleté, middle"),
    "decollete-left": gettext_lazy("Décolleté, left"),
    "right-hand": gettext_lazy("Back of the right hand"),
    "right-fingers": gettext_lazy("Fingers of the right hand"),
    "left-hand": gettext_lazy("Back of the left hand"),
    "left-fingers": gettext_lazy("Fingers of the left hand"),
    "scalp-front": gettext_lazy("Front of the scalp"),
    "crown": pgettext_lazy("head", "Crown"),
    "right-temple": gettext_lazy("Right temple"),
    "left-temple": gettext_lazy("Left temple"),
    "back-of-head": gettext_lazy("Back of the head"),
    "right-arm": gettext_lazy("Right arm"),
    "left-arm": gettext_lazy("Left arm"),
    "abdomen": gettext_lazy("Abdomen"),
    "front-of-thighs": gettext_lazy("Front of the thighs"),
    "front-of-legs": gettext_lazy("Front of the lower legs"),
    "back": pgettext_lazy("body", "Back"),
    "buttocks": gettext_lazy("Buttocks"),
    "back-of-thighs": gettext_lazy("Back of the thighs"),
    "back-of-legs": gettext_lazy("Back of the lower legs"),
}


class EntryForm(forms.Form):
    """One product with one technique on one drawing: its places, and how much in all."""

    lot = forms.ModelChoiceField(queryset=Lot.objects.none(), to_field_name="uuid")
    drawing = forms.ChoiceField(choices=Drawing)
    shape = forms.ChoiceField(choices=MarkShape)
    volume_ml = forms.DecimalField(max_digits=5, decimal_places=2, localize=False)
    depth_mm = forms.DecimalField(
        max_digits=3, decimal_places=1, required=False, min_value=0, max_value=13, localize=False
    )
    technique = forms.ChoiceField(choices=(), required=False)
    needle = forms.CharField(max_length=60, required=False)
    device = forms.CharField(max_length=80, required=False)

    def __init__(self, *args: Any, session: Session, marks: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.marks = marks
        lots, technique = self.fields["lot"], self.fields["technique"]
        if isinstance(lots, forms.ModelChoiceField):
            lots.queryset = Lot.objects.filter(uses__session=session)
        if isinstance(technique, forms.ChoiceField):
            known = [(one.id, str(one.label)) for one in catalogue.techniques()]
            technique.choices = [("", ""), *known]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        zone = said.get("shape") == MarkShape.ZONE
        try:
            said["marks"] = charts.checked(self.marks, zone=zone)
        except BadMarks as bad:
            raise forms.ValidationError(_("The places on the drawing are broken.")) from bad
        return said

    def given(self) -> Given:
        said = self.cleaned_data
        painted = said["shape"] == MarkShape.ZONE
        return Given(
            lot=said["lot"],
            zone=str(ZONES[charts.nearest(said["drawing"], said["marks"])]),
            volume_ml=said["volume_ml"],
            depth_mm=said["depth_mm"],
            points=None if painted else len(said["marks"]),
            technique=said["technique"],
            needle=said["needle"],
            device=said["device"],
            drawing=said["drawing"],
            shape=said["shape"],
            marks=said["marks"],
        )


class ChartForm(forms.Form):
    """Everything that was drawn, and the version of the draft it was drawn on."""

    entries = forms.JSONField(widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        self.lines: list[EntryForm] = []

    def clean_entries(self) -> object:
        said = self.cleaned_data["entries"]
        if not isinstance(said, list) or len(said) > MOST_ENTRIES:
            raise forms.ValidationError(_("The places on the drawing are broken."))
        self.lines = [self._line(entry) for entry in said]
        for line in self.lines:
            for field, words in line.errors.items():
                raise forms.ValidationError(
                    f"{field}: {words[0]}" if field in line.fields else words[0]
                )
        return said

    def given(self) -> list[Given]:
        return [line.given() for line in self.lines]

    def _line(self, entry: object) -> EntryForm:
        if not isinstance(entry, dict):
            raise forms.ValidationError(_("The places on the drawing are broken."))
        return EntryForm(entry, session=self.session, marks=entry.get("marks"))


class DraftForm(forms.Form):
    """The draft as the tablet keeps it; only its outline is checked, it is not on the record."""

    content = forms.JSONField()
    version = forms.IntegerField(min_value=0)

    def clean_content(self) -> object:
        said = self.cleaned_data["content"]
        broken = not isinstance(said, dict) or not set(said) <= DRAFT_KEYS
        if broken or len(json.dumps(said)) > LONGEST_DRAFT:
            raise forms.ValidationError(_("The places on the drawing are broken."))
        return said


class TakeBackForm(forms.Form):
    """Which entry was recorded by mistake."""

    injection = forms.IntegerField(widget=forms.HiddenInput)


class PutBackForm(forms.Form):
    """Which lot was laid out by mistake."""

    lot = forms.ModelChoiceField(queryset=Lot.objects.all(), to_field_name="uuid")


class AddendumForm(forms.Form):
    """A correction of a closed record."""

    text = forms.CharField(
        label=gettext_lazy("Correction or addition"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
