"""What we do when others tell us something. Each may run twice, late or never."""

from django.dispatch import receiver

from consent.models import ConsentDocument
from consent.signals import consent_signed, consent_withdrawn
from patients.models import Patient
from patients.signals import history_changed
from procedures import screening, withdrawals


@receiver(history_changed, dispatch_uid="procedures.screen_again")
def screen_again(*, patient_id: int, **_news: object) -> None:
    """The chart shows what the new history means; nobody has to ask for it."""
    patient = Patient.objects.get(pk=patient_id)
    screening.follow_history(patient, at=patient.history_changed_at)


@receiver(history_changed, dispatch_uid="procedures.flag_unsafe_sessions")
def flag_unsafe_sessions(*, patient_id: int, **_news: object) -> None:
    """Booked sessions that are no longer safe become tasks; the gate asks again anyway."""
    patient = Patient.objects.get(pk=patient_id)
    screening.flag_unsafe(patient, at=patient.history_changed_at)


@receiver(consent_withdrawn, dispatch_uid="procedures.flag_withdrawn_consent")
def flag_withdrawn_consent(*, document_id: int, **_news: object) -> None:
    """The course is held and its sessions become a task; the gate asks for a consent anyway."""
    document = ConsentDocument.objects.select_related("withdrawal", "patient").get(pk=document_id)
    withdrawals.hold(document, at=document.withdrawal.at)
    withdrawals.flag(document, at=document.withdrawal.at)


@receiver(consent_signed, dispatch_uid="procedures.settle_withdrawn_consent")
def settle_withdrawn_consent(*, document_id: int, **_news: object) -> None:
    """Agreed again: the task has lost its cause."""
    document = ConsentDocument.objects.get(pk=document_id)
    if document.sealed_at is not None:
        withdrawals.settle(document, at=document.sealed_at)
