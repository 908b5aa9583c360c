"""Which decisions against findings are listed."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from patients.forms.dates import day
from procedures.models import Override


class OverrideFilter(forms.Form):
    """Everything may stay empty; what cannot be read is told and filters nothing."""

    since = day(_("From"))
    until = day(_("To"))
    rule = forms.CharField(label=_("Rule"), required=False, max_length=160)
    doctor = forms.ModelChoiceField(
        queryset=User.objects.none(),
        to_field_name="uuid",
        label=_("Decided by"),
        required=False,
        empty_label=_("Everybody"),
    )

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        field = self.fields["doctor"]
        if isinstance(field, forms.ModelChoiceField):
            deciders = Override.objects.values("made_by")
            field.queryset = User.objects.filter(pk__in=deciders).order_by("full_name", "pk")

    def wanted(self) -> Q:
        """Whole days of the clinic; words of a rule's code or of its label."""
        self.is_valid()
        said = self.cleaned_data
        chosen = Q()
        if since := said.get("since"):
            chosen &= Q(made_at__gte=datetime.combine(since, time(), self.zone))
        if until := said.get("until"):
            end = datetime.combine(until + timedelta(days=1), time(), self.zone)
            chosen &= Q(made_at__lt=end)
        if rule := said.get("rule"):
            chosen &= Q(rule__icontains=rule) | Q(label__icontains=rule)
        if doctor := said.get("doctor"):
            chosen &= Q(made_by=doctor)
        return chosen
