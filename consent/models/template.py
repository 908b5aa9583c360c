"""The clinic's fixed wording, in versions that never change."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Q

from clinic.staff.models import LANGUAGES


class ConsentTemplate(models.Model):
    """The clinic's fixed wording of a consent in one language; a change is a new version."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    language = models.CharField(max_length=5, choices=LANGUAGES)
    version = models.PositiveSmallIntegerField()
    texts = models.JSONField(help_text="Heading and paragraphs of each block, by block key.")
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["language", "version"], name="consenttemplate_version_once"
            ),
            models.CheckConstraint(
                condition=Q(version__gt=0), name="consenttemplate_counts_from_one"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="consenttemplate_never_changes", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"ConsentTemplate {self.language} v{self.version}"
