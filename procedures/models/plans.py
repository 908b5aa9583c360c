"""What is intended for a patient, what speaks against it, and who decided."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Location, User
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures.domain.outcomes import Decision
from procedures.models.products import Product


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, user: User) -> PlanQuerySet:
        patients = Patient.objects.visible_to(user)
        allowed = user.may(Permission.SEE_CLINICAL) or user.may(Permission.BOOK)
        return self.filter(patient__in=patients) if allowed else self.none()

    def current(self) -> PlanQuerySet:
        """Not replaced by a later revision and not closed."""
        return self.filter(superseded_at=None, closed_at=None)

    def signed_off(self) -> PlanQuerySet:
        return self.filter(signed_off_at__isnull=False)


PlanManager = models.Manager.from_queryset(PlanQuerySet)


@pghistory.track()
class Plan(models.Model):
    """One revision of a treatment plan. Any change is a new revision that needs a new sign-off."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="plans")
    lineage = models.UUIDField(
        default=uuid4, editable=False, help_text="The same in all revisions."
    )
    revision = models.PositiveSmallIntegerField(default=1)
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="replaced_by",
        help_text="Empty means: the first revision.",
    )
    indication = models.CharField(_("indication"), max_length=60, help_text="Knowledge id, ID-...")
    protocol = models.CharField(
        _("protocol"),
        max_length=60,
        blank=True,
        help_text="Knowledge id, CP-...; empty: none fits.",
    )
    area = models.CharField(_("area"), max_length=40)
    technique = models.CharField(_("technique"), max_length=60, help_text="Knowledge id, TE-...")
    pain_relief = models.CharField(_("pain relief"), max_length=200, blank=True)
    sessions = models.PositiveSmallIntegerField(_("number of sessions"))
    interval_days = models.PositiveSmallIntegerField(_("days between sessions"))
    goal = models.CharField(_("goal"), max_length=500)
    other_conditions = models.TextField(
        _("other conditions"),
        max_length=2000,
        blank=True,
        help_text=_("What else the patient and the clinic agree on, one a line."),
    )
    practitioner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="plans", verbose_name=_("who treats")
    )
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="plans", verbose_name=_("location")
    )
    allergy_test_required = models.BooleanField(_("allergy test before session 1"), default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    examination = models.TextField(
        _("examination"), blank=True, help_text=_("What the doctor found.")
    )
    signed_off_at = models.DateTimeField(null=True, help_text="Empty means: no doctor's sign-off.")
    signed_off_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: no doctor's sign-off.",
    )
    superseded_at = models.DateTimeField(null=True, help_text="Empty means: the current revision.")
    closed_at = models.DateTimeField(null=True, help_text="Empty means: not closed.")

    objects = PlanManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lineage", "revision"], name="plan_revision_once"),
            models.UniqueConstraint(
                fields=["lineage"],
                condition=Q(superseded_at=None),
                name="plan_one_current_revision",
            ),
            models.CheckConstraint(condition=Q(sessions__gt=0), name="plan_has_sessions"),
            models.CheckConstraint(
                condition=Q(interval_days__gte=7), name="plan_interval_at_least_a_week"
            ),
            models.CheckConstraint(
                condition=Q(signed_off_at=None, signed_off_by=None)
                | (
                    Q(signed_off_at__isnull=False, signed_off_by__isnull=False) & ~Q(examination="")
                ),
                name="plan_signed_off_iff_by_with_examination",
            ),
            models.CheckConstraint(
                condition=Q(revision=1, replaces=None) | Q(revision__gt=1, replaces__isnull=False),
                name="plan_first_revision_iff_replaces_none",
            ),
        ]
        indexes = [models.Index(fields=["patient", "created_at"], name="plan_patient")]

    def __str__(self) -> str:
        return f"Plan #{self.pk} r{self.revision}"

    @property
    def subject(self) -> str:
        """What a consent to this plan names; the same for all its revisions."""
        return f"plan:{self.lineage}"


