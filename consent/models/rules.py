"""What each location of the clinic decides about its consents."""

from datetime import datetime
from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Location, User


class Asked(models.TextChoices):
    """When somebody signs beside the patient."""

    UNSET = "", _("Not set: nobody is asked")
    WHEN_NEEDED = "when-needed", _("When whoever offers it says so")
    ALWAYS = "always", _("Always")


class ConsentRulesQuerySet(models.QuerySet["ConsentRules"]):
    def of(self, location: Location, *, at: datetime) -> "ConsentRules":
        """Those that hold at that moment; where none was set, everything is unset."""
        rows = self.filter(location=location, set_at__lte=at)
        return rows.order_by("-set_at", "-pk").first() or ConsentRules(location=location)


ConsentRulesManager = models.Manager.from_queryset(ConsentRulesQuerySet)


class ConsentRules(models.Model):
    """One decision of the clinic for one location; a change is a new row, and the latest holds."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="consent_rules")
    valid_months = models.PositiveSmallIntegerField(
        _("valid for months"), null=True, help_text="Empty means: no limit in time."
    )
    valid_sessions = models.PositiveSmallIntegerField(
        _("valid for sessions"), null=True, help_text="Empty means: all sessions it names."
    )
    guardian = models.CharField(max_length=12, choices=Asked, blank=True)
    interpreter = models.CharField(max_length=12, choices=Asked, blank=True)
    witness = models.CharField(max_length=12, choices=Asked, blank=True)
    price_line = models.BooleanField(default=False)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ConsentRulesManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_months=None) | Q(valid_months__gt=0),
                name="consentrules_months_positive",
            ),
            models.CheckConstraint(
                condition=Q(valid_sessions=None) | Q(valid_sessions__gt=0),
                name="consentrules_sessions_positive",
            ),
            models.CheckConstraint(
                condition=Q(
                    guardian__in=Asked.values,
                    interpreter__in=Asked.values,
                    witness__in=Asked.values,
                ),
                name="consentrules_asked_known",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="consentrules_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"ConsentRules #{self.pk}"

    def signers(self, asked: Asked) -> list[str]:
        """The further signers to whom this answer was given."""
        roles = ("guardian", "interpreter", "witness")
        return [role for role in roles if getattr(self, role) == asked]
