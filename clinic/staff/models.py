"""Who works here, where, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from clinic.staff.roles import GRANTS, ROLE_NAMES, Permission, Role

LANGUAGES = [("en", "English"), ("ru", "Русский"), ("uk", "Українська")]


class Weekday(models.IntegerChoices):
    """As `datetime.date.weekday` counts."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class LocationQuerySet(models.QuerySet["Location"]):
    def visible_to(self, user: User) -> LocationQuerySet:
        return self.all() if user.may(Permission.SIGN_IN) else self.none()

    def in_use(self) -> LocationQuerySet:
        return self.filter(closed_at=None)


LocationManager = models.Manager.from_queryset(LocationQuerySet)


class Location(models.Model):
    """One address of the clinic, with its clock, its phones and its quiet hours."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    legal_name = models.CharField(
        _("legal name"), max_length=200, help_text=_("Printed in consents.")
    )
    licence = models.CharField(_("licence"), max_length=120, help_text=_("Number and issuer."))
    address = models.CharField(_("address"), max_length=300)
    time_zone = models.CharField(
        _("time zone"), max_length=60, help_text=_("For example Europe/Kyiv.")
    )
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES)
    phone = models.CharField(_("phone"), max_length=30)
    urgent_phone = models.CharField(
        _("urgent phone"), max_length=30, help_text=_("Answered when a patient is worried.")
    )
    emergency_number = models.CharField(_("emergency number"), max_length=10)
    quiet_from = models.TimeField(
        _("quiet from"), help_text=_("No message is sent from this hour on.")
    )
    quiet_until = models.TimeField(
        _("quiet until"), help_text=_("The same as “quiet from” means: no quiet hours.")
    )
    notice_hours = models.PositiveSmallIntegerField(
        null=True, help_text="Empty means: patients ask the desk, and change nothing themselves."
    )
    version = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(null=True, editable=False, help_text="Empty means: in use.")

    objects = LocationManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(language__in=[code for code, _name in LANGUAGES]),
                name="location_language_known",
            ),
            models.CheckConstraint(condition=~Q(time_zone=""), name="location_has_time_zone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user: User) -> RoomQuerySet:
        return self.all() if user.may(Permission.SIGN_IN) else self.none()

    def in_use(self) -> RoomQuerySet:
        return self.filter(closed_at=None, location__closed_at=None)


RoomManager = models.Manager.from_queryset(RoomQuerySet)


class Room(models.Model):
    """A treatment room; one patient at a time."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(null=True, editable=False, help_text="Empty means: in use.")

    objects = RoomManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location", "name"], name="room_name_unique_in_location"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User) -> UserQuerySet:
        return self.all() if user.may(Permission.SIGN_IN) else self.none()

    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def holding(self, permission: Permission) -> UserQuerySet:
        """Everybody one of whose roles grants it."""
        roles = [role.value for role, granted in GRANTS.items() if permission in granted]
        return self.filter(roles__overlap=roles)

    def with_second_factor(self) -> UserQuerySet:
        """Who needs more than a password to sign in."""
        kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=kinds)
        return self.filter(Exists(factors))


if TYPE_CHECKING:
    UserManagerBase = BaseUserManager["User"]
else:
    UserManagerBase = BaseUserManager


class UserManager(UserManagerBase.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Users are found by their address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        user: User = self.get(email__iexact=username)
        return user


class User(AbstractBaseUser):
    """A member of staff, who signs in with an address and holds one or more roles."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("full name"), max_length=200)
    title = models.CharField(
        _("title"),
        max_length=120,
        blank=True,
        help_text=_("Printed in consents: Dr, dermatologist."),
    )
    roles = ArrayField(models.CharField(max_length=20), verbose_name=_("roles"))
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        related_name="team",
        null=True,
        verbose_name=_("location"),
        help_text="Empty means: works everywhere.",
    )
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="en")
    is_active = models.BooleanField(default=True)
    invited_at = models.DateTimeField(null=True, help_text="Empty means: made by the set-up.")
    deactivated_at = models.DateTimeField(null=True, help_text="Empty means: works here.")
    version = models.PositiveIntegerField(default=1)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(roles__contained_by=[role.value for role in Role], roles__len__gt=0),
                name="user_roles_known",
            ),
            models.CheckConstraint(
                condition=Q(is_active=True, deactivated_at=None)
                | Q(is_active=False, deactivated_at__isnull=False),
                name="user_inactive_iff_deactivated_at",
            ),
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
        ]

    def __str__(self) -> str:
        return f"User #{self.pk}"

    def may(self, permission: Permission) -> bool:
        return self.is_active and any(permission in GRANTS[Role(role)] for role in self.roles)

    def is_a(self, role: Role) -> bool:
        return role.value in self.roles

    @property
    def role_names(self) -> list[str]:
        """In the reader's language."""
        return [str(ROLE_NAMES[Role(role)]) for role in self.roles]

    @property
    def signature_name(self) -> str:
        """As it stands under a document."""
        return f"{self.full_name}, {self.title}" if self.title else self.full_name


class StaffPin(models.Model):
    """By which a colleague takes back a tablet; only its hash is kept."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="pin")
    digest = models.CharField(max_length=128)
    set_at = models.DateTimeField()
    wrong = models.PositiveSmallIntegerField(default=0, help_text="In a row, since the last lock.")
    locked_until = models.DateTimeField(null=True, help_text="Empty means: never locked.")

    def __str__(self) -> str:
        return f"StaffPin #{self.pk}"

    def is_locked(self, *, at: datetime) -> bool:
        return self.locked_until is not None and at < self.locked_until


class WorkingHours(models.Model):
    """When somebody works at a location, every week, on its wall clock."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="working_hours")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__in=Weekday.values), name="workinghours_weekday_known"
            ),
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")), name="workinghours_end_after_start"
            ),
            models.UniqueConstraint(
                fields=["user", "weekday", "starts"], name="workinghours_unique_start"
            ),
        ]

    def __str__(self) -> str:
        return f"WorkingHours #{self.pk}"


class TimeOffQuerySet(models.QuerySet["TimeOff"]):
    def visible_to(self, user: User) -> TimeOffQuerySet:
        return self.all() if user.may(Permission.SIGN_IN) else self.none()

    def in_force(self) -> TimeOffQuerySet:
        return self.filter(cancelled_at=None)

    def planned(self, user: User, *, at: datetime) -> TimeOffQuerySet:
        """Of this person: running, or still to come."""
        return self.in_force().filter(user=user, span__endswith__gt=at)


TimeOffManager = models.Manager.from_queryset(TimeOffQuerySet)


class TimeOff(models.Model):
    """Somebody is away. Bookings inside it are listed, never moved by it."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="time_off")
    span = DateTimeRangeField(_("span"))
    cancelled_at = models.DateTimeField(null=True, help_text="Empty means: still planned.")

    objects = TimeOffManager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="timeoff_spans_apart",
                expressions=[("user", RangeOperators.EQUAL), ("span", RangeOperators.OVERLAPS)],
                condition=Q(cancelled_at=None),
            ),
            models.CheckConstraint(condition=Q(span__isempty=False), name="timeoff_span_not_empty"),
        ]

    def __str__(self) -> str:
        return f"TimeOff #{self.pk}"