class PlanProduct(models.Model):
    """One product of a plan with the volume meant for one session."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="products")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    volume_ml = models.DecimalField(_("volume per session, ml"), max_digits=5, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "product"], name="planproduct_once"),
            models.CheckConstraint(
                condition=Q(volume_ml__gt=0, volume_ml__lte=50), name="planproduct_volume_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"PlanProduct #{self.pk}"


class TestResult(models.TextChoices):
    __test__ = False  # no test of ours: pytest collects what is called Test*

    NEGATIVE = "negative", _("No reaction")
    POSITIVE = "positive", _("Reaction")


class AllergyTest(models.Model):
    """A trial of one product on the skin, read later; without a reading it proves nothing."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergy_tests")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    site = models.CharField(_("site"), max_length=80)
    applied_at = models.DateTimeField()
    applied_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True, help_text="Empty means: not read yet.")
    read_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: not read yet.",
    )
    result = models.CharField(max_length=10, choices=TestResult, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None, result="")
                | Q(read_at__isnull=False, read_by__isnull=False, result__in=TestResult.values),
                name="allergytest_read_iff_result",
            ),
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(read_at__gt=F("applied_at")),
                name="allergytest_read_after_applied",
            ),
        ]

    def __str__(self) -> str:
        return f"AllergyTest #{self.pk}"


class Screening(models.Model):
    """What was known of a patient on a day, and what the rules said, in the words of that moment.

    It is never changed: a new look is a new row.
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="screenings")
    plan = models.ForeignKey(
        Plan,
        on_delete=models.PROTECT,
        null=True,
        related_name="screenings",
        help_text="Empty means: at intake, before there is a plan.",
    )
    on = models.DateField(help_text="The day it was made for.")
    facts = models.JSONField()
    findings = models.JSONField(help_text="Copied whole: code, words, outcome, lifts_on, sources.")
    decision = models.CharField(max_length=25, choices=[(d.value, d.value) for d in Decision])
    earliest_date = models.DateField(
        null=True, help_text="Empty means: free now, or no date is known."
    )
    unresolved = models.JSONField(default=list, help_text="Texts that matched nothing.")
    knowledge = models.CharField(max_length=64, help_text="Version of the rules and settings.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: made by itself, after the history changed.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=[d.value for d in Decision]),
                name="screening_decision_known",
            ),
        ]
        indexes = [models.Index(fields=["patient", "made_at"], name="screening_patient")]
        triggers = [
            pgtrigger.Protect(
                name="screening_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"Screening #{self.pk} ({self.decision})"


class OverrideQuerySet(models.QuerySet["Override"]):
    def visible_to(self, user: User) -> OverrideQuerySet:
        """Of the plans this user may see; reviewing them is for doctors."""
        allowed = user.may(Permission.SIGN_OFF)
        return self.filter(plan__in=Plan.objects.visible_to(user)) if allowed else self.none()


OverrideManager = models.Manager.from_queryset(OverrideQuerySet)


class Override(models.Model):
    """A doctor decides against one finding of one plan, with a reason that the consent prints."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="overrides")
    rule = models.CharField(max_length=160, help_text="Code of the finding.")
    label = models.CharField(max_length=300, help_text="Its words at that moment.")
    reason = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = OverrideManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "rule"], name="override_once_per_plan"),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_reason"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="override_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"Override #{self.pk} {self.rule}"


class Course(models.Model):
    """The sessions booked for a plan. It follows the plan through its revisions."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    plan = models.OneToOneField(Plan, on_delete=models.PROTECT, related_name="course")
    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    accepted = models.JSONField(
        default=list, help_text="Codes of what its days run into, accepted with the reason."
    )
    accepted_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted=[], accepted_reason="")
                | (~Q(accepted=[]) & ~Q(accepted_reason="")),
                name="course_accepted_with_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"Course #{self.pk}"


class CourseHoldQuerySet(models.QuerySet["CourseHold"]):
    def in_force(self, *, at: datetime) -> CourseHoldQuerySet:
        return self.filter(Q(released_at=None) | Q(released_at__gt=at), placed_at__lte=at)


CourseHoldManager = models.Manager.from_queryset(CourseHoldQuerySet)


class CourseHold(models.Model):
    """A clinical stop: no session of the course starts until a clinician releases it."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="holds")
    cause = models.CharField(max_length=120, help_text="What it stands for: reaction:<uuid>.")
    reason = models.CharField(max_length=300)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: placed by the system on a patient's report.",
    )
    released_at = models.DateTimeField(null=True, help_text="Empty means: in force.")
    released_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: in force.",
    )
    release_reason = models.CharField(max_length=300, blank=True)

    objects = CourseHoldManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "cause"], name="coursehold_once_per_cause"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None, release_reason="")
                | (
                    Q(released_at__gte=F("placed_at"), released_by__isnull=False)
                    & ~Q(release_reason="")
                ),
                name="coursehold_released_iff_by_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"CourseHold #{self.pk}"
