"""What we owe to whom: recipients, messages and every attempt to deliver them, patient links."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.errors import WrongState
from clinic.knowledge.loader import load
from clinic.messaging.names import NAMES, REASONS
from clinic.staff.models import LANGUAGES, Location
from clinic.staff.roles import Permission

if TYPE_CHECKING:
    from clinic.staff.models import User


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")


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
        ]

    def __str__(self) -> str:
        return f"Recipient #{self.pk}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def address_for(self, channel: str) -> str:
        return self.email if channel == Channel.EMAIL else self.phone

    def allows(self, channel: str) -> bool:
        allowed_at = self.email_allowed_at if channel == Channel.EMAIL else self.sms_allowed_at
        return allowed_at is not None


class Purpose(models.TextChoices):
    """What a patient's link opens, and nothing else."""

    INTAKE = "intake", _("Fill in the questionnaire")
    CONSENT = "consent", _("Read and sign a consent")
    AFTERCARE = "aftercare", _("Aftercare")


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


class MessageState(models.TextChoices):
    OWED = "owed", _("Owed")
    LEASED = "leased", _("Being sent")
    ACCEPTED = "accepted", _("Accepted by the provider")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    UNCERTAIN = "uncertain", _("Maybe sent")
    CANCELLED = "cancelled", _("Cancelled")
    SKIPPED = "skipped", _("Skipped")
    EXPIRED = "expired", _("Too late to be useful")


MESSAGE_MOVES: dict[MessageState, frozenset[MessageState]] = {
    MessageState.OWED: frozenset(
        {MessageState.LEASED, MessageState.CANCELLED, MessageState.SKIPPED, MessageState.EXPIRED}
    ),
    MessageState.LEASED: frozenset(
        {
            MessageState.OWED,
            MessageState.ACCEPTED,
            MessageState.FAILED,
            MessageState.UNCERTAIN,
            MessageState.CANCELLED,
            MessageState.SKIPPED,
            MessageState.EXPIRED,
        }
    ),
    MessageState.ACCEPTED: frozenset({MessageState.DELIVERED, MessageState.FAILED}),
    MessageState.DELIVERED: frozenset(),
    MessageState.FAILED: frozenset({MessageState.OWED, MessageState.DELIVERED}),
    MessageState.UNCERTAIN: frozenset(
        {MessageState.OWED, MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED}
    ),
    MessageState.CANCELLED: frozenset(),
    MessageState.SKIPPED: frozenset(),
    MessageState.EXPIRED: frozenset(),
}


TROUBLED = [MessageState.FAILED, MessageState.UNCERTAIN]
LATE_AFTER = timedelta(minutes=5)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> MessageQuerySet:
        return self.all() if user.may(Permission.SEE_MESSAGES) else self.none()

    def owed(self) -> MessageQuerySet:
        return self.filter(state=MessageState.OWED)

    def unsent(self) -> MessageQuerySet:
        """Owed, or in the hands of a worker."""
        return self.filter(state__in=[MessageState.OWED, MessageState.LEASED])

    def due(self, *, at: datetime) -> MessageQuerySet:
        """Its time has come and nobody holds it."""
        return self.owed().filter(due_at__lte=at)

    def abandoned(self, *, at: datetime) -> MessageQuerySet:
        """Leased by a worker that never came back."""
        return self.filter(state=MessageState.LEASED, lease_until__lte=at)

    def late(self, *, at: datetime) -> MessageQuerySet:
        """Should have been taken up by now: is the dispatcher running?"""
        return self.due(at=at - LATE_AFTER)

    def troubled(self) -> MessageQuerySet:
        return self.filter(state__in=TROUBLED)


MessageManager = models.Manager.from_queryset(MessageQuerySet)


