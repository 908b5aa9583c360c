"""Who agreed to which exact text, and the evidence of it."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.errors import WrongState
from clinic.staff.models import LANGUAGES, User
from clinic.staff.roles import Permission
from consent.content import Clinic
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
            models.CheckConstraint(
                condition=Q(version__gt=0), name="consenttemplate_counts_from_one"
            ),
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


LIVING = [S.DRAFT, S.OFFERED, S.SIGNED, S.COUNTERSIGNED, S.SEALED]
UNFINISHED = [S.DRAFT, S.OFFERED, S.SIGNED, S.COUNTERSIGNED]


class PhotoUse(models.TextChoices):
    """What a patient says yes or no to, each by itself."""

    RECORD = "record", _("Keep in the record")
    TEACHING = "teaching", _("Teaching")
    MARKETING = "marketing", _("Marketing")


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
        """Those somebody still has to do something for."""
        return self.filter(state__in=UNFINISHED)

    def with_file(self) -> ConsentDocumentQuerySet:
        """Those that were sealed once, whatever became of them since."""
        return self.filter(sealed_at__isnull=False)

    def living(self) -> ConsentDocumentQuerySet:
        return self.filter(state__in=LIVING)

    def waiting_for_seal(self, *, since: datetime) -> ConsentDocumentQuerySet:
        """Countersigned before that moment, and not sealed yet."""
        return self.filter(state=S.COUNTERSIGNED, countersigned_at__lte=since)


ConsentDocumentManager = models.Manager.from_queryset(ConsentDocumentQuerySet)

OFFERED_COLUMNS = (
    "patient_id",
    "subject",
    "template_id",
    "language",
    "content",
    "content_sha256",
    "terms_sha256",
    "offered_at",
)
SIGNED_COLUMNS = ("signed_at", "signer_name", "signature", "photo_use")
SEALED_COLUMNS = (
    "countersigned_at",
    "countersigned_by_id",
    "sealed_at",
    "file",
    "pdf_sha256",
    "pdf_bytes",
    "seal",
)


def _differs(*columns: str) -> str:
    """SQL: one of these columns is about to change."""
    return "(" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns) + ")"


class ConsentDocument(models.Model):
    """One text offered to one patient. What was signed never changes; a change is a new row."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    subject = models.CharField(max_length=80, help_text="What is agreed to: plan:<uuid>.")
    template = models.ForeignKey(
        ConsentTemplate, on_delete=models.PROTECT, related_name="documents"
    )
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
        null=True,
        help_text="Strokes with the size of their canvas, or the typed name. Empty: none.",
    )
    photo_use = models.JSONField(default=dict, help_text="record, teaching, marketing: yes or no.")
    countersigned_at = models.DateTimeField(null=True, help_text="Empty means: not countersigned.")
    countersigned_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
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
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="superseded_by",
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
                    & ~Q(file="")
                    & ~Q(pdf_sha256="")
                )
                | Q(sealed_at=None, valid_until=None, pdf_bytes=None, file="", pdf_sha256=""),
                name="consentdocument_sealed_iff_file",
            ),
            models.CheckConstraint(
                condition=~Q(state="sealed") | Q(sealed_at__isnull=False),
                name="consentdocument_sealed_state_has_file",
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None, signature=None, signer_name="")
                | (Q(signed_at__isnull=False, signature__isnull=False) & ~Q(signer_name="")),
                name="consentdocument_signed_iff_signature",
            ),
            models.CheckConstraint(
                condition=Q(countersigned_at=None, countersigned_by=None)
                | Q(countersigned_at__isnull=False, countersigned_by__isnull=False),
                name="consentdocument_countersigned_iff_by",
            ),
            models.CheckConstraint(
                condition=Q(countersigned_at=None) | Q(countersigned_at__gte=F("signed_at")),
                name="consentdocument_countersigned_after_signed",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", offered_at=None)
                | (~Q(state="draft") & (Q(offered_at__isnull=False) | Q(state="superseded"))),
                name="consentdocument_draft_iff_not_offered",
            ),
            models.CheckConstraint(
                condition=~Q(state="signed") | Q(signed_at__isnull=False),
                name="consentdocument_signed_state_has_signature",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["countersigned", "sealed"])
                | Q(countersigned_at__isnull=False),
                name="consentdocument_countersigned_state_has_by",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("sealed_at")),
                name="consentdocument_valid_after_sealed",
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(state__in=LIVING),
                name="consentdocument_one_living_per_subject",
            ),
        ]
        indexes = [models.Index(fields=["patient", "created_at"], name="consentdocument_patient")]
        triggers = [
            pgtrigger.Protect(name="consentdocument_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="consentdocument_offered_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.offered_at IS NOT NULL AND {_differs(*OFFERED_COLUMNS)}"
                ),
            ),
            pgtrigger.Protect(
                name="consentdocument_sealed_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.sealed_at IS NOT NULL AND {_differs(*SEALED_COLUMNS)}"
                ),
            ),
            pgtrigger.Protect(
                name="consentdocument_signed_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.signed_at IS NOT NULL AND {_differs(*SIGNED_COLUMNS)}"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"ConsentDocument #{self.pk} ({self.state})"

    @property
    def cause(self) -> str:
        """How links, messages and tasks name it."""
        return f"consent:{self.uuid}"

    @property
    def code(self) -> str:
        """What somebody types to check a paper copy: a part of the random UUID."""
        text = self.uuid.hex[:16].upper()
        return "-".join(text[start : start + 4] for start in range(0, 16, 4))

    @property
    def clinic(self) -> Clinic:
        """As the document names it: its phones and its wall clock."""
        return Clinic(**self.content["clinic"])

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def photo_answers(self) -> list[tuple[str, bool]]:
        """In the order in which they are asked; empty until it is signed."""
        return [(use, self.photo_use[use]) for use in PhotoUse.values if use in self.photo_use]

    @property
    def photo_words(self) -> list[tuple[str, bool]]:
        return [(str(PhotoUse(use).label), allowed) for use, allowed in self.photo_answers]

    def move_to(self, state: ConsentState) -> None:
        """Set the state if the table allows it; the caller saves."""
        current = ConsentState(self.state)
        if state not in CONSENT_MOVES[current]:
            raise WrongState(state=current.label)
        self.state = state


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

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="withdrawal_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"Withdrawal #{self.pk}"
