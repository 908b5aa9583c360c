"""What the dispatchers know of the providers and of themselves, and what providers told us."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from clinic.messaging.models.people import Channel
from clinic.messaging.models.words import Attempt


class Gateway(models.Model):
    """How fast a provider takes messages, and until when it wants none."""

    channel = models.CharField(max_length=10, choices=Channel, unique=True)
    paused_until = models.DateTimeField(null=True, help_text="Empty means: it takes messages.")
    left = models.FloatField(default=0, help_text="How many may go out at `counted_at`.")
    counted_at = models.DateTimeField(null=True, help_text="Empty means: not counted yet.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="gateway_channel_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Gateway {self.channel}"


class Dispatcher(models.Model):
    """The one row by which dispatchers notice that a clock or the database went back."""

    singleton = models.BooleanField(default=True, unique=True)
    uuid = models.UUIDField(default=uuid4, editable=False, help_text="Of it and its copies.")
    ticked_at = models.DateTimeField(db_default=Now())
    home = models.CharField(
        max_length=120, blank=True, help_text="Which table of which database of which server."
    )
    boot = models.CharField(max_length=40, blank=True, help_text="Which start of which machine.")
    booted_at = models.FloatField(default=0, help_text="Seconds: its wall clock when it started.")
    paused_at = models.DateTimeField(null=True, help_text="Empty means: it delivers.")
    pause = models.CharField(max_length=40, blank=True, help_text="Why it is paused.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(singleton=True), name="dispatcher_is_one"),
            models.CheckConstraint(
                condition=Q(paused_at=None, pause="") | (Q(paused_at__isnull=False) & ~Q(pause="")),
                name="dispatcher_paused_iff_why",
            ),
        ]

    def __str__(self) -> str:
        return f"Dispatcher {self.uuid}"


class Receipt(models.Model):
    """What a provider said about an attempt, each thing once however often it was said."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="receipts")
    status = models.CharField(max_length=40)
    at = models.DateTimeField(help_text="When we first heard it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "status"], name="receipt_heard_once"),
        ]

    def __str__(self) -> str:
        return f"Receipt #{self.pk} {self.status}"
