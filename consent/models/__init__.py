"""Who agreed to which exact text, and the evidence of it."""

from consent.models.document import (
    CONSENT_MOVES,
    LIVING,
    UNFINISHED,
    ConsentDocument,
    ConsentDocumentQuerySet,
    ConsentState,
    PhotoUse,
)
from consent.models.draft import WordingDraft
from consent.models.rules import Asked, ConsentRules
from consent.models.said import FurtherSignature, PatientQuestion, SignerRole, Withdrawal
from consent.models.template import ConsentTemplate
from consent.models.trail import SignatureEvent, SignatureEventKind
from consent.models.trust import SealCertificate, TimeStamp

__all__ = [
    "CONSENT_MOVES",
    "LIVING",
    "UNFINISHED",
    "Asked",
    "ConsentDocument",
    "ConsentDocumentQuerySet",
    "ConsentRules",
    "ConsentState",
    "ConsentTemplate",
    "FurtherSignature",
    "PatientQuestion",
    "PhotoUse",
    "SealCertificate",
    "SignatureEvent",
    "SignatureEventKind",
    "SignerRole",
    "TimeStamp",
    "Withdrawal",
    "WordingDraft",
]
