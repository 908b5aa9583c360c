"""What follows a session: what is forbidden until when, how the patient is, what went wrong."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures.models import Session


class AftercarePlanQuerySet(models.QuerySet["AftercarePlan"]):
    def visible_to(self, user: User) -> AftercarePlanQuerySet:
        patients = Patient.objects.visible_to(user)
        allowed = user.may(Permission.SEE_CLINICAL)
        return self.filter(patient__in=patients) if allowed else self.none()

    def running(self, *, at: datetime) -> AftercarePlanQuerySet:
        """Some restriction has not ended yet."""
        return self.filter(session_ended_at__lte=at, ends_at__gt=at)


AftercarePlanManager = models.Manager.from_queryset(AftercarePlanQuerySet)


class AftercarePlan(models.Model):
    """What one completed session asks of the patient, as the knowledge stood then."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="aftercare")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="aftercare_plans")
    session_ended_at = models.DateTimeField(help_text="Time zero: day N is N x 24 hours later.")
    ends_at = models.DateTimeField(help_text="When the last restriction ends.")
    knowledge = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    objects = AftercarePlanManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("session_ended_at")),
                name="aftercareplan_ends_after_session",
            ),
        ]

    def __str__(self) -> str:
        return f"AftercarePlan #{self.pk}"


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def visible_to(self, user: User) -> RestrictionQuerySet:
        return self.filter(plan__in=AftercarePlan.objects.visible_to(user))

    def not_over(self, *, at: datetime) -> RestrictionQuerySet:
        """Holds now or will hold: neither ended nor released."""
        return self.filter(until__gt=at).filter(Q(released_at=None) | Q(released_at__gt=at))

    def releasable(self) -> RestrictionQuerySet:
        """Those a clinician may end before their time."""
        return self.filter(released_at=None, release_from__isnull=False)


RestrictionManager = models.Manager.from_queryset(RestrictionQuerySet)


class Restriction(models.Model):
    """One thing that is forbidden from a moment until another. At `until` it is allowed again."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    plan = models.ForeignKey(AftercarePlan, on_delete=models.PROTECT, related_name="restrictions")
    rule = models.CharField(max_length=40, help_text="Knowledge id, RX-...")
    words = models.JSONField(help_text="forbidden, why, allowed: each with en, ru, uk.")
    sources = models.JSONField(help_text="File and line of each source.")
    basis = models.CharField(max_length=12, help_text="seed, derived or inference.")
    starts_at = models.DateTimeField()
    until = models.DateTimeField(help_text="The strict end.")
    release_from = models.DateTimeField(
        null=True, help_text="From then a clinician may release it. Empty means: never."
    )
    released_at = models.DateTimeField(null=True, help_text="Empty means: not released.")
    released_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: not released.",
    )

    objects = RestrictionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "rule"], name="restriction_once_per_plan"),
            models.CheckConstraint(
                condition=Q(until__gt=F("starts_at")), name="restriction_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__gte=F("release_from"), released_by__isnull=False),
                name="restriction_released_not_too_early",
            ),
        ]

    def __str__(self) -> str:
        return f"Restriction #{self.pk} {self.rule}"

    def may_be_released(self, *, at: datetime) -> bool:
        return (
            self.released_at is None
            and self.release_from is not None
            and self.release_from <= at < self.until
        )


class Feeling(models.TextChoices):
    """How it goes, in the patient's words."""

    NONE = "none", _("Nothing to see or feel any more")
    FADING = "fading", _("Getting better")
    STILL = "still", _("Still the same")
    WORSE = "worse", _("Getting worse")


class Triage(models.TextChoices):
    NORMAL = "normal", _("As expected")
    WATCH = "watch", _("Keep an eye on it")
    CONTACT_CLINIC = "contact_clinic", _("The clinic calls back")
    URGENT = "urgent", _("Urgent")


class Since(models.TextChoices):
    """Since when the patient has noticed it."""

    TODAY = "today", _("Since today")
    YESTERDAY = "yesterday", _("Since yesterday")
    LONGER = "longer", _("For longer")


RED_FLAGS = [Triage.CONTACT_CLINIC, Triage.URGENT]


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    def visible_to(self, user: User) -> CheckInQuerySet:
        return self.filter(plan__in=AftercarePlan.objects.visible_to(user))

    def red_flags(self) -> CheckInQuerySet:
        return self.filter(triage__in=RED_FLAGS)


CheckInManager = models.Manager.from_queryset(CheckInQuerySet)


