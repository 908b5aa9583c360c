"""Days as people type them."""

from django import forms
from django.utils.translation import gettext_lazy as _

FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y"]
WRONG = _("This is not a date. Type it as day, month, year: 17.05.1990.")


def birth_date() -> forms.DateField:
    """Typed, not picked: nobody turns a calendar back for forty years."""
    return forms.DateField(
        label=_("Date of birth"),
        input_formats=FORMATS,
        widget=forms.DateInput(
            format="%d.%m.%Y", attrs={"placeholder": "17.05.1990", "autocomplete": "off"}
        ),
        error_messages={"invalid": WRONG},
    )


def day(label: object, *, required: bool = False, help_text: object = "") -> forms.DateField:
    """A day of these years, with the browser's calendar."""
    return forms.DateField(
        label=label,  # type: ignore[arg-type]
        required=required,
        help_text=help_text,  # type: ignore[arg-type]
        input_formats=FORMATS,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": WRONG},
    )
