"""Who agreed to which exact text, and the evidence of it."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import LANGUAGES, User
from clinic.staff.roles import Permission
from patients.models import Patient


class ConsentTemplate(models.Model):
    """The clinic's fixed wording of a consent in one language; a change is a new version."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    language = models.CharField(max_length=5, choices=LANGUAGES)
    version = models.PositiveSmallIntegerField()
    texts = models.JSONField(help_text="Heading and paragraphs of each block, by block key.")
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["language", "version"], name="consenttemplate_version_once"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="consenttemplate_counts_from_one"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="consenttemplate_never_changes", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"ConsentTemplate {self.language} v{self.version}"


class ConsentState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OFFERED = "offered", _("Offered to the patient")
    SIGNED = "signed", _("Signed by the patient")
    COUNTERSIGNED = "countersigned", _("Countersigned")
    SEALED = "sealed", _("Sealed")
    DECLINED = "declined", _("Declined")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")


S = ConsentState
CONSENT_MOVES: dict[ConsentState, frozenset[ConsentState]] = {
    S.DRAFT: frozenset({S.OFFERED, S.SUPERSEDED}),
    S.OFFERED: frozenset({S.SIGNED, S.DECLINED, S.SUPERSEDED}),
    S.SIGNED: frozenset({S.COUNTERSIGNED, S.SUPERSEDED, S.WITHDRAWN}),
    S.COUNTERSIGNED: frozenset({S.SEALED, S.SUPERSEDED, S.WITHDRAWN}),
    S.SEALED: frozenset({S.SUPERSEDED, S.WITHDRAWN}),
    S.DECLINED: frozenset({S.SUPERSEDED}),
    S.SUPERSEDED: frozenset(),
    S.WITHDRAWN: frozenset(),
}


class ConsentDocumentQuerySet(models.QuerySet["ConsentDocument"]):
    def visible_to(self, user: User) -> ConsentDocumentQuerySet:
        patients = Patient.objects.visible_to(user)
        allowed = user.may(Permission.SEE_CONSENTS)
        return self.filter(patient__in=patients) if allowed else self.none()

    def in_force(self, *, at: datetime) -> ConsentDocumentQuerySet:
        """Sealed, not superseded, not withdrawn, inside its validity at that moment."""
        return self.filter(state=ConsentState.SEALED, sealed_at__lte=at, valid_until__gt=at)

    def naming(self, terms_sha256: str) -> ConsentDocumentQuerySet:
        """Those that name exactly this treatment, by the hash of its terms."""
        return self.filter(terms_sha256=terms_sha256)

    def unfinished(self) -> ConsentDocumentQuerySet:
        return self.filter(state__in=[S.DRAFT, S.OFFERED, S.SIGNED, S.COUNTERSIGNED])


ConsentDocumentManager = models.Manager.from_queryset(ConsentDocumentQuerySet)


