"""What becomes of everything that leads to a patient once the patient is erased.

A test fails when a model leads to a patient and has no fate here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pgtrigger
from django.apps import apps
from django.db.models import Exists, ForeignKey, Model, OuterRef, Q, QuerySet

from aftercare.models import (
    AftercarePlan,
    CheckIn,
    CheckInPhoto,
    Question,
    Reaction,
    Restriction,
)
from clinic.lifecycle.belongings import named
from clinic.lifecycle.models import Erasure, Merge
from clinic.messaging.models import (
    Attempt,
    ChannelConsent,
    Message,
    PatientLink,
    Receipt,
    Recipient,
)
from clinic.record.models import AuditEntry, AuditLink, Task
from consent.models import (
    ConsentDocument,
    FurtherSignature,
    PatientQuestion,
    SignatureEvent,
    TimeStamp,
    Withdrawal,
)
from patients.models import (
    Alignment,
    Answer,
    Claim,
    Decision,
    DuplicatePair,
    HistoryItem,
    Intake,
    LinkProof,
    Markup,
    Patient,
    Photo,
    PhotoUseDecision,
    Synonym,
)
from procedures.models import (
    AllergyTest,
    Appointment,
    CalendarFeed,
    Course,
    CourseHold,
    Injection,
    LabResult,
    Override,
    Plan,
    PlanProduct,
    PreparedLot,
    Rescreened,
    Screening,
    Session,
    SessionAddendum,
    SessionDraft,
    SessionPhoto,
    SlotReservation,
    TakenTime,
    VisitChange,
    WaitlistEntry,
    WaitlistOffer,
)


class Fate(StrEnum):
    GOES = "goes"  # when the second person approves
    STAYS = "stays"  # a part of the treatment record: until its day
    REMAINS = "remains"  # names nobody any more, or says that something was done


TREATED_AREA = Session.objects.performed().filter(
    patient=OuterRef("patient"), plan__area=OuterRef("area")
)
# Before and after a treatment: of the area that was treated, or put down in the session itself.
OF_TREATMENTS = Q(Exists(TREATED_AREA)) | Q(pk__in=SessionPhoto.objects.values("photo"))
HELD_PHOTOS = Photo.objects.filter(OF_TREATMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one model by the ways that lead from them to a patient.

    `held` are those that stay with the treatment record although the others go at once.
    """

    model: type[Model]
    ways: tuple[str, ...] = ("patient",)
    fate: Fate = Fate.STAYS
    held: Q | None = None
    files: tuple[str, ...] = ()

    def rows(self, charts: Sequence[Patient]) -> QuerySet[Any]:
        wanted = Q(pk__in=[])
        for way in self.ways:
            by_uuid = way.endswith("patient_uuid")
            keys = [one.uuid if by_uuid else one.pk for one in charts]
            wanted |= Q(**{f"{way}__in": keys})
        return self.model._default_manager.filter(wanted)

    def leaving(self, charts: Sequence[Patient], *, whole: bool) -> QuerySet[Any]:
        """What goes now; `whole`: nothing has to stay."""
        rows = self.rows(charts)
        if self.fate is Fate.REMAINS or (self.fate is Fate.STAYS and not whole):
            return rows.none()
        return rows if whole or self.held is None else rows.exclude(self.held)

    def staying(self, charts: Sequence[Patient], *, whole: bool) -> QuerySet[Any]:
        """What is locked until its day."""
        rows = self.rows(charts)
        if whole or self.fate is Fate.REMAINS:
            return rows.none()
        if self.fate is Fate.STAYS:
            return rows
        return rows.none() if self.held is None else rows.filter(self.held)


def _of(way: str, *models: type[Model]) -> Iterator[Part]:
    for model in models:
        yield Part(model=model, ways=(way,))


