"""What is owed to whom, every attempt to deliver it, and the clinic's own words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.errors import WrongState
from clinic.knowledge.loader import load
from clinic.messaging.models.people import Channel, PatientLink, Recipient
from clinic.messaging.names import NAMES, REASONS
from clinic.staff.models import Location
from clinic.staff.roles import Permission

if TYPE_CHECKING:
    from clinic.staff.models import User


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
        {
            MessageState.LEASED,
            MessageState.UNCERTAIN,
            MessageState.CANCELLED,
            MessageState.SKIPPED,
            MessageState.EXPIRED,
        }
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


class Priority(models.IntegerChoices):
    """What goes first when many are due."""

    FIRST = 0, _("first")
    NORMAL = 1, _("normal")
    LAST = 2, _("last")


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

    def left_behind(self) -> MessageQuerySet:
        """Handed over in the text of another that is done with: nobody knows whether it arrived."""
        moving = [MessageState.OWED, MessageState.LEASED]
        return self.owed().filter(carried_by__isnull=False).exclude(carried_by__state__in=moving)

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
    instead_of = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="fallback",
        help_text="The same on a channel that failed. Empty means: the first choice.",
    )
    carried_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="carries",
        help_text="The message whose text it became a part of. Empty means: stands alone.",
    )
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    values = models.JSONField(default=dict, help_text="What its placeholders stand for.")
    due_at = models.DateTimeField()
    not_after = models.DateTimeField(help_text="Later than this it is of no use.")
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.OWED)
    reason = models.CharField(max_length=60, blank=True, help_text="Why it is in this state.")
    state_at = models.DateTimeField(help_text="Since when it is in this state.")
    lease_until = models.DateTimeField(null=True, help_text="Empty means: nobody holds it.")
    attempt = models.PositiveSmallIntegerField(default=0)

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
                condition=Q(priority__in=Priority.values), name="message_priority_known"
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
                fields=["channel", "priority", "due_at", "id"],
                condition=Q(state="owed"),
                name="message_next",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="leased"), name="message_leased"
            ),
            models.Index(
                fields=["carried_by"],
                condition=Q(state="owed", carried_by__isnull=False),
                name="message_in_doubt",
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
