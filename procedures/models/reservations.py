"""Time that is promised but not booked yet, and the one table in which no two things overlap."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from psycopg.types.range import TimestamptzRange

from clinic.record.audit import Named
from clinic.staff.models import Room, User
from patients.models import Patient

RESERVED = """
IF TG_OP <> 'INSERT' THEN
    DELETE FROM procedures_takentime WHERE reservation_id = OLD.id;
END IF;
IF TG_OP <> 'DELETE' THEN
    INSERT INTO procedures_takentime
        (reservation_id, practitioner_key, room_key, patient_key, slot)
    VALUES (NEW.id, NEW.practitioner_id, NEW.room_id, NEW.patient_id, NEW.slot);
END IF;
RETURN NULL;
"""


class SlotReservationQuerySet(models.QuerySet["SlotReservation"]):
    def in_force(self, *, at: datetime) -> SlotReservationQuerySet:
        return self.filter(expires_at__gt=at)

    def expired(self, *, at: datetime) -> SlotReservationQuerySet:
        return self.filter(expires_at__lte=at)

    def over(self, slot: TimestamptzRange) -> SlotReservationQuerySet:
        return self.filter(slot__overlap=slot)

    def touching(self, practitioner: User, room: Room, patient: Patient) -> SlotReservationQuerySet:
        """Those that would stand in the way of these three."""
        return self.filter(Q(practitioner=practitioner) | Q(room=room) | Q(patient=patient))

    def giving_way(self, *, at: datetime, to: Named, patient: Patient) -> SlotReservationQuerySet:
        """Those that are over, those this person made, and those made for this very patient."""
        return self.filter(Q(expires_at__lte=at) | Q(held_by__uuid=to.uuid) | Q(patient=patient))


SlotReservationManager = models.Manager.from_queryset(SlotReservationQuerySet)


class SlotReservation(models.Model):
    """A time that is being talked about, until a moment. It is deleted when booked or over."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    practitioner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="reserved_with", db_index=False
    )
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    patient = models.ForeignKey(
        Patient,
        on_delete=models.PROTECT,
        null=True,
        related_name="reservations",
        help_text="Empty means: nobody knows yet for whom.",
    )
    slot = DateTimeRangeField()
    held_at = models.DateTimeField()
    held_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="reservations",
        help_text="Empty means: offered to somebody of the waiting list.",
    )
    expires_at = models.DateTimeField(db_index=True)

    objects = SlotReservationManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("held_at")), name="slotreservation_expires_later"
            ),
            models.CheckConstraint(
                condition=Q(slot__isempty=False, slot__lower_inf=False, slot__upper_inf=False),
                name="slotreservation_slot_has_both_ends",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="slotreservation_takes_time",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=RESERVED,
            )
        ]

    def __str__(self) -> str:
        return f"SlotReservation #{self.pk}"


def _free(owner: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=f"takentime_{owner}_free",
        expressions=[(f"{owner}_key", RangeOperators.EQUAL), ("slot", RangeOperators.OVERLAPS)],
    )


class TakenTime(models.Model):
    """What a standing visit or a reservation takes of a person, a room and a patient.

    The database itself writes these rows whenever a visit or a reservation changes, whoever
    changes it, so that one constraint judges both.
    """

    appointment = models.OneToOneField(
        "procedures.Appointment", on_delete=models.DO_NOTHING, null=True, related_name="+"
    )
    reservation = models.OneToOneField(
        SlotReservation, on_delete=models.DO_NOTHING, null=True, related_name="+"
    )
    practitioner_key = models.BigIntegerField()
    room_key = models.BigIntegerField()
    patient_key = models.BigIntegerField(null=True, help_text="Empty means: nobody's yet.")
    slot = DateTimeRangeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(appointment__isnull=False, reservation=None)
                | Q(appointment=None, reservation__isnull=False),
                name="takentime_has_one_cause",
            ),
            _free("practitioner"),
            _free("room"),
            _free("patient"),
        ]

    def __str__(self) -> str:
        return f"TakenTime #{self.pk}"
