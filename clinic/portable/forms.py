"""What is typed where lists and exports of elsewhere come in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.portable import columns
from clinic.portable.models import ImportRun, ListKind
from clinic.portable.papers import Choice
from clinic.staff.models import Location, User
from consent.models import ConsentState
from procedures.models import Product

SEALED_ONCE = {ConsentState.SEALED, ConsentState.SUPERSEDED, ConsentState.WITHDRAWN}


class UploadForm(forms.Form):
    """A list, what its rows are, and where it comes from."""

    file = forms.FileField(
        label=_("List"), help_text=_("CSV with a first line of headings, at most 20 MB.")
    )
    kind = forms.ChoiceField(label=_("What the rows are"), choices=ListKind.choices)
    system = forms.CharField(
        label=_("Where it comes from"),
        max_length=60,
        help_text=_("Always the same name for the same source: identifiers belong to it."),
    )
    location = forms.ModelChoiceField(label=_("Location"), queryset=Location.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = self.fields["location"]
        assert isinstance(places, forms.ModelChoiceField)  # noqa: S101  as declared above
        places.queryset = Location.objects.visible_to(user).in_use().order_by("name")
        places.initial = user.location


class ArchiveForm(forms.Form):
    """What a clinic of this kind exported."""

    file = forms.FileField(
        label=_("Export"), help_text=_("The ZIP of a patient or of a whole clinic.")
    )


class ColumnsForm(forms.Form):
    """Which column of the list means what."""

    def __init__(
        self, *args: Any, run: ImportRun, headings: tuple[str, ...], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("not in this list")), *((one, one) for one in headings if one)]
        for meaning in columns.MEANINGS[run.kind]:
            self.fields[meaning.key] = forms.ChoiceField(
                label=str(meaning.label),
                choices=choices,
                required=meaning.needed,
                initial=run.columns.get(meaning.key, ""),
            )

    def chosen(self) -> dict[str, str]:
        return {key: column for key, column in self.cleaned_data.items() if column}


class Treating(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generics at run time
    def label_from_instance(self, obj: User) -> str:
        return obj.full_name


class Named(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generics at run time
    def label_from_instance(self, obj: Product) -> str:
        return obj.name


class ConsentChoiceForm(forms.Form):
    """Which sealed consents; what stays empty narrows nothing."""

    since = forms.DateField(
        label=_("Sealed from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Sealed to"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            *((one.value, one.label) for one in ConsentState if one in SEALED_ONCE),
        ],
    )
    practitioner = Treating(
        label=_("Who treated or countersigned"),
        required=False,
        queryset=User.objects.order_by("full_name", "pk"),
    )
    product = Named(
        label=_("Product"), required=False, queryset=Product.objects.order_by("name", "pk")
    )
    lot = forms.CharField(label=_("Lot number"), required=False, max_length=60)
    patient = forms.IntegerField(label=_("Patient number"), required=False, min_value=1)

    def choice(self) -> Choice:
        said = self.cleaned_data
        return Choice(
            since=said["since"],
            until=said["until"],
            state=said["state"],
            patient=said["patient"],
            product=said["product"].name if said["product"] else "",
            lot=said["lot"],
            practitioner=said["practitioner"].email if said["practitioner"] else "",
        )
