"""What was merged, with all that is needed to take it apart again."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models import Patient


class MergeQuerySet(models.QuerySet["Merge"]):
    def visible_to(self, user: User) -> MergeQuerySet:
        return self.all() if user.may(Permission.MERGE_PATIENTS) else self.none()

    def standing(self) -> MergeQuerySet:
        return self.filter(undone_at=None)


MergeManager = models.Manager.from_queryset(MergeQuerySet)


class Merge(models.Model):
    """Two charts became one: what moved, what was filled in, and what contradicts itself."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(help_text="Keys of the rows that moved, by rule.")
    newest = models.JSONField(help_text="The highest key of each table at that moment.")
    filled = models.JSONField(help_text="What the kept chart lacked: column, before, after.")
    links = models.JSONField(help_text="Keys of the links that were revoked.")
    contradictions = models.JSONField(help_text="Kinds of statements and ids of questions.")
    intake = models.UUIDField(
        null=True, help_text="The stricter of both answers. Empty means: nothing contradicted."
    )
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, help_text="Empty means: it stands.")
    undone_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: it stands."
    )

    objects = MergeManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at=None), name="merge_once"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__gte=F("merged_at"), undone_by__isnull=False),
                name="merge_undone_iff_by",
            ),
        ]

    def __str__(self) -> str:
        return f"Merge #{self.pk}"

    @property
    def cause(self) -> str:
        """How its task names it."""
        return f"merge:{self.uuid}"
