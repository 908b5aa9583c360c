"""What a patient says of their lists at home, and what was decided where the record differed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.messaging.models import PatientLink
from clinic.staff.models import User
from patients.models.answers import Intake
from patients.models.statements import HistoryKind


class Claim(models.Model):
    """What the patient wrote of one list, one thing a line; at the review it becomes history."""

    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="claims")
    kind = models.CharField(max_length=10, choices=HistoryKind)
    none_known = models.BooleanField(default=False, help_text="The patient says: none.")
    text = models.TextField(blank=True, max_length=2000, help_text="As entered, one a line.")
    claimed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intake", "kind"], name="claim_once_per_intake"),
            models.CheckConstraint(
                condition=Q(kind__in=HistoryKind.values), name="claim_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(none_known=False) | Q(text=""), name="claim_none_or_words"
            ),
        ]

    def __str__(self) -> str:
        return f"Claim #{self.pk} ({self.kind})"

    @property
    def lines(self) -> list[str]:
        return [line.strip()[:300] for line in self.text.splitlines() if line.strip()]


class Kept(models.TextChoices):
    """Which of the two counts from now on."""

    SAID = "said", _("What the patient says now")
    RECORD = "record", _("What stands in the record")


class Decision(models.Model):
    """A difference between patient and record, both sides copied, and who decided what counts."""

    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="decisions")
    about = models.CharField(max_length=40, help_text="A question, or a list: list-allergy.")
    said = models.CharField(max_length=700, help_text="What the patient said, in words.")
    record = models.CharField(max_length=700, help_text="What stood in the record, in words.")
    kept = models.CharField(max_length=10, choices=Kept)
    sensitive = models.BooleanField(default=False, help_text="For doctors only.")
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intake", "about"], name="decision_once_per_intake"),
            models.CheckConstraint(condition=Q(kept__in=Kept.values), name="decision_kept_known"),
        ]

    def __str__(self) -> str:
        return f"Decision #{self.pk} {self.about}"


class LinkProof(models.Model):
    """Who opened a link said a birth date: how often it was wrong, and whether that is enough."""

    link = models.OneToOneField(PatientLink, on_delete=models.PROTECT, related_name="proof")
    wrong = models.PositiveSmallIntegerField(default=0)
    proved_at = models.DateTimeField(null=True, help_text="Empty means: never said rightly.")
    locked_at = models.DateTimeField(null=True, help_text="Empty means: may be tried.")

    def __str__(self) -> str:
        return f"LinkProof #{self.pk}"
