"""Before the first visit: whoever was never asked gets the questionnaire home, once."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from clinic.messaging.models import PatientLink
from patients import inviting
from patients.inviting import NoWay, WaitsForReview
from patients.models import Patient
from procedures.models import Appointment, AppointmentStatus

AHEAD = timedelta(days=14)
LEAST = timedelta(hours=1)  # before the visit; later than this the tablet is quicker


def before_first_visits(*, at: datetime) -> list[PatientLink]:
    """Owe the link for every booked visit of somebody whom nobody has asked; again is harmless."""
    soon = Appointment.objects.filter(
        status=AppointmentStatus.BOOKED,
        slot__startswith__gt=at + LEAST,
        slot__startswith__lte=at + AHEAD,
    )
    reached = Q(recipient__email_allowed_at__isnull=False) | Q(
        recipient__sms_allowed_at__isnull=False
    )
    rows = inviting.never_asked(Patient.objects.filter(reached, erased_at=None))
    rows = rows.filter(Exists(soon.filter(patient=OuterRef("pk"))))
    made = (_invite(patient, at=at) for patient in rows.order_by("pk")[:200])
    return [link for link in made if link is not None]


def _invite(patient: Patient, *, at: datetime) -> PatientLink | None:
    visits = Appointment.objects.filter(
        patient=patient, status=AppointmentStatus.BOOKED, slot__startswith__gt=at + LEAST
    )
    visit = visits.select_related("room__location").order_by("slot").first()
    if visit is None:
        return None
    place, until = visit.room.location, visit.slot.upper
    try:
        return inviting.invite(patient, location=place, until=until, at=at, by=None)
    except (NoWay, WaitsForReview):
        return None
