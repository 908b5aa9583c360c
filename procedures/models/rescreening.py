"""Stored patients looked at again after the rules changed: the round, its shares, what differed."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from clinic.staff.models import User
from procedures.domain.outcomes import Decision
from procedures.models.plans import Screening
from procedures.models.rules import RulebookVersion


class Rescreening(models.Model):
    """One round over everybody whose last screening still counts, by the rules of one moment."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    rules = models.CharField(max_length=64, help_text="Version of the rules and settings.")
    version = models.ForeignKey(
        RulebookVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="rescreenings",
        help_text="Empty means: the clinic had changed nothing.",
    )
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: found by the round itself, after new knowledge or settings.",
    )
    total = models.PositiveIntegerField(null=True, help_text="Empty means: not counted yet.")
    finished_at = models.DateTimeField(null=True, help_text="Empty means: under way.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rules"], condition=Q(finished_at=None), name="rescreening_once_under_way"
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("started_at")),
                name="rescreening_finished_after_started",
            ),
        ]

    def __str__(self) -> str:
        return f"Rescreening #{self.pk}"


class ShareQuerySet(models.QuerySet["RescreeningShare"]):
    def free(self, *, at: datetime) -> ShareQuerySet:
        """Not finished, and nobody is working on it, or whoever was has gone."""
        waits = Q(leased_until=None) | Q(leased_until__lte=at)
        return self.filter(waits, finished_at=None)


ShareManager = models.Manager.from_queryset(ShareQuerySet)


class RescreeningShare(models.Model):
    """A stretch of stored screenings for one worker; up to `cursor` everything is done."""

    round = models.ForeignKey(Rescreening, on_delete=models.PROTECT, related_name="shares")
    first = models.BigIntegerField(help_text="Key of the first screening.")
    last = models.BigIntegerField(help_text="Key of the last screening.")
    cursor = models.BigIntegerField(help_text="Everything up to this key is done.")
    leased_until = models.DateTimeField(null=True, help_text="Empty means: nobody works on it.")
    looked_at = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    unsafe_sessions = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, help_text="Empty means: not finished.")

    objects = ShareManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "first"], name="rescreeningshare_once"),
            models.CheckConstraint(
                condition=Q(first__lte=F("last"), cursor__gte=F("first") - 1)
                & Q(cursor__lte=F("last")),
                name="rescreeningshare_cursor_inside",
            ),
        ]

    def __str__(self) -> str:
        return f"RescreeningShare #{self.pk}"


class Rescreened(models.Model):
    """A stored screening that the changed rules would decide differently, or for other reasons."""

    round = models.ForeignKey(Rescreening, on_delete=models.PROTECT, related_name="results")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="+")
    before = models.CharField(max_length=25, choices=[(d.value, d.value) for d in Decision])
    after = models.CharField(max_length=25, choices=[(d.value, d.value) for d in Decision])
    appeared = models.JSONField(help_text="Rules that now find something.")
    gone = models.JSONField(help_text="Rules that no longer do.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "screening"], name="rescreened_once"),
        ]

    def __str__(self) -> str:
        return f"Rescreened #{self.pk}"
