"""One calendar for every kind of visit; the database keeps it free of double bookings."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.errors import WrongState
from clinic.staff.models import Room, User
from clinic.staff.roles import Permission
from patients.models import Patient


class AppointmentKind(models.TextChoices):
    CONSULTATION = "consultation", _("Consultation")
    ALLERGY_TEST = "allergy-test", _("Allergy test")
    SESSION = "session", _("Session")
    REVIEW = "review", _("Review")


class AppointmentStatus(models.TextChoices):
    BOOKED = "booked", _("Booked")
    ARRIVED = "arrived", _("Arrived")
    STARTED = "started", _("In treatment")
    COMPLETED = "completed", _("Done")
    STOPPED = "stopped", _("Stopped")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no-show", _("Did not come")


S = AppointmentStatus
MOVES: dict[AppointmentStatus, frozenset[AppointmentStatus]] = {
    S.BOOKED: frozenset({S.ARRIVED, S.CANCELLED, S.NO_SHOW}),
    S.ARRIVED: frozenset({S.STARTED, S.CANCELLED, S.NO_SHOW}),
    S.STARTED: frozenset({S.COMPLETED, S.STOPPED}),
    S.COMPLETED: frozenset(),
    S.STOPPED: frozenset(),
    S.CANCELLED: frozenset({S.BOOKED}),  # a slip: it stands again, if its time is free
    S.NO_SHOW: frozenset({S.BOOKED}),
}
SLIP = timedelta(minutes=5)  # in which a booking is taken back as if it had never been
OFF_THE_CALENDAR = [S.CANCELLED, S.NO_SHOW]
AHEAD = (S.BOOKED, S.ARRIVED)  # still to come about
OPEN = (*AHEAD, S.STARTED)  # not over yet


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: User) -> AppointmentQuerySet:
        patients = Patient.objects.visible_to(user)
        return (
            self.filter(patient__in=patients) if user.may(Permission.SEE_CALENDAR) else self.none()
        )

    def standing(self) -> AppointmentQuerySet:
        """Those that take up time: not cancelled, not missed."""
        return self.exclude(status__in=OFF_THE_CALENDAR)

    def ahead(self) -> AppointmentQuerySet:
        """Those still to come about: booked or waiting."""
        return self.filter(status__in=AHEAD)


AppointmentManager = models.Manager.from_queryset(AppointmentQuerySet)

# What a visit takes stands beside what reservations take: see TakenTime.
TAKES = """
IF TG_OP = 'UPDATE' THEN
    IF (OLD.slot, OLD.status, OLD.practitioner_id, OLD.room_id, OLD.patient_id)
        IS NOT DISTINCT FROM
        (NEW.slot, NEW.status, NEW.practitioner_id, NEW.room_id, NEW.patient_id) THEN
        RETURN NULL;
    END IF;
    DELETE FROM procedures_takentime WHERE appointment_id = NEW.id;
END IF;
IF NEW.status NOT IN ('cancelled', 'no-show') THEN
    INSERT INTO procedures_takentime
        (appointment_id, practitioner_key, room_key, patient_key, slot)
    VALUES (NEW.id, NEW.practitioner_id, NEW.room_id, NEW.patient_id, NEW.slot);
END IF;
RETURN NULL;
"""


def _free(owner: str) -> ExclusionConstraint:
    """Nobody and no room is in two places at once."""
    return ExclusionConstraint(
        name=f"appointment_{owner}_free",
        expressions=[(owner, RangeOperators.EQUAL), ("slot", RangeOperators.OVERLAPS)],
        condition=~Q(status__in=OFF_THE_CALENDAR),
    )


@pghistory.track()
class Appointment(models.Model):
    """One visit. `slot` is [start, end) in UTC, so that neighbours may touch."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=15, choices=AppointmentKind)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    practitioner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("practitioner")
    )
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("room")
    )
    slot = DateTimeRangeField()
    status = models.CharField(max_length=10, choices=AppointmentStatus, default=S.BOOKED)
    moves = models.PositiveSmallIntegerField(default=0, help_text="How often it was moved.")
    note = models.CharField(_("note for the desk"), max_length=300, blank=True)
    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(
        null=True, help_text="Empty means: the patient has not confirmed this time."
    )
    arrived_at = models.DateTimeField(null=True, help_text="Empty means: did not arrive yet.")
    ended_at = models.DateTimeField(null=True, help_text="Empty means: not over.")
    reason = models.CharField(max_length=300, blank=True, help_text="Why cancelled or stopped.")
    version = models.PositiveIntegerField(default=1)

    objects = AppointmentManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AppointmentKind.values), name="appointment_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=AppointmentStatus.values), name="appointment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(slot__isempty=False, slot__lower_inf=False, slot__upper_inf=False),
                name="appointment_slot_has_both_ends",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["booked", "arrived", "started"], ended_at=None)
                | Q(
                    status__in=["completed", "stopped", "cancelled", "no-show"],
                    ended_at__isnull=False,
                ),
                name="appointment_over_iff_ended_at",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["arrived", "started", "completed", "stopped"])
                | Q(arrived_at__isnull=False),
                name="appointment_arrived_before_started",
            ),
            _free("practitioner"),
            _free("room"),
            _free("patient"),
        ]
        indexes = [
            models.Index(fields=["patient", "status"], name="appointment_patient"),
            GistIndex(fields=["slot"], name="appointment_slot"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="appointment_takes_time",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=TAKES,
            )
        ]

    def __str__(self) -> str:
        return f"Appointment #{self.pk} ({self.status})"

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        lasts: timedelta = self.slot.upper - self.slot.lower
        return lasts // timedelta(minutes=1)

    def can_be_taken_back(self, *, at: datetime, by: User) -> bool:
        """Whether this person booked it by a slip of the hand, and so short ago."""
        ahead = self.status in AHEAD and not self.moves
        return ahead and self.booked_by_id == by.pk and at < self.booked_at + SLIP

    @property
    def is_off(self) -> bool:
        """Cancelled or missed: it takes up no time."""
        return self.status in OFF_THE_CALENDAR

    def move_to(self, status: AppointmentStatus) -> None:
        """Set the status if the table allows it; the caller saves."""
        current = AppointmentStatus(self.status)
        if status not in MOVES[current]:
            raise WrongState(state=current.label)
        self.status = status
