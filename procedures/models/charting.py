"""What is written beside a session's record: the chart on its way, and what was added later."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from procedures.models.treatment import Session


class SessionDraft(models.Model):
    """The chart as it is being drawn, kept so that a reload or a lost connection loses nothing."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="draft")
    content = models.JSONField(help_text="Entries, ticks and words that are not recorded yet.")
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"SessionDraft #{self.pk} v{self.version}"

    @property
    def unrecorded(self) -> bool:
        """Whether marks were set that are not on the record."""
        return bool(self.content.get("entries"))


class SessionAddendum(models.Model):
    """What was corrected or added after a session was closed; the record itself never changes."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField(_("correction or addition"), max_length=2000)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="sessionaddendum_says_something"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="sessionaddendum_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"SessionAddendum #{self.pk}"
