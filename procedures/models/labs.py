"""What a laboratory found before a course."""

from __future__ import annotations

from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import User
from patients.models import Patient


class LabResult(models.Model):
    """What a laboratory found for one course, in its own words; a later row counts instead."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="lab_results")
    lineage = models.UUIDField(help_text="Of the plan, the same in all its revisions.")
    name = models.CharField(_("test"), max_length=200, help_text="As the clinic's list calls it.")
    value = models.CharField(_("result"), max_length=200)
    result_date = models.DateField(_("date of the result"))
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(value=""), name="labresult_says_something"
            ),
        ]
        indexes = [models.Index(fields=["patient", "lineage"], name="labresult_plan")]
        triggers = [
            pgtrigger.Protect(
                name="labresult_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"LabResult #{self.pk}"
