"""Who is treated: identity, history, intake answers, photos."""

from patients.models.answers import Answer, Intake, IntakeSource, Moment, Reply
from patients.models.doubles import DuplicatePair, DuplicateSearch
from patients.models.people import Patient, Sex
from patients.models.pictures import Area, Photo, PhotoUse, View
from patients.models.statements import (
    Asserter,
    ClinicalStatus,
    HistoryItem,
    HistoryKind,
    Verification,
)
from patients.models.words import Synonym

__all__ = [
    "Answer",
    "Area",
    "Asserter",
    "ClinicalStatus",
    "DuplicatePair",
    "DuplicateSearch",
    "HistoryItem",
    "HistoryKind",
    "Intake",
    "IntakeSource",
    "Moment",
    "Patient",
    "Photo",
    "PhotoUse",
    "Reply",
    "Sex",
    "Synonym",
    "Verification",
    "View",
]
