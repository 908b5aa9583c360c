"""What a clinic changed about the rules: the draft, its lines, and every version that held."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from procedures.domain.changes import ChangeKind
from procedures.domain.outcomes import Outcome


class VersionQuerySet(models.QuerySet["RulebookVersion"]):
    def published_by_then(self, *, at: datetime) -> VersionQuerySet:
        return self.filter(published_at__lte=at)


VersionManager = models.Manager.from_queryset(VersionQuerySet)


class RulebookVersion(models.Model):
    """All that a clinic changed about the shipped rules, as it held from then on."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    changes = models.JSONField(help_text="All that hold, not only what is new in this version.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the changes.")
    knowledge = models.CharField(max_length=64, help_text="The shipped knowledge of that day.")
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sole_lead = models.BooleanField(help_text="The clinic had one clinical lead that day.")

    objects = VersionManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0), name="rulebookversion_numbered"),
            models.CheckConstraint(condition=~Q(reason=""), name="rulebookversion_has_reason"),
            models.CheckConstraint(
                condition=Q(sole_lead=True, proposed_by=F("published_by"))
                | (Q(sole_lead=False) & ~Q(proposed_by=F("published_by"))),
                name="rulebookversion_second_doctor_unless_sole",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="rulebookversion_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"RulebookVersion {self.number}"


class DraftQuerySet(models.QuerySet["RulebookDraft"]):
    def open(self) -> DraftQuerySet:
        return self.filter(closed_at=None)


DraftManager = models.Manager.from_queryset(DraftQuerySet)


class RulebookDraft(models.Model):
    """What the clinical leads are about to change. A clinic has one draft at a time."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    proposed_at = models.DateTimeField(null=True, help_text="Empty means: not proposed.")
    proposed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: not proposed.",
    )
    closed_at = models.DateTimeField(null=True, help_text="Empty means: open.")
    version = models.OneToOneField(
        RulebookVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="draft",
        help_text="Empty means: open, or given up.",
    )

    objects = DraftManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["closed_at"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="rulebookdraft_one_open",
            ),
            models.CheckConstraint(
                condition=Q(proposed_at=None, proposed_by=None)
                | (Q(proposed_at__isnull=False, proposed_by__isnull=False) & ~Q(reason="")),
                name="rulebookdraft_proposed_iff_by_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(version=None) | Q(closed_at__isnull=False),
                name="rulebookdraft_version_only_if_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"RulebookDraft #{self.pk}"


class DraftChange(models.Model):
    """One line of a draft: what shall hold for one rule or one word, and why."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    draft = models.ForeignKey(RulebookDraft, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in ChangeKind])
    rule = models.CharField(max_length=120, help_text="Knowledge id of the rule, or the concept.")
    outcome = models.CharField(
        max_length=30, blank=True, choices=[(one.value, one.value) for one in Outcome]
    )
    text = models.CharField(
        max_length=200, blank=True, help_text="The word that shall mean the concept."
    )
    reason = models.CharField(_("reason"), max_length=500)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="draftchange_has_reason"),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in ChangeKind]),
                name="draftchange_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["stricter", "relaxed"]) & ~Q(outcome="")
                | ~Q(kind__in=["stricter", "relaxed"]) & Q(outcome=""),
                name="draftchange_outcome_iff_stricter_or_relaxed",
            ),
            models.CheckConstraint(
                condition=Q(kind="synonym") & ~Q(text="") | ~Q(kind="synonym") & Q(text=""),
                name="draftchange_text_iff_synonym",
            ),
        ]

    def __str__(self) -> str:
        return f"DraftChange #{self.pk} {self.kind} {self.rule}"


class ClinicCase(models.Model):
    """A case with the answer the clinic expects: every draft of its rules has to keep it."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    name = models.CharField(max_length=120)
    case = models.JSONField(help_text="As `cases screening` reads it: id, facts, expected.")
    kept_at = models.DateTimeField()
    kept_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    dropped_at = models.DateTimeField(null=True, help_text="Empty means: it counts.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(dropped_at=None), name="cliniccase_once"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="cliniccase_has_name"),
        ]

    def __str__(self) -> str:
        return f"ClinicCase #{self.pk}"
