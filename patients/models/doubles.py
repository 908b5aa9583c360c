"""Pairs of charts that may be of one person, and how far the search for them has come."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models.people import Patient


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    def visible_to(self, user: User) -> DuplicatePairQuerySet:
        return self.all() if user.may(Permission.REGISTER_PATIENTS) else self.none()

    def open(self) -> DuplicatePairQuerySet:
        """Nobody has said that they are two people, and both charts are still there."""
        both = Q()
        for side in ("first", "second"):
            both &= Q(**{f"{side}__merged_into": None, f"{side}__erased_at": None})
        return self.filter(both, dismissed_at=None)


DuplicatePairManager = models.Manager.from_queryset(DuplicatePairQuerySet)


class DuplicatePair(models.Model):
    """Two charts that look like one person's; somebody merges them or says that they are two."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    first = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    likeness = models.FloatField(help_text="Trigrams that both names share, 0 to 1.")
    same = models.JSONField(help_text="What is equal: birth_date, phone, email.")
    found_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True, help_text="Empty means: nobody has decided.")
    dismissed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: nobody has decided.",
    )

    objects = DuplicatePairManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicatepair_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicatepair_older_chart_first"
            ),
            models.CheckConstraint(
                condition=Q(dismissed_at=None, dismissed_by=None)
                | Q(dismissed_at__gte=F("found_at"), dismissed_by__isnull=False),
                name="duplicatepair_dismissed_iff_by",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-likeness", "id"],
                condition=Q(dismissed_at=None),
                name="duplicatepair_open",
            )
        ]

    def __str__(self) -> str:
        return f"DuplicatePair #{self.pk}"


class DuplicateSearch(models.Model):
    """How far the changes of charts were compared; there is one row."""

    event = models.BigIntegerField(default=0, help_text="Key of the last change looked at.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="duplicatesearch_is_one"),
            models.CheckConstraint(condition=Q(event__gte=0), name="duplicatesearch_not_negative"),
        ]

    def __str__(self) -> str:
        return f"DuplicateSearch up to {self.event}"
