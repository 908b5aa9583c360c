"""What people say beside the patient's signature: others who sign, questions, a withdrawal."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from consent.models.document import ConsentDocument, differs


class SignerRole(models.TextChoices):
    """Who signs beside the patient, where the clinic's rules ask for it."""

    GUARDIAN = "guardian", _("Guardian or legal representative")
    INTERPRETER = "interpreter", _("Interpreter")
    WITNESS = "witness", _("Witness")


class FurtherSignature(models.Model):
    """Somebody else signed the same text: for the patient, or to say that all was understood."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    document = models.ForeignKey(
        ConsentDocument, on_delete=models.PROTECT, related_name="further_signatures"
    )
    role = models.CharField(max_length=12, choices=SignerRole)
    name = models.CharField(max_length=200)
    relation = models.CharField(max_length=200, blank=True, help_text="Mother; speaks Polish.")
    signature = models.JSONField(help_text="As that of the patient.")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "role"], name="furthersignature_once"),
            models.CheckConstraint(
                condition=Q(role__in=SignerRole.values), name="furthersignature_role_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="furthersignature_has_name"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="furthersignature_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"FurtherSignature #{self.pk} ({self.role})"


class PatientQuestion(models.Model):
    """The patient asks whoever treats; it is answered before the countersignature."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    document = models.ForeignKey(
        ConsentDocument, on_delete=models.PROTECT, related_name="questions"
    )
    text = models.CharField(max_length=1000)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, help_text="Empty means: not answered yet.")
    answered_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: not answered yet.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="patientquestion_has_text"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="patientquestion_answered_iff_by",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="patientquestion_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="patientquestion_answered_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.answered_at IS NOT NULL OR " + differs("document_id", "text", "asked_at")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"PatientQuestion #{self.pk}"

    @property
    def cause(self) -> str:
        """How its task names it."""
        return f"consent-question:{self.uuid}"


class Withdrawal(models.Model):
    """The patient takes a consent back, from that moment on."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    document = models.OneToOneField(
        ConsentDocument, on_delete=models.PROTECT, related_name="withdrawal"
    )
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: the patient did it by link.",
    )

    sealed_at = models.DateTimeField(null=True, help_text="Empty means: its page is not sealed.")
    file = models.CharField(max_length=80, blank=True, help_text="Name in the encrypted storage.")
    pdf_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed_at=None, file="", pdf_sha256="")
                | (Q(sealed_at__isnull=False) & ~Q(file="") & ~Q(pdf_sha256="")),
                name="withdrawal_sealed_iff_file",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="withdrawal_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="withdrawal_changes_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.sealed_at IS NOT NULL OR "
                    + differs("document_id", "at", "reason", "recorded_by_id")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Withdrawal #{self.pk}"

    @property
    def cause(self) -> str:
        return f"withdrawal:{self.uuid}"