class Message(models.Model):
    """One message owed to one recipient because of one thing; law 6 is its unique key.

    `occasion` counts the moves of the appointment it speaks of; the key never holds the due time.
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    subject = models.CharField(max_length=80, help_text="What it is about: session:<uuid>.")
    occasion = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=40, help_text="Which message: RP-D3, consent-copy.")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="messages")
    channel = models.CharField(max_length=10, choices=Channel)
    patient_uuid = models.UUIDField(null=True, help_text="Empty means: about no patient.")
    link = models.ForeignKey(
        PatientLink,
        on_delete=models.PROTECT,
        null=True,
        related_name="messages",
        help_text="Empty means: carries no link.",
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Whose quiet hours and phones count. Empty means: no quiet hours.",
    )
    values = models.JSONField(default=dict, help_text="What its placeholders stand for.")
    due_at = models.DateTimeField()
    not_after = models.DateTimeField(help_text="Later than this it is of no use.")
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.OWED)
    reason = models.CharField(max_length=60, blank=True, help_text="Why it is in this state.")
    state_at = models.DateTimeField(help_text="Since when it is in this state.")
    lease_until = models.DateTimeField(null=True, help_text="Empty means: nobody holds it.")
    attempt = models.PositiveSmallIntegerField(default=0)
    text_sha256 = models.CharField(max_length=64, blank=True, help_text="Of what was sent.")

    objects = MessageManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "occasion", "message", "recipient", "channel"],
                name="message_owed_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=MessageState.values), name="message_state_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="message_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(state="leased", lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_until=None)),
                name="message_leased_iff_lease_until",
            ),
            models.CheckConstraint(
                condition=Q(not_after__gte=F("due_at")), name="message_window_not_empty"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="owed"), name="message_due"),
            models.Index(
                fields=["lease_until"], condition=Q(state="leased"), name="message_leased"
            ),
            models.Index(fields=["patient_uuid", "due_at"], name="message_patient"),
            models.Index(fields=["due_at", "id"], name="message_ledger"),
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["failed", "uncertain"]),
                name="message_troubled",
            ),
        ]

    def __str__(self) -> str:
        return f"Message #{self.pk} {self.message}"

    @property
    def name(self) -> str:
        """What it is for, in words: a check-in on day 3."""
        reminder = load().reminders.get(self.message)
        if reminder is None:
            return str(NAMES.get(self.message, self.message))
        days = reminder.day_offset
        return str(NAMES[reminder.kind.value]) % {"day": abs(days)}

    @property
    def to(self) -> str:
        return self.recipient.address_for(self.channel)

    @property
    def clock(self) -> Location | Recipient:
        """Whose wall clock its times are read on."""
        return self.location or self.recipient

    @property
    def reason_text(self) -> str:
        """Why it is in this state, for a person; a provider's answer stands as it came."""
        return str(REASONS.get(self.reason.removeprefix("void:"), self.reason))

    def move_to(self, state: MessageState, *, at: datetime, reason: str = "") -> None:
        """Set the state if the table allows it; the caller saves."""
        current = MessageState(self.state)
        if state not in MESSAGE_MOVES[current]:
            raise WrongState(state=current.label)
        self.state, self.state_at, self.reason, self.lease_until = state, at, reason, None


class Attempt(models.Model):
    """One hand-over to a provider: written and committed before the provider is called."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    handed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Empty means: no answer was recorded.")
    outcome = models.CharField(max_length=40, blank=True, help_text="accepted, refused, time-out.")
    provider_id = models.CharField(max_length=200, blank=True)

    class Meta:
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


class Template(models.Model):
    """The words of one message in one language on one channel; a change is a new version."""

    message = models.CharField(max_length=40)
    language = models.CharField(max_length=5, choices=LANGUAGES)
    channel = models.CharField(max_length=10, choices=Channel)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120, blank=True, help_text="The subject of a mail.")
    text = models.TextField()
    created_at = models.DateTimeField()

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


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def in_force(self) -> SuppressionQuerySet:
        return self.filter(lifted_at=None)

    def of(self, channel: str, address: str) -> SuppressionQuerySet:
        folded = address.strip().casefold().encode()
        return self.filter(channel=channel, address_sha256=sha256(folded).hexdigest())


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
