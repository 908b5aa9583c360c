"""Where a patient is named in the database, and what becomes of it when two charts are one.

A test fails when a model names patients and has no rule here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.apps import apps
from django.db.models import Field, ForeignKey, Model, Q, QuerySet

from aftercare.models import AftercarePlan, Reaction
from clinic.lifecycle.models import Erasure, Merge
from clinic.messaging.models import ChannelConsent, Message, PatientLink, Recipient
from clinic.record.models import AuditEntry, Task
from consent.models import ConsentDocument
from patients.models import (
    DuplicatePair,
    HistoryItem,
    Intake,
    Moment,
    Patient,
    Photo,
    Synonym,
)
from procedures.models import (
    AllergyTest,
    Appointment,
    CalendarFeed,
    Course,
    LabResult,
    Plan,
    Screening,
    Session,
    SlotReservation,
    WaitlistEntry,
)

Staying: TypeAlias = Callable[[Patient], Q]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A column that names a patient; `guard` is the trigger that otherwise keeps it as it is."""

    model: type[Model]
    column: str = "patient"
    guard: str = ""
    stays: Staying | None = None
    news: bool = True  # a new row of it means that the merged chart is being worked with

    @property
    def key(self) -> str:
        return f"{self.model._meta.label}.{self.column}"

    @property
    def triggers(self) -> list[str]:
        return [f"{self.model._meta.label}:{self.guard}"] if self.guard else []

    def value(self, patient: Patient) -> object:
        """What stands in the column for this patient."""
        if self.column == "recipient":
            return patient.recipient_id
        return patient.uuid if self.column == "patient_uuid" else patient.pk

    def rows(self, patient: Patient) -> QuerySet[Any]:
        return self.model._default_manager.filter(**{self.column: self.value(patient)})


def _open_at_both(kept: Patient) -> Q:
    """One questionnaire of a kind is open at a time; a second stays with the closed chart."""
    open_here = Intake.objects.drafts().filter(patient=kept).values_list("moment", flat=True)
    return Q(completed_at=None, moment__in=[Moment(one) for one in open_here])


def _known_at_both(kept: Patient) -> Q:
    known = Q(pk__in=[])
    for word in Synonym.objects.in_use().filter(patient=kept):
        known |= Q(folded=word.folded, kind=word.kind, taken_back_at=None)
    return known


MOVED = (
    Rule(model=HistoryItem),
    Rule(model=Intake, stays=_open_at_both),
    Rule(model=Synonym, stays=_known_at_both),
    Rule(model=Photo),
    Rule(model=ConsentDocument, guard="consentdocument_offered_is_frozen"),
    Rule(model=Plan),
    Rule(model=AllergyTest),
    Rule(model=Screening, guard="screening_append_only"),
    Rule(model=LabResult, guard="labresult_append_only"),
    Rule(model=Course),
    Rule(model=Appointment),
    Rule(model=WaitlistEntry),
    Rule(model=Session),
    Rule(model=AftercarePlan),
    Rule(model=Reaction),
    Rule(model=Message, column="patient_uuid", news=False),
    Rule(model=Message, column="recipient", news=False),
    Rule(model=Task, column="patient_uuid", news=False),
)
# What goes on naming the closed chart: the record of what was done, and its own ends.
LEFT = {
    (AuditEntry, "patient_uuid"),
    (CalendarFeed, "patient"),
    (ChannelConsent, "recipient"),
    (DuplicatePair, "first"),
    (DuplicatePair, "second"),
    (Erasure, "patient"),
    (Merge, "kept"),
    (Merge, "merged"),
    (Patient, "merged_into"),
    (Patient, "recipient"),
    (
        PatientLink,
        "recipient",
    ),  # revoked when sent, else they go with their message
    (SlotReservation, "patient"),  # over in a few minutes
}


def named() -> Iterator[tuple[type[Model], str]]:
    """Every column of every model that names a patient, directly or by where they are reached."""
    for model in apps.get_models():
        if any(base.__module__.startswith("pghistory") for base in model.__mro__):
            continue  # how rows were: as they were
        for field in model._meta.get_fields():
            if isinstance(field, Field) and _names_a_patient(field):
                yield model, field.name


def _names_a_patient(field: "Field[Any, Any]") -> bool:
    if isinstance(field, ForeignKey):  # one-to-one as well
        return field.related_model in {Patient, Recipient}
    return field.name == "patient_uuid"
