"""What somebody looks for in the ledger."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.messaging import receipts
from clinic.messaging.models import TROUBLED, Channel, MessageQuerySet, MessageState

NEEDS_SOMEBODY = "troubled"
FIRST = 50


class GatewayReport(forms.Form):
    """What our own gateway tells: what became of a key, or what a number has written."""

    key = forms.UUIDField(required=False)
    status = forms.CharField(required=False, max_length=40)
    sender = forms.CharField(required=False, max_length=20)
    text = forms.CharField(required=False, max_length=1600)

    def apply(self, *, at: datetime) -> None:
        told = self.cleaned_data
        if told["key"]:
            receipts.report(told["key"], told["status"], at=at)
        elif told["sender"]:
            receipts.hear(Channel.SMS, told["sender"], told["text"], at=at)


class LedgerFilter(forms.Form):
    """Parses the filter above the list; what makes no sense filters nothing."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Sent and due")),
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

    def applied(self, rows: MessageQuerySet, *, at: datetime) -> MessageQuerySet:
        """What was due, the newest first; what is only owed, the next first."""
        wanted = self.cleaned_data if self.is_valid() else {}
        if channel := wanted.get("channel"):
            rows = rows.filter(channel=channel)
        if day := wanted.get("day"):
            rows = rows.filter(due_at__date=day)
        if wanted.get("state") == MessageState.OWED:
            return rows.owed().order_by("due_at", "pk")
        if state := wanted.get("state"):
            rows = rows.filter(state__in=TROUBLED if state == NEEDS_SOMEBODY else [state])
        elif not day:
            rows = rows.filter(due_at__lte=at).exclude(state__in=TROUBLED)
        return rows.order_by("-due_at", "-pk")

    def first(self, rows: MessageQuerySet) -> MessageQuerySet:
        """Above everything else what needs somebody, unless something is looked for."""
        looked_for = self.is_valid() and (self.cleaned_data["state"] or self.cleaned_data["day"])
        if looked_for:
            return rows.none()
        return rows.troubled().order_by("-due_at", "-pk")[:FIRST]
