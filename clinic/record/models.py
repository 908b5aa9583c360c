"""What was done, by whom, and what a person still has to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def about(self, subject: UUID) -> AuditEntryQuerySet:
        """Of this row, or of this patient."""
        return self.filter(Q(subject_uuid=subject) | Q(patient_uuid=subject))


AuditEntryManager = models.Manager.from_queryset(AuditEntryQuerySet)


class AuditEntry(models.Model):
    """One thing one person did or saw. Written with the change it describes, never edited.

    Actor and subject are copied (kind, UUID, name), not referenced, so that an entry survives
    whoever and whatever it names. At commit the database appends it to the chain.
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=60, help_text="A dotted verb: session.completed.")
    actor_kind = models.CharField(
        max_length=40, help_text="staff.user, messaging.patientlink, system."
    )
    actor_uuid = models.UUIDField(null=True, help_text="Empty means: the system itself.")
    actor_name = models.CharField(max_length=200, blank=True)
    subject_kind = models.CharField(max_length=40)
    subject_uuid = models.UUIDField()
    patient_uuid = models.UUIDField(null=True, help_text="Empty means: about no patient.")
    address = models.GenericIPAddressField(null=True, help_text="Empty means: not from the web.")
    facts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical form of this row.")

    objects = AuditEntryManager()

    class Meta:
        indexes = [
            models.Index(fields=["subject_uuid", "at"], name="audit_subject"),
            models.Index(fields=["patient_uuid", "at"], name="audit_patient"),
            models.Index(fields=["at"], name="audit_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="auditentry_digest_is_sha256"
            ),
            models.CheckConstraint(
                condition=Q(actor_kind="system", actor_uuid=None)
                | (~Q(actor_kind="system") & Q(actor_uuid__isnull=False)),
                name="auditentry_actor_unless_system",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="auditentry_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"AuditEntry #{self.pk} {self.action}"


class AuditLink(models.Model):
    """The place of one entry in the chain: SHA-256(previous hash + digest), made at commit."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="link")
    position = models.PositiveBigIntegerField(unique=True)
    previous = models.CharField(max_length=64, help_text="Sixty-four zeros for the first.")
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(position__gt=0), name="auditlink_counts_from_one"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="auditlink_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"AuditLink #{self.position}"


class Worker(Protocol):
    """A member of staff, seen from below: whose tasks are listed."""

    @property
    def uuid(self) -> UUID: ...
    @property
    def roles(self) -> list[str]: ...


ANSWERS_FOR_ALL = "clinical-lead"
URGENT_WAITS, TASK_WAITS = timedelta(minutes=30), timedelta(days=2)


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> TaskQuerySet:
        return self.filter(done_at=None)

    def due(self, *, at: datetime) -> TaskQuerySet:
        """To be shown now: open, and not put off until later."""
        return self.open().filter(Q(snoozed_until=None) | Q(snoozed_until__lte=at))

    def put_off(self, *, at: datetime) -> TaskQuerySet:
        """Open, and hidden until later."""
        return self.open().filter(snoozed_until__gt=at)

    def urgent(self) -> TaskQuerySet:
        return self.filter(urgent=True)

    def visible_to(self, user: Worker) -> TaskQuerySet:
        return self.for_roles(user.roles, user.uuid)

    def for_roles(self, roles: list[str], owner: object) -> TaskQuerySet:
        """Those of one of these roles, of this person (a UUID), or passed on to who answers."""
        mine = Q(role__in=roles) | Q(owner_uuid=owner)
        if ANSWERS_FOR_ALL in roles:
            mine |= Q(escalated_at__isnull=False)
        return self.filter(mine)

    def neglected(self, *, at: datetime) -> TaskQuerySet:
        """Nobody has taken it in time, and nobody above knows: an urgent one sooner."""
        late = Q(urgent=True, due_at__lte=at - URGENT_WAITS) | Q(due_at__lte=at - TASK_WAITS)
        return self.due(at=at).filter(late, escalated_at=None, owner_uuid=None)


TaskManager = models.Manager.from_queryset(TaskQuerySet)


class TaskKind(models.TextChoices):
    """What a person is asked to do."""

    RED_FLAG = "red-flag", _("A patient reported a warning sign")
    CALL_PATIENT = "call-patient", _("Call a patient")
    UNSAFE_SESSION = "unsafe-session", _("A booked session is no longer safe")
    CONSENT_PROBLEM = "consent-problem", _("A consent needs attention")
    MESSAGE_FAILED = "message-failed", _("A message was not delivered")
    MESSAGE_UNCERTAIN = "message-uncertain", _("A message may or may not have arrived")
    LOT_RECALL = "lot-recall", _("A lot that was used is withdrawn")
    NEXT_COURSE = "next-course", _("Offer the next treatment")
    REVIEW = "review", _("Something waits for review")
    FOLLOW_UP = "follow-up", _("Book a follow-up visit")
    PATIENT_CHANGED = "patient-changed", _("A patient changed a visit")
    VISIT_TO_MOVE = "visit-to-move", _("A visit has to be moved")
    VISIT_LEFT_OPEN = "visit-left-open", _("A patient came, and the visit was never finished")


class Task(models.Model):
    """Something a person must do, named by what caused it so that it is never asked twice."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=30, choices=TaskKind)
    cause = models.CharField(max_length=120, unique=True, help_text="red-flag:checkin:<uuid>")
    subject_kind = models.CharField(max_length=40)
    subject_uuid = models.UUIDField()
    patient_uuid = models.UUIDField(null=True, help_text="Empty means: about no patient.")
    facts = models.JSONField(default=dict, help_text="Codes and dates, never health words.")
    role = models.CharField(max_length=20, blank=True, help_text="Empty means: the owner's alone.")
    owner_uuid = models.UUIDField(null=True, help_text="Empty means: anybody of the role.")
    urgent = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True, help_text="Empty means: not put off.")
    escalated_at = models.DateTimeField(
        null=True, help_text="Empty means: not passed on to those who answer for it."
    )
    done_at = models.DateTimeField(null=True, help_text="Empty means: still open.")
    done_by_uuid = models.UUIDField(
        null=True, help_text="Empty means: still open, or settled by itself."
    )
    outcome = models.TextField(blank=True, help_text="What was done about it.")

    objects = TaskManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=TaskKind.values), name="task_kind_known"),
            models.CheckConstraint(
                condition=~Q(role="") | Q(owner_uuid__isnull=False), name="task_is_somebodys"
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(done_at__gte=F("created_at")),
                name="task_done_after_created",
            ),
        ]
        indexes = [
            models.Index(
                fields=["role", "due_at"], condition=Q(done_at=None), name="task_open_by_role"
            ),
            models.Index(fields=["patient_uuid"], name="task_patient"),
        ]

    def __str__(self) -> str:
        return f"Task #{self.pk} {self.kind}"
