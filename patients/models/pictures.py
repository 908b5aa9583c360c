"""Pictures of an area from a standard view."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import F, Q, Window
from django.db.models.functions import DenseRank, TruncDate
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models.people import Patient


class Area(models.TextChoices):
    """Where on the body: of a photo, and of a plan."""

    FACE = "face", _("Face")
    LOWER_EYELID = "lower-eyelid", _("Lower eyelids")
    NECK = "neck", _("Neck")
    DECOLLETE = "decollete", _("Décolleté")
    HANDS = "hands", _("Hands")
    SCALP = "scalp", _("Scalp")
    BODY = "body", _("Body")


class View(models.TextChoices):
    """Standard views in the order in which they are taken; `photos.standard_views` chooses."""

    FRONT = "front", _("Front")
    LEFT_45 = "left-45", _("Left, 45°")
    RIGHT_45 = "right-45", _("Right, 45°")
    LEFT_90 = "left-90", _("Left, 90°")
    RIGHT_90 = "right-90", _("Right, 90°")
    BACK = "back", _("From behind")
    TOP = "top", _("From above")
    CLOSE_UP = "close-up", _("Close-up")


class PhotoUse(models.TextChoices):
    """What a photo may be used for. The record's is given when it is taken, and can be revoked."""

    RECORD = "record", _("The record")
    TEACHING = "teaching", _("Teaching")
    MARKETING = "marketing", _("Marketing")

    @property
    def column(self) -> str:
        return f"{self.value}_allowed_at"


class PhotoQuerySet(models.QuerySet["Photo"]):
    def visible_to(self, user: User) -> PhotoQuerySet:
        patients = Patient.objects.visible_to(user)
        allowed = user.may(Permission.SEE_CLINICAL)
        return self.filter(patient__in=patients) if allowed else self.none()

    def kept(self) -> PhotoQuerySet:
        """What a chart shows: neither removed nor closed by the patient."""
        return self.usable_for(PhotoUse.RECORD)

    def usable_for(self, use: str) -> PhotoQuerySet:
        """What may leave for this purpose now; every export starts here."""
        rows = self.filter(removed_at=None, record_allowed_at__isnull=False)
        return rows.filter(**{f"{PhotoUse(use).column}__isnull": False})

    def of_newest_days(self, days: int) -> PhotoQuerySet:
        """What was taken on the last days of each area."""
        day = TruncDate("taken_at")
        rank = Window(DenseRank(), partition_by=F("area"), order_by=day.desc())
        return self.annotate(rank_of_day=rank).filter(rank_of_day__lte=days)

    def without_thumbnail(self) -> PhotoQuerySet:
        return self.filter(removed_at=None, thumbnail_at=None)


PhotoManager = models.Manager.from_queryset(PhotoQuerySet)


class Photo(models.Model):
    """One picture of one area from one standard view, encrypted at rest.

    What it may be used for is the patient's to give and to take back.
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="photos")
    area = models.CharField(max_length=40, choices=Area)
    view = models.CharField(max_length=10, choices=View)
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    file = models.CharField(max_length=80, unique=True, help_text="Name in the encrypted storage.")
    sha256 = models.CharField(max_length=64, help_text="Of the picture before encryption.")
    width = models.PositiveIntegerField(help_text="Pixels.")
    height = models.PositiveIntegerField(help_text="Pixels.")
    thumbnail_at = models.DateTimeField(null=True, help_text="Empty means: not made yet.")
    record_allowed_at = models.DateTimeField(null=True, help_text="Empty means: taken back.")
    teaching_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    marketing_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    removed_at = models.DateTimeField(null=True, help_text="Empty means: kept.")

    objects = PhotoManager()
    ticket = ""  # where a page that shows it has put that on record

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(area__in=Area.values), name="photo_area_known"),
            models.CheckConstraint(condition=Q(view__in=View.values), name="photo_view_known"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="photo_has_pixels"),
            models.CheckConstraint(
                condition=Q(record_allowed_at__isnull=False)
                | Q(teaching_allowed_at=None, marketing_allowed_at=None),
                name="photo_closed_to_all_uses",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "area", "taken_at"], name="photo_patient_area"),
            models.Index(
                fields=["id"], condition=Q(thumbnail_at=None), name="photo_without_thumbnail"
            ),
        ]

    def __str__(self) -> str:
        return f"Photo #{self.pk} ({self.view})"

    @property
    def thumbnail(self) -> str:
        """The name of the small copy in the encrypted storage."""
        return f"{self.file}-small"

    def allowed_since(self, use: str) -> datetime | None:
        since: datetime | None = getattr(self, PhotoUse(use).column)
        return since


class PhotoUseDecision(models.Model):
    """One word of the patient about one use of one photo, and who wrote it down."""

    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="decisions")
    use = models.CharField(max_length=12, choices=PhotoUse)
    allowed = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(use__in=PhotoUse.values), name="photo_use_known"),
        ]
        indexes = [models.Index(fields=["photo", "at"], name="photo_use_decided")]

    def __str__(self) -> str:
        return f"PhotoUseDecision #{self.pk}"


class Markup(models.Model):
    """What somebody drew over a photo. The photo stays as it is; a change is a new row."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="markups")
    marks = models.JSONField(help_text="Strokes and points in ten-thousandths of the photo.")
    drawn_at = models.DateTimeField()
    drawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    superseded_at = models.DateTimeField(null=True, help_text="Empty means: the one shown.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["photo"], condition=Q(superseded_at=None), name="markup_one_is_shown"
            ),
            models.CheckConstraint(
                condition=Q(superseded_at=None) | Q(superseded_at__gte=F("drawn_at")),
                name="markup_superseded_after_drawn",
            ),
        ]

    def __str__(self) -> str:
        return f"Markup #{self.pk}"


class Alignment(models.Model):
    """The same two places found on two photos, so that one can be laid over the other."""

    before = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="+")
    points = models.JSONField(
        help_text="Four of [x, y] in ten-thousandths: two of the first, the same two of the second."
    )
    aligned_at = models.DateTimeField()
    aligned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["before", "after"], name="alignment_once_a_pair"),
            models.CheckConstraint(
                condition=~Q(before=F("after")), name="alignment_is_of_two_photos"
            ),
        ]

    def __str__(self) -> str:
        return f"Alignment #{self.pk}"
