"""Conditions, allergies and medicines, as somebody stated them."""

from __future__ import annotations

from uuid import uuid4

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models.people import Patient


class HistoryKind(models.TextChoices):
    CONDITION = "condition", _("Condition")
    ALLERGY = "allergy", _("Allergy")
    MEDICINE = "medicine", _("Medicine")


class ClinicalStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    RESOLVED = "resolved", _("Resolved")


class Verification(models.TextChoices):
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUTED = "refuted", _("Refuted")
    ENTERED_IN_ERROR = "entered-in-error", _("Entered in error")


class Asserter(models.TextChoices):
    """Who said so."""

    PATIENT = "patient", _("Patient")
    STAFF = "staff", _("Staff")
    DOCTOR = "doctor", _("Doctor")


class HistoryItemQuerySet(models.QuerySet["HistoryItem"]):
    def visible_to(self, user: User) -> HistoryItemQuerySet:
        if not user.may(Permission.SEE_CLINICAL):
            return self.none()
        items = self.filter(patient__in=Patient.objects.visible_to(user))
        return items if user.may(Permission.SEE_SENSITIVE) else items.filter(sensitive=False)

    def hidden_from(self, user: User) -> HistoryItemQuerySet:
        """What this user is only told exists: "needs doctor"."""
        return self.none() if user.may(Permission.SEE_SENSITIVE) else self.filter(sensitive=True)

    def current(self) -> HistoryItemQuerySet:
        """What holds now: not replaced, not withdrawn."""
        return self.filter(superseded_by=None).exclude(
            verification__in=[Verification.REFUTED, Verification.ENTERED_IN_ERROR]
        )

    def unresolved(self) -> HistoryItemQuerySet:
        """Stated in words that somebody has to look at."""
        return self.current().filter(unresolved=True)


HistoryItemManager = models.Manager.from_queryset(HistoryItemQuerySet)


@pghistory.track()
class HistoryItem(models.Model):
    """One condition, allergy or medicine as somebody stated it; corrections supersede it.

    `none_known` is an assertion of its own ("no known allergies"), with a date like any other.
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="history")
    kind = models.CharField(max_length=10, choices=HistoryKind)
    text = models.CharField(max_length=300, blank=True, help_text="As entered, never rewritten.")
    concept = models.CharField(
        max_length=60, blank=True, help_text="Id in the vocabulary; empty means: nothing matched."
    )
    folded = models.CharField(
        max_length=300, blank=True, editable=False, help_text="The text in one spelling."
    )
    unresolved = models.BooleanField(
        default=False, editable=False, help_text="Nobody and nothing has understood it yet."
    )
    read_with = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Version of the words it was read by."
    )
    none_known = models.BooleanField(default=False)
    sensitive = models.BooleanField(default=False, help_text="For doctors only.")
    status = models.CharField(max_length=10, choices=ClinicalStatus, default=ClinicalStatus.ACTIVE)
    verification = models.CharField(
        max_length=20, choices=Verification, default=Verification.UNCONFIRMED
    )
    onset_date = models.DateField(null=True, help_text="Empty means: not known.")
    end_date = models.DateField(null=True, help_text="Empty means: not ended, or not known.")
    asserted_by = models.CharField(max_length=10, choices=Asserter)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    superseded_by = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="supersedes",
        help_text="Empty means: holds.",
    )

    objects = HistoryItemManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=HistoryKind.values), name="historyitem_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ClinicalStatus.values), name="historyitem_status_known"
            ),
            models.CheckConstraint(
                condition=Q(verification__in=Verification.values),
                name="historyitem_verification_known",
            ),
            models.CheckConstraint(
                condition=Q(none_known=True, text="", concept="")
                | (Q(none_known=False) & ~Q(text="")),
                name="historyitem_text_unless_none_known",
            ),
            models.CheckConstraint(
                condition=Q(end_date=None) | Q(onset_date=None) | Q(end_date__gte=F("onset_date")),
                name="historyitem_ends_after_onset",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "kind"], name="historyitem_patient"),
            models.Index(
                fields=["folded", "kind"],
                condition=Q(unresolved=True, superseded_by=None),
                name="historyitem_unresolved",
            ),
        ]

    def __str__(self) -> str:
        return f"HistoryItem #{self.pk} ({self.kind})"