# Read from top to bottom: what hangs on a row stands above it.
PARTS = (
    Part(
        model=Receipt,
        ways=("attempt__message__recipient__patient", "attempt__message__patient_uuid"),
        fate=Fate.GOES,
    ),
    Part(
        model=Attempt,
        ways=("message__recipient__patient", "message__patient_uuid"),
        fate=Fate.GOES,
    ),
    Part(model=Message, ways=("recipient__patient", "patient_uuid"), fate=Fate.GOES),
    Part(model=CalendarFeed, fate=Fate.GOES),
    Part(model=SlotReservation, fate=Fate.GOES),
    Part(model=WaitlistOffer, ways=("entry__patient",), fate=Fate.GOES),
    Part(model=WaitlistEntry, fate=Fate.GOES),
    Part(model=DuplicatePair, ways=("first", "second"), fate=Fate.GOES),
    Part(model=SessionDraft, ways=("session__patient",), fate=Fate.GOES),
    Part(
        model=Alignment,
        ways=("before__patient",),
        fate=Fate.GOES,
        held=Q(before__in=HELD_PHOTOS, after__in=HELD_PHOTOS),
    ),
    Part(model=Markup, ways=("photo__patient",), fate=Fate.GOES, held=Q(photo__in=HELD_PHOTOS)),
    Part(
        model=PhotoUseDecision,
        ways=("photo__patient",),
        fate=Fate.GOES,
        held=Q(photo__in=HELD_PHOTOS),
    ),
    Part(model=SessionPhoto, ways=("session__patient",)),
    Part(model=Photo, fate=Fate.GOES, held=OF_TREATMENTS, files=("file", "thumbnail")),
    Part(
        model=CheckInPhoto,
        ways=("check_in__plan__patient",),
        fate=Fate.GOES,
        held=Q(check_in__reaction__isnull=False),
        files=("file",),
    ),
    *_of("patient", Reaction),
    *_of("plan__patient", Question, CheckIn, Restriction),
    *_of("patient", AftercarePlan),
    *_of("session__patient", SessionAddendum, Injection, PreparedLot),
    *_of("patient", Session),
    Part(model=TakenTime, ways=("appointment__patient", "reservation__patient")),
    *_of("appointment__patient", VisitChange),
    *_of("patient", Appointment),
    *_of("course__patient", CourseHold),
    *_of("patient", Course),
    *_of("screening__patient", Rescreened),
    *_of("patient", Screening, LabResult, AllergyTest),
    *_of("plan__patient", Override, PlanProduct),
    *_of("patient", Plan),
    *_of("document__patient", TimeStamp, SignatureEvent, FurtherSignature, PatientQuestion),
    Part(model=Withdrawal, ways=("document__patient",), files=("file",)),
    Part(model=ConsentDocument, files=("file",)),
    *_of("intake__patient", Decision, Claim, Answer),
    *_of("patient", Intake, Synonym, HistoryItem),
    *_of("link__recipient__patient", LinkProof),
    *_of("recipient__patient", PatientLink, ChannelConsent),
    Part(model=Task, ways=("patient_uuid",), fate=Fate.REMAINS),
    Part(model=AuditEntry, ways=("patient_uuid",), fate=Fate.REMAINS),
    Part(model=AuditLink, ways=("entry__patient_uuid",), fate=Fate.REMAINS),
    Part(model=Recipient, ways=("patient",), fate=Fate.REMAINS),
    Part(model=Patient, ways=("pk",), fate=Fate.REMAINS),
    Part(model=Merge, ways=("kept", "merged"), fate=Fate.REMAINS),
    Part(model=Erasure, fate=Fate.REMAINS),
)
# How rows were before: they go with what they tell of, and where they hold words at once.
WORDS_OF_OLD = ("patients.PatientEvent", "procedures.AppointmentEvent")


def leading() -> set[type[Model]]:
    """Every model from which a chain of references leads to a patient."""
    found = {Recipient} | {model for model, _column in named()}
    models = [one for one in apps.get_models() if not is_history(one)]
    while True:
        more = {one for one in models if one not in found and _refers(one) & found}
        if not more:
            return found
        found |= more


def is_history(model: type[Model]) -> bool:
    return any(base.__module__.startswith("pghistory") for base in model.__mro__)


def _refers(model: type[Model]) -> set[type[Model]]:
    targets = [one.related_model for one in model._meta.fields if isinstance(one, ForeignKey)]
    return {one for one in targets if isinstance(one, type)}


def guards(model: type[Model]) -> list[str]:
    """The triggers that keep its rows from being deleted."""
    triggers = getattr(model._meta, "triggers", [])
    return [
        f"{model._meta.label}:{one.name}" for one in triggers if isinstance(one, pgtrigger.Protect)
    ]


def history_of(model: type[Model]) -> type[Model] | None:
    """The table of how its rows were."""
    for one in apps.get_models():
        if getattr(one, "pgh_tracked_model", None) is model:
            return one
    return None
