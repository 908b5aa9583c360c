"""What was done in a session: by whom, with which lots, where, and the pictures before."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from consent.models import ConsentDocument
from patients.models import Patient, Photo
from procedures.models.calendar import Appointment, AppointmentStatus
from procedures.models.plans import Course, Plan, Screening
from procedures.models.products import Lot


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: User) -> SessionQuerySet:
        return self.filter(appointment__in=Appointment.objects.visible_to(user))

    def completed(self) -> SessionQuerySet:
        return self.filter(appointment__status=AppointmentStatus.COMPLETED)

    def performed(self) -> SessionQuerySet:
        """Those in which something was injected: intervals count from them."""
        return self.filter(started_at__isnull=False)

    def before(self, at: datetime) -> SessionQuerySet:
        return self.filter(started_at__lt=at)


SessionManager = models.Manager.from_queryset(SessionQuerySet)


@pghistory.track()
class Session(models.Model):
    """The treatment part of an appointment. What opened the gate is kept with it."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, related_name="session"
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField(help_text="Counted from 1 within the course.")
    started_at = models.DateTimeField(null=True, help_text="Empty means: not started.")
    started_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty means: not started.",
    )
    completed_at = models.DateTimeField(null=True, help_text="Empty means: not completed.")
    plan = models.ForeignKey(
        Plan,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The revision that was carried out; empty means: not started.",
    )
    screening = models.ForeignKey(
        Screening,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The one that opened the gate; empty means: not started.",
    )
    consent = models.ForeignKey(
        ConsentDocument,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The one that opened the gate; empty means: not started.",
    )
    note = models.TextField(blank=True, help_text="What was done and seen.")
    steps = models.JSONField(default=list, help_text="Ticked, copied: id and words of that day.")
    immediate = models.JSONField(default=list, help_text="Seen at once, copied: id and words.")

    objects = SessionManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0), name="session_counts_from_one"),
            models.CheckConstraint(
                condition=Q(
                    started_at=None, started_by=None, plan=None, screening=None, consent=None
                )
                | Q(
                    started_at__isnull=False,
                    started_by__isnull=False,
                    plan__isnull=False,
                    screening__isnull=False,
                    consent__isnull=False,
                ),
                name="session_started_iff_gate_was_open",
            ),
            models.CheckConstraint(
                condition=Q(completed_at=None) | Q(completed_at__gte=F("started_at")),
                name="session_completed_after_started",
            ),
        ]
        indexes = [models.Index(fields=["patient", "started_at"], name="session_patient")]

    def __str__(self) -> str:
        return f"Session #{self.pk}"


class PreparedLot(models.Model):
    """The unit of a lot laid out for a session, and when it was opened."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="prepared")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="uses")
    opened_at = models.DateTimeField()
    units = models.PositiveSmallIntegerField(default=1, help_text="How many units were opened.")
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "lot"], name="preparedlot_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="preparedlot_opened_something"),
        ]

    def __str__(self) -> str:
        return f"PreparedLot #{self.pk}"


class Drawing(models.TextChoices):
    """What the points are set on; the lines are ours, the places are percentages of them."""

    FACE = "face", _("Face")
    NECK = "neck", _("Neck")
    HANDS = "hands", _("Hands")
    SCALP = "scalp", _("Scalp")
    BODY = "body", _("Body")


class MarkShape(models.TextChoices):
    """How the places of one entry are meant."""

    POINTS = "points", _("Points")
    ZONE = "zone", _("Painted zone")


class Injection(models.Model):
    """One product given in one zone of one session, with its places on a drawing if it was set."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="injections")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="injections")
    zone = models.CharField(_("zone"), max_length=60)
    volume_ml = models.DecimalField(_("volume, ml"), max_digits=5, decimal_places=2)
    depth_mm = models.DecimalField(
        _("depth, mm"),
        max_digits=3,
        decimal_places=1,
        null=True,
        help_text="Empty means: not recorded.",
    )
    points = models.PositiveSmallIntegerField(
        _("points"), null=True, help_text="Empty means: not counted."
    )
    technique = models.CharField(
        max_length=60, blank=True, help_text="Knowledge id, TE-..; empty: that of the plan."
    )
    needle = models.CharField(_("needle"), max_length=60, blank=True)
    device = models.CharField(
        _("device"), max_length=80, blank=True, help_text="Of a technique that needs one."
    )
    drawing = models.CharField(
        max_length=10, choices=Drawing, blank=True, help_text="Empty means: not drawn."
    )
    shape = models.CharField(
        max_length=10, choices=MarkShape, blank=True, help_text="Empty means: not drawn."
    )
    marks = models.JSONField(
        default=list, help_text="[x, y] each, in percent of the drawing's width and height."
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(drawing="", shape="", marks=[])
                | (Q(drawing__in=Drawing.values, shape__in=MarkShape.values) & ~Q(marks=[])),
                name="injection_drawn_with_its_places",
            ),
            models.CheckConstraint(
                condition=Q(volume_ml__gt=0, volume_ml__lte=50), name="injection_volume_sane"
            ),
            models.CheckConstraint(
                condition=Q(depth_mm=None) | Q(depth_mm__gt=0, depth_mm__lte=13),
                name="injection_depth_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"Injection #{self.pk}"


class SessionPhoto(models.Model):
    """A picture that belongs to a session, taken before it."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="photos")
    photo = models.OneToOneField(Photo, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"SessionPhoto #{self.pk}"
