"""What we owe to whom: recipients, messages and every attempt to deliver them, patient links."""

from clinic.messaging.models.gateways import Dispatcher, Gateway, Receipt
from clinic.messaging.models.messages import (
    LATE_AFTER,
    MESSAGE_MOVES,
    TROUBLED,
    Message,
    MessageQuerySet,
    MessageState,
    Priority,
)
from clinic.messaging.models.people import (
    ADDRESSES,
    Channel,
    ChannelConsent,
    PatientLink,
    Purpose,
    Recipient,
    Source,
    Suppression,
    digest,
)
from clinic.messaging.models.words import Attempt, Edition, Template

__all__ = [
    "ADDRESSES",
    "LATE_AFTER",
    "MESSAGE_MOVES",
    "TROUBLED",
    "Attempt",
    "Channel",
    "ChannelConsent",
    "Dispatcher",
    "Edition",
    "Gateway",
    "Message",
    "MessageQuerySet",
    "MessageState",
    "PatientLink",
    "Priority",
    "Purpose",
    "Receipt",
    "Recipient",
    "Source",
    "Suppression",
    "Template",
    "digest",
]
