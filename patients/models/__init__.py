"""Who is treated: identity, history, intake answers, photos."""

from patients.models.answers import ABOUT_ALLERGIES, Answer, Intake, IntakeSource, Moment, Reply
from patients.models.claims import Claim, Decision, Kept, LinkProof
from patients.models.doubles import DuplicatePair, DuplicateSearch
from patients.models.people import Patient, Sex
from patients.models.pictures import (
    Alignment,
    Area,
    Markup,
    Photo,
    PhotoUse,
    PhotoUseDecision,
    View,
)
from patients.models.statements import (
    Asserter,
    ClinicalStatus,
    HistoryItem,
    HistoryKind,
    Verification,
)
from patients.models.words import Synonym

__all__ = [
    "ABOUT_ALLERGIES",
    "Alignment",
    "Answer",
    "Area",
    "Asserter",
    "Claim",
    "ClinicalStatus",
    "Decision",
    "DuplicatePair",
    "DuplicateSearch",
    "HistoryItem",
    "HistoryKind",
    "Intake",
    "IntakeSource",
    "Kept",
    "LinkProof",
    "Markup",
    "Moment",
    "Patient",
    "Photo",
    "PhotoUse",
    "PhotoUseDecision",
    "Reply",
    "Sex",
    "Synonym",
    "Verification",
    "View",
]
