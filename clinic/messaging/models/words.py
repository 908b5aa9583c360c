"""The clinic's own words, the words as they went out, and every attempt to hand them over."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Q

from clinic.messaging.models.messages import Message
from clinic.messaging.models.people import Channel
from clinic.staff.models import LANGUAGES


class Template(models.Model):
    """The words of one message in one language on one channel; a change is a new version."""

    uuid = models.UUIDField(default=uuid4, editable=False)
    message = models.CharField(max_length=40)
    language = models.CharField(max_length=5, choices=LANGUAGES)
    channel = models.CharField(max_length=10, choices=Channel)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120, blank=True, help_text="The subject of a mail.")
    text = models.TextField(blank=True, help_text="Empty means: the words that come with us again.")
    created_at = models.DateTimeField()
    by_uuid = models.UUIDField(null=True, help_text="Empty means: nobody of the team.")
    by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "language", "channel", "version"], name="template_version_once"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="template_counts_from_one"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="template_never_changes", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"Template {self.message} {self.language} v{self.version}"


class Edition(models.Model):
    """Words as they went out, with their placeholders: kept once, and never changed."""

    sha256 = models.CharField(max_length=64, unique=True, help_text="Of version, title and text.")
    version = models.PositiveSmallIntegerField(help_text="Nought means: the words we come with.")
    title = models.CharField(max_length=120)
    text = models.TextField()

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="edition_never_changes", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"Edition {self.sha256[:8]} v{self.version}"


class Attempt(models.Model):
    """One hand-over to a provider: written and committed before the provider is called."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    handed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Empty means: no answer was recorded.")
    outcome = models.CharField(max_length=40, blank=True, help_text="accepted, refused, time-out.")
    provider_id = models.CharField(max_length=200, blank=True)
    edition = models.ForeignKey(
        Edition,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Whose words. Empty means: handed over before they were kept.",
    )
    text_sha256 = models.CharField(max_length=64, blank=True, help_text="Of what was sent.")

    class Meta:
        indexes = [
            models.Index(
                fields=["provider_id"], condition=~Q(provider_id=""), name="attempt_provider_id"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="attempt_numbered_once"),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="")
                | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="attempt_ended_iff_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"Attempt #{self.pk}"