class CheckIn(models.Model):
    """What a patient told us after a session, and what it means by the rules."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    plan = models.ForeignKey(AftercarePlan, on_delete=models.PROTECT, related_name="check_ins")
    day = models.PositiveSmallIntegerField(help_text="Whole days of 24 hours after the session.")
    at = models.DateTimeField()
    feeling = models.CharField(max_length=10, choices=Feeling)
    signs = models.JSONField(
        default=list, help_text="Knowledge ids of what the patient ticked, SE-..."
    )
    place = models.CharField(max_length=100, blank=True, help_text="Where, in own words.")
    since = models.CharField(
        max_length=10, choices=Since, blank=True, help_text="Empty means: not said."
    )
    words = models.TextField(blank=True)
    triage = models.CharField(max_length=15, choices=Triage)
    because = models.JSONField(default=list, help_text="Rules that decided, SE-...")

    objects = CheckInManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(feeling__in=Feeling.values), name="checkin_feeling_known"
            ),
            models.CheckConstraint(
                condition=Q(triage__in=Triage.values), name="checkin_triage_known"
            ),
            models.CheckConstraint(
                condition=Q(since__in=["", *Since.values]), name="checkin_since_known"
            ),
        ]
        indexes = [models.Index(fields=["plan", "at"], name="checkin_plan")]

    def __str__(self) -> str:
        return f"CheckIn #{self.pk} ({self.triage})"

    @property
    def is_red_flag(self) -> bool:
        return self.triage in RED_FLAGS


class CheckInPhoto(models.Model):
    """A picture a patient sent with a report; encrypted like all files, compared with nothing."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    check_in = models.OneToOneField(CheckIn, on_delete=models.PROTECT, related_name="photo")
    file = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(width__gt=0, height__gt=0), name="checkinphoto_has_size"
            ),
        ]

    def __str__(self) -> str:
        return f"CheckInPhoto #{self.pk}"


class Severity(models.TextChoices):
    MILD = "mild", _("Mild")
    MODERATE = "moderate", _("Moderate")
    SEVERE = "severe", _("Severe")


class ReactionQuerySet(models.QuerySet["Reaction"]):
    def visible_to(self, user: User) -> ReactionQuerySet:
        patients = Patient.objects.visible_to(user)
        allowed = user.may(Permission.SEE_CLINICAL)
        return self.filter(patient__in=patients) if allowed else self.none()


ReactionManager = models.Manager.from_queryset(ReactionQuerySet)


class Reaction(models.Model):
    """An adverse reaction: it holds the course until a clinician releases it."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="reactions")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="reactions")
    check_in = models.OneToOneField(
        CheckIn,
        on_delete=models.PROTECT,
        null=True,
        related_name="reaction",
        help_text="Empty means: seen or heard by staff.",
    )
    signs = models.JSONField(default=list, help_text="Knowledge ids, SE-...")
    severity = models.CharField(max_length=10, choices=Severity)
    description = models.TextField()
    reported_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: reported by the patient.",
    )

    objects = ReactionManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="reaction_severity_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Reaction #{self.pk}"


class May(models.TextChoices):
    """Whether a patient may do what was asked."""

    ALLOWED = "allowed", _("Allowed")
    WITH_CONDITIONS = "allowed_with_conditions", _("Allowed on a condition")
    FORBIDDEN = "forbidden", _("Not yet")


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: User) -> QuestionQuerySet:
        return self.filter(plan__in=AftercarePlan.objects.visible_to(user))

    def waiting(self) -> QuestionQuerySet:
        """The rules had no answer, and no clinician has answered yet."""
        return self.filter(is_open=True, answered_at=None)


QuestionManager = models.Manager.from_queryset(QuestionQuerySet)


class Question(models.Model):
    """What a patient asked on the page, what the rules said, and what a clinician answered."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    plan = models.ForeignKey(AftercarePlan, on_delete=models.PROTECT, related_name="questions")
    asked = models.TextField()
    asked_at = models.DateTimeField()
    may = models.CharField(max_length=30, choices=May)
    until = models.DateTimeField(null=True, help_text="Empty means: nobody has named an end.")
    conditions = models.JSONField(default=list, help_text="Each with en, ru, uk.")
    without = models.JSONField(default=list, help_text="What stays forbidden: each en, ru, uk.")
    rules = models.JSONField(default=list, help_text="Knowledge ids, RX- and RE-.")
    is_open = models.BooleanField(help_text="The rules have no answer: a clinician gives one.")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, help_text="Empty means: not answered.")
    answered_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: not answered.",
    )

    objects = QuestionManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(may__in=May.values), name="question_may_known"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, answer="")
                | (Q(answered_at__gte=F("asked_at"), answered_by__isnull=False) & ~Q(answer="")),
                name="question_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(may="forbidden"), name="question_open_is_forbidden"
            ),
        ]
        indexes = [models.Index(fields=["plan", "asked_at"], name="question_plan")]

    def __str__(self) -> str:
        return f"Question #{self.pk} ({self.may})"

    @property
    def waits(self) -> bool:
        return self.is_open and self.answered_at is None
