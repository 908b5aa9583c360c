"""What was merged, and can be taken apart again; whom two people erased, and what is left."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

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


MOST_YEARS = 200


class RetentionQuerySet(models.QuerySet["Retention"]):
    def years_now(self) -> int | None:
        """As it was set last; None: the clinic has not said."""
        newest = self.order_by("-set_at", "-pk").first()
        return newest.years if newest else None


RetentionManager = models.Manager.from_queryset(RetentionQuerySet)


class Retention(models.Model):
    """How long the law where the clinic works keeps a treatment record; the last row holds."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    years = models.PositiveSmallIntegerField(null=True, help_text="Empty means: unset again.")
    reason = models.CharField(max_length=300, help_text="Which law says so.")
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = RetentionManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="retention_has_reason"),
            models.CheckConstraint(
                condition=Q(years=None) | Q(years__gt=0, years__lte=MOST_YEARS),
                name="retention_years_sane",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="retention_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"Retention #{self.pk}"


class Basis(models.TextChoices):
    """Why somebody is erased. No free text: a name would stay in it."""

    LETTER = "letter", _("The patient asked in writing")
    IN_PERSON = "in-person", _("The patient asked at the clinic")
    GUARDIAN = "guardian", _("A guardian or representative asked")
    MISTAKE = "mistake", _("The chart was opened by mistake")


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def visible_to(self, user: User) -> ErasureQuerySet:
        return self.all() if user.may(Permission.ERASE_PATIENTS) else self.none()

    def waiting(self) -> ErasureQuerySet:
        """Asked for; nobody else has looked yet."""
        return self.filter(approved_at=None, cancelled_at=None)

    def locked(self) -> ErasureQuerySet:
        """Erased, and something had to stay."""
        return self.filter(approved_at__isnull=False, finished_at=None)

    def over(self, *, on: date) -> ErasureQuerySet:
        """What had to stay may go."""
        return self.locked().filter(locked_until__lte=on)


ErasureManager = models.Manager.from_queryset(ErasureQuerySet)


class Erasure(models.Model):
    """A patient is to be forgotten: one person asks, another one looks and approves."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="erasures")
    basis = models.CharField(max_length=12, choices=Basis)
    asked_on = models.DateField(help_text="When the clinic was asked.")
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, help_text="Empty means: not taken back.")
    approved_at = models.DateTimeField(null=True, help_text="Empty means: nothing was erased.")
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: nobody yet."
    )
    locked_until = models.DateField(
        null=True, help_text="What had to stay is locked until then. Empty means: nothing had to."
    )
    finished_at = models.DateTimeField(null=True, help_text="Empty means: something is still here.")
    gone = models.JSONField(default=dict, help_text="Rows by model.")

    objects = ErasureManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="erasure_basis_known"),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None)
                | Q(approved_at__gte=F("requested_at"), approved_by__isnull=False),
                name="erasure_approved_iff_by",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("requested_by")),
                name="erasure_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(approved_at=None),
                name="erasure_cancelled_or_approved",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("approved_at")),
                name="erasure_finished_after_approved",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(cancelled_at=None), name="erasure_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure #{self.pk}"

    @property
    def waits(self) -> bool:
        return self.approved_at is None and self.cancelled_at is None

    @property
    def cause(self) -> str:
        """How its task names it."""
        return f"erasure:{self.uuid}"
