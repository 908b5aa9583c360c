"""What the clinic is about to say otherwise in its consents, until somebody publishes it."""

from __future__ import annotations

from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User


class WordingDraftQuerySet(models.QuerySet["WordingDraft"]):
    def open(self) -> WordingDraftQuerySet:
        return self.filter(closed_at=None)

    def published(self) -> WordingDraftQuerySet:
        return self.filter(published_as__isnull=False)


WordingDraftManager = models.Manager.from_queryset(WordingDraftQuerySet)


class WordingDraft(models.Model):
    """The blocks of all languages as the leads write them; one at a time. Published, it stays as
    the record of who wanted that version and who agreed."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    based_on = models.PositiveSmallIntegerField(help_text="The version it began from.")
    blocks = models.JSONField(help_text="Heading and paragraphs, by language and block key.")
    version = models.PositiveIntegerField(default=1, help_text="Counts what was written.")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True, help_text="Empty means: not proposed.")
    proposed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: not proposed.",
    )
    closed_at = models.DateTimeField(null=True, help_text="Empty means: open.")
    published_as = models.PositiveSmallIntegerField(
        null=True, unique=True, help_text="The version it became. Empty: open, or given up."
    )
    published_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: open, or given up.",
    )
    sole_lead = models.BooleanField(default=False, help_text="Nobody else could agree to it.")

    objects = WordingDraftManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["closed_at"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="wordingdraft_one_open",
            ),
            models.CheckConstraint(
                condition=Q(proposed_at=None, proposed_by=None)
                | (Q(proposed_at__isnull=False, proposed_by__isnull=False) & ~Q(reason="")),
                name="wordingdraft_proposed_iff_by_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(published_as=None, published_by=None)
                | Q(
                    published_as__isnull=False,
                    published_by__isnull=False,
                    proposed_at__isnull=False,
                    closed_at__isnull=False,
                ),
                name="wordingdraft_published_iff_by_once_proposed",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="wordingdraft_closed_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.closed_at IS NOT NULL"),
            ),
            pgtrigger.Protect(name="wordingdraft_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"WordingDraft #{self.pk}"
