"""Who is treated: identity, history, intake answers, photos."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.messaging.models import Recipient
from clinic.staff.models import LANGUAGES, User
from clinic.staff.roles import Permission


class Sex(models.TextChoices):
    FEMALE = "F", _("Female")
    MALE = "M", _("Male")
    UNKNOWN = "", _("Not stated")


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> PatientQuerySet:
        """The one door: who may not see a patient gets the same 404 as for none."""
        return self.filter(erased_at=None) if user.may(Permission.SEE_PATIENTS) else self.none()


PatientManager = models.Manager.from_queryset(PatientQuerySet)


@pghistory.track()
class Patient(models.Model):
    """A person the clinic treats. URLs carry the `uuid`; people say the chart `number`."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True, help_text="Chart number, counted from 1001.")
    family_name = models.CharField(_("family name"), max_length=100)
    given_name = models.CharField(_("given name"), max_length=100)
    folded = models.CharField(
        max_length=500, editable=False,
        help_text="Names in both scripts, folded for search (see names.fold).",
    )
    birth_date = models.DateField(_("date of birth"))
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, blank=True)
    can_be_pregnant = models.BooleanField(
        _("can be pregnant"), null=True, help_text="Empty means: not asked, so the questions are."
    )
    phone = models.CharField(_("phone"), max_length=20, blank=True, help_text="E.164.")
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES)
    recipient = models.OneToOneField(Recipient, on_delete=models.PROTECT, related_name="patient")
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    history_changed_at = models.DateTimeField(
        help_text="When an answer or a history item last changed; a screening must be younger."
    )
    version = models.PositiveIntegerField(default=1)
    erased_at = models.DateTimeField(null=True, help_text="Empty means: still a patient.")

    objects = PatientManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sex__in=Sex.values), name="patient_sex_known"),
            models.CheckConstraint(
                condition=~Q(family_name="") & ~Q(given_name=""), name="patient_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(birth_date__gte=date(1900, 1, 1)), name="patient_born_after_1900"
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(erased_at__gte=F("registered_at")),
                name="patient_erased_after_registered",
            ),
        ]
        indexes = [
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="patient_folded_trgm"),
            GinIndex(OpClass("phone", name="gin_trgm_ops"), name="patient_phone_trgm"),
            models.Index(fields=["birth_date"], name="patient_birth_date"),
            models.Index(
                fields=["family_name", "given_name", "id"], name="patient_by_name"
            ),
        ]

    def __str__(self) -> str:
        return f"Patient #{self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.family_name} {self.given_name}"

    def age_on(self, on: date) -> int:
        """Whole years on that day, as the law counts them."""
        before = (on.month, on.day) < (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - before


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

    def current(self) -> HistoryItemQuerySet:
        """What holds now: not replaced, not withdrawn."""
        return self.filter(superseded_by=None).exclude(
            verification__in=[Verification.REFUTED, Verification.ENTERED_IN_ERROR]
        )


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
    none_known = models.BooleanField(default=False)
    sensitive = models.BooleanField(default=False, help_text="For doctors only.")
    status = models.CharField(
        max_length=10, choices=ClinicalStatus, default=ClinicalStatus.ACTIVE
    )
    verification = models.CharField(
        max_length=20, choices=Verification, default=Verification.UNCONFIRMED
    )
    onset_date = models.DateField(null=True, help_text="Empty means: not known.")
    end_date = models.DateField(null=True, help_text="Empty means: not ended, or not known.")
    asserted_by = models.CharField(max_length=10, choices=Asserter)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    superseded_by = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="supersedes",
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
                condition=Q(none_known=True, text="", concept="") | (Q(none_known=False) & ~Q(text="")),
                name="historyitem_text_unless_none_known",
            ),
            models.CheckConstraint(
                condition=Q(end_date=None) | Q(onset_date=None) | Q(end_date__gte=F("onset_date")),
                name="historyitem_ends_after_onset",
            ),
        ]
        indexes = [models.Index(fields=["patient", "kind"], name="historyitem_patient")]

    def __str__(self) -> str:
        return f"HistoryItem #{self.pk} ({self.kind})"


