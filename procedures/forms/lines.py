"""Forms with as many lines as are needed, that grow without JavaScript and keep what was typed."""

from typing import Any, TypeAlias

from django import forms
from django.forms import BaseFormSet

MORE = "more"  # the name of the button that asks for more lines
Lines: TypeAlias = "BaseFormSet[Any]"  # no generics at run time


def values(form: forms.BaseForm) -> dict[str, Any]:
    """What stands in the fields, valid or not."""
    return {name: form[name].value() for name in form.fields}


def filled(lines: Lines, *names: str) -> list[dict[str, Any]]:
    """The lines in which something was typed into one of these fields, as typed."""
    typed = [values(line) for line in lines]
    return [line for line in typed if any(line[name] for name in names)]