class ConsentDocument(models.Model):
    """One text offered to one patient. What was signed never changes; a change is a new row."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    subject = models.CharField(max_length=80, help_text="What is agreed to: plan:<uuid>.")
    template = models.ForeignKey(ConsentTemplate, on_delete=models.PROTECT, related_name="documents")
    language = models.CharField(max_length=5, choices=LANGUAGES)
    content = models.JSONField(help_text="ConsentContent as data, frozen when offered.")
    content_sha256 = models.CharField(max_length=64)
    terms_sha256 = models.CharField(
        max_length=64, help_text="Of what must equal the plan: ConsentContent.terms_sha256()."
    )
    state = models.CharField(max_length=15, choices=ConsentState, default=ConsentState.DRAFT)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(null=True, help_text="Empty means: not shown yet.")
    signed_at = models.DateTimeField(null=True, help_text="Empty means: not signed.")
    signer_name = models.CharField(max_length=200, blank=True)
    signature = models.JSONField(
        null=True, help_text="Strokes with the size of their canvas, or the typed name. Empty: none."
    )
    photo_use = models.JSONField(default=dict, help_text="record, teaching, marketing: yes or no.")
    countersigned_at = models.DateTimeField(null=True, help_text="Empty means: not countersigned.")
    countersigned_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+",
        help_text="Empty means: not countersigned.",
    )
    sealed_at = models.DateTimeField(null=True, help_text="Empty means: not sealed.")
    valid_until = models.DateTimeField(null=True, help_text="Empty means: not sealed.")
    file = models.CharField(max_length=80, blank=True, help_text="Name in the encrypted storage.")
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    pdf_bytes = models.PositiveIntegerField(null=True, help_text="Empty means: not sealed.")
    seal = models.JSONField(default=dict, help_text="Certificate fingerprint, level, versions.")
    declined_reason = models.CharField(max_length=500, blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by",
        help_text="Empty means: the first for its subject.",
    )

    objects = ConsentDocumentManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ConsentState.values), name="consentdocument_state_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(sealed_at__isnull=False, valid_until__isnull=False, pdf_bytes__gt=0)
                    & ~Q(file="") & ~Q(pdf_sha256="")
                )
                | Q(sealed_at=None, valid_until=None, pdf_bytes=None, file="", pdf_sha256=""),
                name="consentdocument_sealed_iff_file",
            ),
            models.CheckConstraint(
                condition=~Q(state="sealed") | Q(sealed_at__isnull=False),
                name="consentdocument_sealed_state_has_file",
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None, signature=None)
                | (Q(signed_at__isnull=False, signature__isnull=False) & ~Q(signer_name="")),
                name="consentdocument_signed_iff_signature",
            ),
            models.CheckConstraint(
                condition=Q(countersigned_at=None, countersigned_by=None)
                | Q(countersigned_at__isnull=False, countersigned_by__isnull=False),
                name="consentdocument_countersigned_iff_by",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("sealed_at")),
                name="consentdocument_valid_after_sealed",
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(state__in=["draft", "offered", "signed", "countersigned", "sealed"]),
                name="consentdocument_one_living_per_subject",
            ),
        ]
        indexes = [models.Index(fields=["patient", "created_at"], name="consentdocument_patient")]
        triggers = [
            pgtrigger.Protect(name="consentdocument_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="consentdocument_signed_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.signed_at IS NOT NULL AND (OLD.content IS DISTINCT FROM NEW.content"
                    " OR OLD.terms_sha256 IS DISTINCT FROM NEW.terms_sha256"
                    " OR OLD.content_sha256 IS DISTINCT FROM NEW.content_sha256"
                    " OR OLD.signature IS DISTINCT FROM NEW.signature"
                    " OR OLD.signed_at IS DISTINCT FROM NEW.signed_at"
                    " OR OLD.signer_name IS DISTINCT FROM NEW.signer_name"
                    " OR OLD.photo_use IS DISTINCT FROM NEW.photo_use"
                    " OR OLD.language IS DISTINCT FROM NEW.language"
                    " OR (OLD.sealed_at IS NOT NULL AND (OLD.file IS DISTINCT FROM NEW.file"
                    " OR OLD.pdf_sha256 IS DISTINCT FROM NEW.pdf_sha256"
                    " OR OLD.sealed_at IS DISTINCT FROM NEW.sealed_at)))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"ConsentDocument #{self.pk} ({self.state})"


class SignatureEventKind(models.TextChoices):
    CREATED = "created", _("Created")
    SENT = "sent", _("Sent")
    OPENED = "opened", _("Opened")
    SECTION_REACHED = "section-reached", _("Section reached")
    SIGNED = "signed", _("Signed by the patient")
    DECLINED = "declined", _("Declined")
    COUNTERSIGNED = "countersigned", _("Countersigned")
    SEALED = "sealed", _("Sealed")
    DELIVERED = "delivered", _("Copy delivered")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")


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
            models.UniqueConstraint(fields=["document", "number"], name="signatureevent_numbered_once"),
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


class Withdrawal(models.Model):
    """The patient takes a consent back, from that moment on."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    document = models.OneToOneField(
        ConsentDocument, on_delete=models.PROTECT, related_name="withdrawal"
    )
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+",
        help_text="Empty means: the patient did it by link.",
    )

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="withdrawal_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"Withdrawal #{self.pk}"