class IntakeSource(models.TextChoices):
    DESK = "desk", _("At the clinic, with staff")
    TABLET = "tablet", _("On the clinic's tablet")
    LINK = "link", _("At home")


class Intake(models.Model):
    """One filling-in of the questionnaire. The last completed one is what the patient says now."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="intakes")
    moment = models.CharField(max_length=10, help_text="intake, or session: asked again that day.")
    source = models.CharField(max_length=10, choices=IntakeSource)
    knowledge = models.CharField(max_length=64, help_text="Version of the questions.")
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, help_text="Empty means: not finished.")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=IntakeSource.values), name="intake_source_known"
            ),
            models.CheckConstraint(
                condition=Q(completed_at=None) | Q(completed_at__gte=F("started_at")),
                name="intake_completed_after_started",
            ),
        ]
        indexes = [models.Index(fields=["patient", "completed_at"], name="intake_patient")]

    def __str__(self) -> str:
        return f"Intake #{self.pk}"


class Reply(models.TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNSURE = "unsure", _("Not sure")
    ASSESSED = "assessed", _("Assessed")
    NOT_ASSESSED = "not_assessed", _("Not assessed")


class Answer(models.Model):
    """What the patient said to one question of one intake; a dated fact keeps its date."""

    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="answers")
    question = models.CharField(max_length=40, help_text="Id of the contraindication: CI-FEVER.")
    reply = models.CharField(max_length=12, choices=Reply)
    date = models.DateField(null=True, help_text="Empty means: the rule needs none, or not known.")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intake", "question"], name="answer_once_per_intake"),
            models.CheckConstraint(condition=Q(reply__in=Reply.values), name="answer_reply_known"),
            models.CheckConstraint(
                condition=Q(date=None) | Q(reply=Reply.YES), name="answer_date_only_with_yes"
            ),
        ]

    def __str__(self) -> str:
        return f"Answer #{self.pk} {self.question}"


class View(models.TextChoices):
    """Standard views of the face; other areas use the front one and a close-up."""

    FRONT = "front", _("Front")
    LEFT_45 = "left-45", _("Left, 45°")
    RIGHT_45 = "right-45", _("Right, 45°")
    LEFT_90 = "left-90", _("Left, 90°")
    RIGHT_90 = "right-90", _("Right, 90°")
    CLOSE_UP = "close-up", _("Close-up")


class PhotoQuerySet(models.QuerySet["Photo"]):
    def visible_to(self, user: User) -> PhotoQuerySet:
        patients = Patient.objects.visible_to(user)
        allowed = user.may(Permission.SEE_CLINICAL)
        return self.filter(patient__in=patients) if allowed else self.none()

    def kept(self) -> PhotoQuerySet:
        return self.filter(removed_at=None)


PhotoManager = models.Manager.from_queryset(PhotoQuerySet)


class Photo(models.Model):
    """One picture of one area from one standard view, encrypted at rest.

    What it may be used for beyond the record is the patient's to give and to take back.
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="photos")
    area = models.CharField(max_length=40)
    view = models.CharField(max_length=10, choices=View)
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    file = models.CharField(max_length=80, unique=True, help_text="Name in the encrypted storage.")
    sha256 = models.CharField(max_length=64, help_text="Of the picture before encryption.")
    width = models.PositiveIntegerField(help_text="Pixels.")
    height = models.PositiveIntegerField(help_text="Pixels.")
    teaching_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    marketing_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    removed_at = models.DateTimeField(null=True, help_text="Empty means: kept.")

    objects = PhotoManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(view__in=View.values), name="photo_view_known"),
            models.CheckConstraint(
                condition=Q(width__gt=0, height__gt=0), name="photo_has_pixels"
            ),
        ]
        indexes = [models.Index(fields=["patient", "area", "taken_at"], name="photo_patient_area")]

    def __str__(self) -> str:
        return f"Photo #{self.pk} ({self.view})"
