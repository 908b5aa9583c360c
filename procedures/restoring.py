"""A visit that was cancelled or marked as missed by mistake stands again, if its time is free."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, constraints_as
from clinic.record import audit
from clinic.staff.models import User
from procedures import booking, courses, signals, telling
from procedures.booking import FREE, Stretch
from procedures.colliding import retried
from procedures.models import Appointment, AppointmentStatus, Course, Session


class NotAgain(ClinicError):
    code = "not-again"
    text = _("This session was booked again, or the course does not allow this day any more.")


@retried
@transaction.atomic
def restore(appointment: Appointment, *, version: int, at: datetime, by: User) -> Appointment:
    """Under the same constraints, hours and course rules as a new booking; reminders are owed."""
    booking.queue_for(appointment.practitioner, appointment.room, appointment.patient)
    session = Session.objects.filter(appointment=appointment).select_related("course__plan").first()
    if session is not None:
        Course.objects.select_for_update(no_key=True).get(pk=session.course_id)
    row = Appointment.objects.select_for_update(no_key=True).get(pk=appointment.pk)
    if row.version != version:
        raise Stale
    row.move_to(AppointmentStatus.BOOKED)
    booking.check_place(_stretch(row), at=at)
    if session is not None and not _still_fits(session, row, at=at):
        raise NotAgain
    row.ended_at = row.arrived_at = None
    row.reason = ""
    row.moves += 1  # another occasion: what was settled is owed anew
    row.version += 1
    with constraints_as(**FREE):
        row.save()
    audit.record("appointment.restored", row, at=at, by=by, patient=row.patient.uuid)
    telling.booked(row, at=at)
    if session is not None:
        signals.session_booked.send(Session, session_id=session.pk, at=at)
    return row


def _stretch(row: Appointment) -> Stretch:
    return Stretch(
        practitioner=row.practitioner, room=row.room, start=row.slot.lower, minutes=row.minutes
    )


def _still_fits(session: Session, row: Appointment, *, at: datetime) -> bool:
    free = courses.by_number(session.course)[session.number - 1] in {"free", "missed"}
    return free and courses.fits(session, row.slot.lower, at=at)
