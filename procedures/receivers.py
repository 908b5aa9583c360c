"""What we do when others tell us something. Each may run twice, late or never."""

from django.dispatch import receiver

from patients.models import Patient
from patients.signals import history_changed
from procedures import screening


@receiver(history_changed, dispatch_uid="procedures.flag_unsafe_sessions")
def flag_unsafe_sessions(*, patient_id: int, **_news: object) -> None:
    """Booked sessions that are no longer safe become tasks; the gate asks again anyway."""
    patient = Patient.objects.get(pk=patient_id)
    screening.flag_unsafe(patient, at=patient.history_changed_at)
