"""One text offered to one patient, from the offer to the seal and its end."""

from __future__ import annotations

from calendar import monthrange
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
from consent.models.template import ConsentTemplate
from patients.models import Patient


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
        lasting = Q(valid_until=None) | Q(valid_until__gt=at)
        return self.filter(lasting, state=ConsentState.SEALED, sealed_at__lte=at)

    def naming(self, terms_sha256: str) -> ConsentDocumentQuerySet:
        """Those that name exactly this treatment, by the hash of its terms."""
        return self.filter(terms_sha256=terms_sha256)

    def unfinished(self) -> ConsentDocumentQuerySet:
        """Those somebody still has to do something for."""
        return self.filter(state__in=UNFINISHED)

    def with_file(self) -> ConsentDocumentQuerySet:
        """Those that were sealed once, whatever became of them since."""
        return self.filter(sealed_at__isnull=False)

    def unchecked(self, *, since: datetime) -> ConsentDocumentQuerySet:
        """Whose file nobody has compared with its seal since then; longest ago first."""
        rows = self.filter(sealed_at__lte=since).filter(
            Q(checked_at=None) | Q(checked_at__lte=since)
        )
        return rows.order_by(F("checked_at").asc(nulls_first=True), "pk")

    def without_time(self, level: str) -> ConsentDocumentQuerySet:
        """Sealed at this level, with no time stamp beside it; the oldest first."""
        rows = self.filter(sealed_at__isnull=False, seal__level=level, time_stamp=None)
        return rows.select_related("patient").order_by("sealed_at", "pk")

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
    "second_template_id",
    "second_content",
    "asked_signers",
    "valid_months",
    "valid_sessions",
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


def differs(*columns: str) -> str:
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
    second_template = models.ForeignKey(
        ConsentTemplate,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: in one language.",
    )
    second_content = models.JSONField(
        null=True, help_text="The same content in the language beside it. Empty: one language."
    )
    asked_signers = models.JSONField(
        default=list, help_text="Who signs beside the patient: guardian, interpreter, witness."
    )
    valid_months = models.PositiveSmallIntegerField(
        null=True, help_text="Empty means: no limit in time."
    )
    valid_sessions = models.PositiveSmallIntegerField(
        null=True, help_text="Empty means: all sessions it names."
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
    valid_until = models.DateTimeField(
        null=True, help_text="Empty means: not sealed, or no limit in time."
    )
    file = models.CharField(max_length=80, blank=True, help_text="Name in the encrypted storage.")
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    pdf_bytes = models.PositiveIntegerField(null=True, help_text="Empty means: not sealed.")
    checked_at = models.DateTimeField(
        null=True, help_text="When the file was compared with its seal. Empty: not yet."
    )
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
                    Q(sealed_at__isnull=False, pdf_bytes__gt=0) & ~Q(file="") & ~Q(pdf_sha256="")
                )
                | Q(sealed_at=None, valid_until=None, pdf_bytes=None, file="", pdf_sha256=""),
                name="consentdocument_sealed_iff_file",
            ),
            models.CheckConstraint(
                condition=Q(second_template__isnull=True, second_content__isnull=True)
                | Q(second_template__isnull=False, second_content__isnull=False),
                name="consentdocument_second_language_whole",
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
        indexes = [
            models.Index(fields=["patient", "created_at"], name="consentdocument_patient"),
            models.Index(
                F("checked_at").asc(nulls_first=True),
                "id",
                condition=Q(sealed_at__isnull=False),
                name="consentdocument_unchecked",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="consentdocument_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="consentdocument_offered_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.offered_at IS NOT NULL AND {differs(*OFFERED_COLUMNS)}"
                ),
            ),
            pgtrigger.Protect(
                name="consentdocument_sealed_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.sealed_at IS NOT NULL AND {differs(*SEALED_COLUMNS)}"
                ),
            ),
            pgtrigger.Protect(
                name="consentdocument_signed_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.signed_at IS NOT NULL AND {differs(*SIGNED_COLUMNS)}"
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
    def open_signers(self) -> list[str]:
        """Who still has to sign beside the patient, in the order in which they are asked."""
        signed = set(self.further_signatures.values_list("role", flat=True))
        return [role for role in self.asked_signers if role not in signed]

    def end_of_validity(self, sealed_at: datetime) -> datetime | None:
        """As the clinic's rules stood when it was offered; None: no limit in time."""
        if self.valid_months is None:
            return None
        months = sealed_at.month - 1 + self.valid_months
        year, month = sealed_at.year + months // 12, months % 12 + 1
        day = min(sealed_at.day, monthrange(year, month)[1])
        return sealed_at.replace(year=year, month=month, day=day)

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
