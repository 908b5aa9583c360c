"""Fillings-in of the questionnaire, and the answers in them."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models.people import Patient
from patients.models.statements import HistoryKind

ABOUT_ALLERGIES = "CI-ALLERGY-COMPONENT"  # the question whose note names what it is about


class IntakeSource(models.TextChoices):
    DESK = "desk", _("At the clinic, with staff")
    TABLET = "tablet", _("On the clinic's tablet")
    LINK = "link", _("At home")


class IntakeQuerySet(models.QuerySet["Intake"]):
    def visible_to(self, user: User) -> IntakeQuerySet:
        if not user.may(Permission.SEE_CLINICAL):
            return self.none()
        return self.filter(patient__in=Patient.objects.visible_to(user))

    def completed(self) -> IntakeQuerySet:
        return self.filter(completed_at__isnull=False)

    def drafts(self) -> IntakeQuerySet:
        return self.filter(completed_at=None)

    def to_review(self) -> IntakeQuerySet:
        """Handed in by patients; nobody has looked at it yet."""
        return self.drafts().filter(handed_in_at__isnull=False)


IntakeManager = models.Manager.from_queryset(IntakeQuerySet)


class Moment(models.TextChoices):
    """When the questions are asked."""

    INTAKE = "intake", _("Before the first treatment")
    SESSION = "session", _("Again on the day of a session")


class Intake(models.Model):
    """One filling-in of the questionnaire. The last completed one is what the patient says now."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="intakes")
    moment = models.CharField(max_length=10, choices=Moment)
    source = models.CharField(max_length=10, choices=IntakeSource)
    knowledge = models.CharField(max_length=64, help_text="Version of the questions.")
    started_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(
        null=True, help_text="Empty means: the patient has not handed it in, or staff filled it in."
    )
    completed_at = models.DateTimeField(null=True, help_text="Empty means: it does not count yet.")
    recorded_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="Who filled it in or reviewed it. Empty means: only the patient so far.",
    )
    can_be_pregnant = models.BooleanField(
        null=True, help_text="As the patient says in it; the chart learns it at the review."
    )

    objects = IntakeManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(moment__in=Moment.values), name="intake_moment_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=IntakeSource.values), name="intake_source_known"
            ),
            models.UniqueConstraint(
                fields=["patient", "moment"],
                condition=Q(completed_at=None),
                name="intake_one_draft_per_moment",
            ),
            models.CheckConstraint(
                condition=Q(completed_at=None) | Q(completed_at__gte=F("started_at")),
                name="intake_completed_after_started",
            ),
            models.CheckConstraint(
                condition=~Q(source__in=[IntakeSource.LINK, IntakeSource.TABLET])
                | Q(completed_at=None)
                | Q(handed_in_at__isnull=False, recorded_by__isnull=False),
                name="intake_reviewed_before_it_counts",
            ),
        ]
        indexes = [models.Index(fields=["patient", "completed_at"], name="intake_patient")]

    def __str__(self) -> str:
        return f"Intake #{self.pk}"

    @property
    def by_patient(self) -> bool:
        """Filled in without staff beside: it counts only after somebody has reviewed it."""
        return self.source != IntakeSource.DESK

    @property
    def pregnancy_possible(self) -> bool | None:
        """As it says itself, else as the chart knows."""
        known = self.patient.can_be_pregnant
        return known if self.can_be_pregnant is None else self.can_be_pregnant


class Reply(models.TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNSURE = "unsure", _("Not sure")
    ASSESSED = "assessed", _("Assessed")
    NOT_ASSESSED = "not_assessed", _("Not assessed")
    SAID = "said", _("In their own words")


class AnswerQuerySet(models.QuerySet["Answer"]):
    def visible_to(self, user: User) -> AnswerQuerySet:
        if not user.may(Permission.SEE_CLINICAL):
            return self.none()
        answers = self.filter(intake__patient__in=Patient.objects.visible_to(user))
        return answers if user.may(Permission.SEE_SENSITIVE) else answers.filter(sensitive=False)

    def needing_a_doctor(self) -> AnswerQuerySet:
        """Confidential, and anything but no: the others are told only that there is something."""
        return self.filter(sensitive=True).exclude(reply=Reply.NO)


AnswerManager = models.Manager.from_queryset(AnswerQuerySet)


class Answer(models.Model):
    """What the patient said to one question of one intake; a dated fact keeps its date."""

    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="answers")
    question = models.CharField(max_length=40, help_text="Id of the contraindication: CI-FEVER.")
    reply = models.CharField(max_length=12, choices=Reply)
    date = models.DateField(null=True, help_text="Empty means: the rule needs none, or not known.")
    note = models.CharField(max_length=300, blank=True)
    sensitive = models.BooleanField(default=False, help_text="For doctors only.")
    answered_at = models.DateTimeField()

    objects = AnswerManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intake", "question"], name="answer_once_per_intake"),
            models.CheckConstraint(condition=Q(reply__in=Reply.values), name="answer_reply_known"),
            models.CheckConstraint(
                condition=Q(date=None) | Q(reply__in=[Reply.YES, Reply.NO]),
                name="answer_date_with_yes_or_no",
            ),
            models.CheckConstraint(
                condition=~Q(reply=Reply.SAID) | ~Q(note=""), name="answer_said_has_words"
            ),
        ]

    def __str__(self) -> str:
        return f"Answer #{self.pk} {self.question}"

    @property
    def note_kind(self) -> HistoryKind:
        """In which list of the history the words beside the answer would stand."""
        allergy = self.question == ABOUT_ALLERGIES
        return HistoryKind.ALLERGY if allergy else HistoryKind.CONDITION

    @property
    def note_counts(self) -> bool:
        """Whether its words must be understood: beside a no, or where they name the allergy."""
        speaks = bool(self.note) and self.reply != Reply.SAID
        return speaks and (self.reply == Reply.NO or self.question == ABOUT_ALLERGIES)
