"""What patients do about their visits by themselves, on their own page."""

from __future__ import annotations

from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from procedures.models.calendar import Appointment


class ChangeKind(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed by the patient")
    MOVED = "moved", _("Moved by the patient")
    CANCELLED = "cancelled", _("Cancelled by the patient")
    ASKS_TO_MOVE = "asks-to-move", _("The patient asks for another time")
    ASKS_TO_CANCEL = "asks-to-cancel", _("The patient asks to cancel")


WISHES = [ChangeKind.ASKS_TO_MOVE, ChangeKind.ASKS_TO_CANCEL]


class DayPart(models.TextChoices):
    """When it would suit; words of its own, so that nobody writes about health here."""

    ANY = "any", _("at any time of the day")
    MORNING = "morning", _("in the morning")
    AFTERNOON = "afternoon", _("in the afternoon")
    EVENING = "evening", _("in the evening")


class VisitChange(models.Model):
    """One press of a patient on their own page: what it changed, or what it asks for."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="self_made")
    kind = models.CharField(max_length=15, choices=ChangeKind)
    before = models.DateTimeField(help_text="When the visit was to start until then.")
    part = models.CharField(
        max_length=10, choices=DayPart, blank=True, help_text="Empty means: asks for no time."
    )
    not_before = models.DateField(null=True, help_text="Empty means: from now on.")
    made_at = models.DateTimeField()
    link_uuid = models.UUIDField(help_text="The link by which the patient came.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ChangeKind.values), name="visitchange_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(part="", not_before=None) | Q(kind=ChangeKind.ASKS_TO_MOVE),
                name="visitchange_wish_only_if_asked",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="visitchange_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"VisitChange #{self.pk} {self.kind}"
