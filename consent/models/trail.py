"""How a document came about: each step, in a chain that nobody can change unseen."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.models.document import ConsentDocument


class SignatureEventKind(models.TextChoices):
    CREATED = "created", _("Created")
    SENT = "sent", _("Sent")
    OPENED = "opened", _("Opened")
    SECTION_REACHED = "section-reached", _("Section reached")
    CHECK_ANSWERED = "check-answered", _("Question of understanding answered")
    QUESTION_ASKED = "question-asked", _("Question asked by the patient")
    QUESTION_ANSWERED = "question-answered", _("Question answered")
    SIGNED = "signed", _("Signed by the patient")
    FURTHER_SIGNED = "further-signed", _("Signed by a further person")
    DECLINED = "declined", _("Declined")
    COUNTERSIGNED = "countersigned", _("Countersigned")
    SEALED = "sealed", _("Sealed")
    DELIVERED = "delivered", _("Copy delivered")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    WITHDRAWAL_SEALED = "withdrawal-sealed", _("Withdrawal sealed")


class SignatureEvent(models.Model):
    """One step of the evidence, chained to the one before it; append-only.

    What is not known is empty and printed as "not recorded", never filled from elsewhere.
    """

    document = models.ForeignKey(ConsentDocument, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=SignatureEventKind)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=40)
    actor_uuid = models.UUIDField(null=True, help_text="Empty means: the system itself.")
    actor_name = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, help_text="Empty means: not recorded.")
    device = models.CharField(max_length=300, blank=True, help_text="Browser string.")
    facts = models.JSONField(default=dict)
    document_sha256 = models.CharField(max_length=64, help_text="Content hash at that moment.")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "number"], name="signatureevent_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SignatureEventKind.values), name="signatureevent_kind_known"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="signatureevent_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"SignatureEvent #{self.pk} {self.kind}"
