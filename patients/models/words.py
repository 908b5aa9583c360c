"""What people call things in this clinic, as somebody reviewed it."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models.people import Patient
from patients.models.statements import HistoryItem, HistoryKind


class SynonymQuerySet(models.QuerySet["Synonym"]):
    def visible_to(self, user: User) -> SynonymQuerySet:
        """The clinic's words are for whoever records; what one patient meant, for who sees them."""
        if not user.may(Permission.RECORD_CLINICAL):
            return self.none()
        seen = Patient.objects.visible_to(user)
        return self.filter(Q(patient=None) | Q(patient__in=seen))

    def in_use(self) -> SynonymQuerySet:
        return self.filter(taken_back_at=None)

    def of_the_clinic(self) -> SynonymQuerySet:
        """Remembered for everybody, not for one patient."""
        return self.filter(patient=None)


SynonymManager = models.Manager.from_queryset(SynonymQuerySet)


class Synonym(models.Model):
    """Words that nothing matched, and the concept that a person chose for them."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    text = models.CharField(max_length=300, help_text="As it was entered.")
    folded = models.CharField(max_length=300, help_text="Normalised; what is compared.")
    kind = models.CharField(
        max_length=10, choices=HistoryKind, help_text="In which list it means this."
    )
    concept = models.CharField(max_length=100, help_text="Id in the vocabulary.")
    patient = models.ForeignKey(
        Patient,
        on_delete=models.PROTECT,
        null=True,
        related_name="synonyms",
        help_text="Empty means: remembered for the whole clinic.",
    )
    item = models.ForeignKey(
        HistoryItem,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Where it was first met; empty means: not in a history.",
    )
    reviewed_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True, help_text="Empty means: holds.")
    taken_back_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty means: holds."
    )
    taken_back_reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = SynonymManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["folded", "kind"],
                condition=Q(patient=None, taken_back_at=None),
                name="synonym_once_in_the_clinic",
            ),
            models.UniqueConstraint(
                fields=["patient", "folded", "kind"],
                condition=Q(patient__isnull=False, taken_back_at=None),
                name="synonym_once_per_patient",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=HistoryKind.values), name="synonym_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(folded="") & ~Q(concept=""), name="synonym_says_what_it_means"
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at=None, taken_back_by=None, taken_back_reason="")
                | (
                    Q(taken_back_at__gte=F("reviewed_at"), taken_back_by__isnull=False)
                    & ~Q(taken_back_reason="")
                ),
                name="synonym_taken_back_iff_by_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Synonym #{self.pk} ({self.kind})"
