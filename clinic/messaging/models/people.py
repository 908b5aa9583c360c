"""Where people are reached, what they allow and what they have stopped; keys to their pages."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import uuid4
from zoneinfo import ZoneInfo

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import LANGUAGES


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    TELEGRAM = "telegram", "Telegram"


def digest(address: str) -> str:
    """By what an address is known where the address itself is not kept."""
    return sha256(address.strip().casefold().encode()).hexdigest()


class Recipient(models.Model):
    """Where somebody can be reached, in which language, and through which channels they allow."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    email = models.EmailField(blank=True)
    phone = models.CharField(
        max_length=20, blank=True, help_text="E.164, for example +380441234567."
    )
    language = models.CharField(max_length=5, choices=LANGUAGES)
    time_zone = models.CharField(max_length=60)
    email_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    sms_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    telegram_chat = models.CharField(
        max_length=30, blank=True, help_text="Where the bot writes; known once it was started."
    )
    telegram_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    details_allowed_at = models.DateTimeField(
        null=True,
        help_text="Empty means: mails stay neutral, what concerns health is behind the link.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(email_allowed_at=None) | ~Q(email=""), name="recipient_email_if_allowed"
            ),
            models.CheckConstraint(
                condition=Q(sms_allowed_at=None) | ~Q(phone=""), name="recipient_phone_if_allowed"
            ),
            models.CheckConstraint(
                condition=Q(telegram_allowed_at=None) | ~Q(telegram_chat=""),
                name="recipient_chat_if_allowed",
            ),
        ]

    def __str__(self) -> str:
        return f"Recipient #{self.pk}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def address_for(self, channel: str) -> str:
        return str(getattr(self, ADDRESSES[Channel(channel)]))

    def allows(self, channel: str) -> bool:
        return getattr(self, f"{Channel(channel).value}_allowed_at") is not None


ADDRESSES = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.TELEGRAM: "telegram_chat"}


class Source(models.TextChoices):
    """How somebody agreed to a channel, or stopped it."""

    STAFF = "staff", _("told a colleague")
    START = "start", _("wrote START")
    STOP = "stop", _("wrote STOP")
    BOT = "bot", _("started the bot")
    UNSUBSCRIBED = "unsubscribed", _("pressed “unsubscribe” in a mail")
    PROVIDER = "provider", _("the provider reported it")


class ChannelConsent(models.Model):
    """That somebody allowed a channel, or took it back: when, how, told to whom, which words."""

    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="consents")
    channel = models.CharField(max_length=10, choices=Channel)
    allowed = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=20, choices=Source)
    by_uuid = models.UUIDField(null=True, help_text="Empty means: nobody of the team.")
    by_name = models.CharField(max_length=200, blank=True)
    wording = models.TextField(blank=True, help_text="What they were told; empty if nothing.")
    address_sha256 = models.CharField(max_length=64, help_text="Of the address it is about.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="channelconsent_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=Source.values), name="channelconsent_source_known"
            ),
        ]
        indexes = [models.Index(fields=["recipient", "at"], name="channelconsent_recipient")]
        triggers = [pgtrigger.Protect(name="channelconsent_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"ChannelConsent #{self.pk} {self.channel}"


class Purpose(models.TextChoices):
    """What a patient's link opens, and nothing else."""

    INTAKE = "intake", _("Fill in the questionnaire")
    CONSENT = "consent", _("Read and sign a consent")
    AFTERCARE = "aftercare", _("Aftercare")
    VISITS = "visits", _("Coming visits")
    OFFER = "offer", _("Take a time that became free")


class PatientLinkQuerySet(models.QuerySet["PatientLink"]):
    def alive(self, *, at: datetime) -> PatientLinkQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=at)


PatientLinkManager = models.Manager.from_queryset(PatientLinkQuerySet)


class PatientLink(models.Model):
    """A key to one page for one purpose. Its token is signed and never stored, only its hash."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="links")
    purpose = models.CharField(max_length=20, choices=Purpose)
    subject = models.CharField(max_length=80, help_text="What it opens: consent:<uuid>.")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, help_text="Empty means: never opened.")
    revoked_at = models.DateTimeField(null=True, help_text="Empty means: not revoked.")

    objects = PatientLinkManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values), name="patientlink_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="patientlink_expires_after_created",
            ),
        ]
        indexes = [models.Index(fields=["subject"], name="patientlink_subject")]

    def __str__(self) -> str:
        return f"PatientLink #{self.pk} {self.purpose}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def in_force(self) -> SuppressionQuerySet:
        return self.filter(lifted_at=None)

    def of(self, channel: str, address: str) -> SuppressionQuerySet:
        return self.filter(channel=channel, address_sha256=digest(address))


SuppressionManager = models.Manager.from_queryset(SuppressionQuerySet)


class Suppression(models.Model):
    """An address that must not be written to through a channel; lifted, never deleted."""

    channel = models.CharField(max_length=10, choices=Channel)
    address_sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=40, help_text="unsubscribe, STOP, provider.")
    created_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, help_text="Empty means: in force.")

    objects = SuppressionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address_sha256"],
                condition=Q(lifted_at=None),
                name="suppression_in_force_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Suppression #{self.pk}"
