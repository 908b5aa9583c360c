"""What somebody looks for in the ledger."""

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.messaging.models import TROUBLED, Channel, MessageQuerySet, MessageState

NEEDS_SOMEBODY = "troubled"


class LedgerFilter(forms.Form):
    """Parses the filter above the list; what makes no sense filters nothing."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            (NEEDS_SOMEBODY, _("Needs somebody")),
            *MessageState.choices,
        ],
    )
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, choices=[("", _("All")), *Channel.choices]
    )
    day = forms.DateField(
        label=_("Due on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def applied(self, rows: MessageQuerySet) -> MessageQuerySet:
        wanted = self.cleaned_data if self.is_valid() else {}
        if state := wanted.get("state"):
            rows = rows.filter(state__in=TROUBLED if state == NEEDS_SOMEBODY else [state])
        if channel := wanted.get("channel"):
            rows = rows.filter(channel=channel)
        if day := wanted.get("day"):
            rows = rows.filter(due_at__date=day)
        return rows
