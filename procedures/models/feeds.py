"""Addresses under which a calendar programme reads somebody's visits."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

from clinic.staff.models import User
from patients.models import Patient


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def alive(self) -> CalendarFeedQuerySet:
        """Not revoked, and whose owner still works here or was not erased."""
        owners = Q(practitioner__is_active=True) | Q(patient__isnull=False, patient__erased_at=None)
        return self.filter(owners, revoked_at=None)


CalendarFeedManager = models.Manager.from_queryset(CalendarFeedQuerySet)


class CalendarFeed(models.Model):
    """A secret address of one practitioner's or one patient's visits; only its hash is kept."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    practitioner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="feeds",
        help_text="Empty means: a patient's.",
    )
    patient = models.ForeignKey(
        Patient,
        on_delete=models.PROTECT,
        null=True,
        related_name="feeds",
        help_text="Empty means: a practitioner's.",
    )
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, help_text="Empty means: it can be read.")

    objects = CalendarFeedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(practitioner=None, patient__isnull=False)
                | Q(practitioner__isnull=False, patient=None),
                name="calendarfeed_has_one_owner",
            ),
            models.UniqueConstraint(
                fields=["practitioner"],
                condition=Q(revoked_at=None, practitioner__isnull=False),
                name="calendarfeed_one_per_practitioner",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(revoked_at=None, patient__isnull=False),
                name="calendarfeed_one_per_patient",
            ),
        ]

    def __str__(self) -> str:
        return f"CalendarFeed #{self.pk}"
