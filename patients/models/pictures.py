"""Pictures of an area from a standard view."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
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
    """Standard views; which of them an area needs is for `photos.standard_views`."""

    FRONT = "front", _("Front")
    LEFT_45 = "left-45", _("Left, 45°")
    RIGHT_45 = "right-45", _("Right, 45°")
    LEFT_90 = "left-90", _("Left, 90°")
    RIGHT_90 = "right-90", _("Right, 90°")
    CLOSE_UP = "close-up", _("Close-up")


class PhotoUse(models.TextChoices):
    """What a photo may be used for beyond the record."""

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
        return self.filter(removed_at=None)


PhotoManager = models.Manager.from_queryset(PhotoQuerySet)


class Photo(models.Model):
    """One picture of one area from one standard view, encrypted at rest.

    What it may be used for beyond the record is the patient's to give and to take back.
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
    teaching_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    marketing_allowed_at = models.DateTimeField(null=True, help_text="Empty means: not allowed.")
    removed_at = models.DateTimeField(null=True, help_text="Empty means: kept.")

    objects = PhotoManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(area__in=Area.values), name="photo_area_known"),
            models.CheckConstraint(condition=Q(view__in=View.values), name="photo_view_known"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="photo_has_pixels"),
        ]
        indexes = [models.Index(fields=["patient", "area", "taken_at"], name="photo_patient_area")]

    def __str__(self) -> str:
        return f"Photo #{self.pk} ({self.view})"
