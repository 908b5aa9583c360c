"""How the clinic may write to a patient about a document, and whom it names there."""

from clinic.messaging.models import Channel
from consent.models import ConsentDocument


def channel_for(document: ConsentDocument) -> Channel | None:
    """How the patient allows us to write to them; mail first, because it costs them nothing."""
    recipient = document.patient.recipient
    return next((c for c in (Channel.EMAIL, Channel.SMS) if recipient.allows(c)), None)


def words(document: ConsentDocument) -> dict[str, str]:
    """Whom the message tells to call: the clinic as the document names it."""
    clinic = document.clinic
    return {
        "clinic": clinic.name,
        "clinic_phone": clinic.phone,
        "urgent_phone": clinic.urgent_phone,
        "emergency_number": clinic.emergency_number,
    }
