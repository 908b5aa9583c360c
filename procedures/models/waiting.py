"""Who waits for a time, what became free, and what was offered to whom."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Location, Room, User
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures.models.calendar import Appointment, AppointmentKind


class Priority(models.IntegerChoices):
    SOON = 1, _("As soon as possible")
    NORMAL = 2, _("Normal")
    LATER = 3, _("Can wait")


class OfferState(models.TextChoices):
    OFFERED = "offered", _("Offered")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Not answered in time")


class WaitlistEntryQuerySet(models.QuerySet["WaitlistEntry"]):
    def visible_to(self, user: User) -> WaitlistEntryQuerySet:
        patients = Patient.objects.visible_to(user)
        return (
            self.filter(patient__in=patients) if user.may(Permission.SEE_CALENDAR) else self.none()
        )

    def waiting(self) -> WaitlistEntryQuerySet:
        return self.filter(ended_at=None, patient__erased_at=None)


WaitlistEntryManager = models.Manager.from_queryset(WaitlistEntryQuerySet)


class WaitlistEntry(models.Model):
    """A patient who would take a time in these windows, or an earlier one for a booked visit."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="waitlist")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: with anybody.",
    )
    visit = models.ForeignKey(
        Appointment,
        on_delete=models.PROTECT,
        null=True,
        related_name="waitlist",
        help_text="Empty means: a new visit; else this one would come earlier.",
    )
    kind = models.CharField(max_length=15, choices=AppointmentKind)
    minutes = models.PositiveSmallIntegerField()
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    hours_from = models.TimeField(null=True, help_text="Empty means: as early as it gets.")
    hours_until = models.TimeField(null=True, help_text="Empty means: as late as it gets.")
    first_date = models.DateField()
    last_date = models.DateField()
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, help_text="Empty means: still waits.")

    objects = WaitlistEntryManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="waitlistentry_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(hours_from=None)
                | Q(hours_until=None)
                | Q(hours_until__gt=F("hours_from")),
                name="waitlistentry_hours_in_order",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AppointmentKind.values), name="waitlistentry_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind=AppointmentKind.SESSION.value) | Q(visit__isnull=False),
                name="waitlistentry_session_is_booked",
            ),
        ]

    def __str__(self) -> str:
        return f"WaitlistEntry #{self.pk}"


class FreedSlot(models.Model):
    """A time that a cancelled, moved or missed visit gave back, until it is over or filled."""

    practitioner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    slot = DateTimeRangeField()
    freed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(slot__isempty=False, slot__lower_inf=False, slot__upper_inf=False),
                name="freedslot_slot_has_both_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"FreedSlot #{self.pk}"


class WaitlistOfferQuerySet(models.QuerySet["WaitlistOffer"]):
    def open(self) -> WaitlistOfferQuerySet:
        return self.filter(state=OfferState.OFFERED)

    def overdue(self, *, at: datetime) -> WaitlistOfferQuerySet:
        return self.open().filter(expires_at__lte=at)


WaitlistOfferManager = models.Manager.from_queryset(WaitlistOfferQuerySet)


class WaitlistOffer(models.Model):
    """One time offered to one who waits, until a moment, with a reservation that keeps it."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    entry = models.ForeignKey(WaitlistEntry, on_delete=models.PROTECT, related_name="offers")
    practitioner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    start = models.DateTimeField()
    reservation = models.UUIDField(help_text="Gone when it was answered.")
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.OFFERED)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, help_text="Empty means: open.")

    objects = WaitlistOfferManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=OfferState.values), name="waitlistoffer_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=OfferState.OFFERED.value, answered_at=None)
                | (~Q(state=OfferState.OFFERED.value) & Q(answered_at__isnull=False)),
                name="waitlistoffer_open_iff_unanswered",
            ),
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(state=OfferState.OFFERED.value),
                name="waitlistoffer_one_open_per_entry",
            ),
            models.UniqueConstraint(
                fields=["entry", "practitioner", "start"], name="waitlistoffer_offered_once"
            ),
        ]

    def __str__(self) -> str:
        return f"WaitlistOffer #{self.pk} ({self.state})"
