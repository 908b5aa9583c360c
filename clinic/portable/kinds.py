"""What is exported, as which FHIR resource, in the order in which it can be read in again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Model, Q, QuerySet

from aftercare.models import AftercarePlan, CheckIn, CheckInPhoto, Question, Reaction, Restriction
from clinic.messaging.models import Attempt, ChannelConsent, Message, MessageState, PatientLink
from clinic.portable.rows import references
from clinic.staff.models import Location, Room, User
from consent.models import (
    ConsentDocument,
    ConsentRules,
    ConsentTemplate,
    FurtherSignature,
    PatientQuestion,
    SignatureEvent,
    TimeStamp,
    Withdrawal,
    WordingDraft,
)
from patients.models import (
    Alignment,
    Answer,
    Claim,
    Decision,
    DuplicatePair,
    HistoryItem,
    Intake,
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
    ClinicSetting,
    Course,
    CourseHold,
    FreedSlot,
    Injection,
    LabResult,
    Lot,
    LotMovement,
    Override,
    Plan,
    PlanProduct,
    PreparedLot,
    Product,
    ProductIngredient,
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

EVERYTHING = Q()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows that belong to another one and go with it."""

    model: type[Model]
    column: str
    through: str = ""  # a row of the owner's to which they belong, where it is not the owner

    def owner(self, row: Any) -> Any:
        return getattr(row, self.through) if self.through else row


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Rows of one model; `patient` is the way from them to whom they are about."""

    model: type[Model]
    resource: str
    patient: str = ""
    parts: tuple[Part, ...] = ()
    within: tuple[str, ...] = ()  # rows that are referred to by this one only, written inside it
    left_out: tuple[str, ...] = ()
    natural: tuple[str, ...] = ()  # what tells that a clinic has this row already
    only: Q = EVERYTHING

    @property
    def name(self) -> str:
        return self.model.__name__

    def rows(self) -> QuerySet[Any]:
        named = [one.name for one in references(self.model) if one.name not in self.left_out]
        rows = self.model._default_manager.filter(self.only).select_related(*named)
        return rows.order_by("pk")

    def of(self, patient: Patient) -> QuerySet[Any]:
        if not self.patient:
            return self.rows().none()
        return self.rows().filter(**{self.patient: patient.pk})


# What hangs on exported rows and is of this clinic alone, or is made again where it is missing.
LEFT_OUT: set[type[Model]] = {
    Alignment,
    Attempt,
    CalendarFeed,
    DuplicatePair,
    PatientLink,
    Rescreened,
    SessionDraft,
    SlotReservation,
    TakenTime,
    WordingDraft,
    FreedSlot,
    WaitlistEntry,
    WaitlistOffer,
}
ENDED = [MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED, MessageState.UNCERTAIN]
FILES = ("file",)  # a name in this clinic's storage: the file itself goes along

KINDS = (
    Kind(model=Location, resource="Location", natural=("name",), left_out=("version",)),
    Kind(model=Room, resource="Location", natural=("location", "name"), left_out=("version",)),
    Kind(
        model=User,
        resource="Practitioner",
        natural=("email",),
        left_out=(
            "password",
            "last_login",
            "roles",
            "location",
            "is_active",
            "invited_at",
            "deactivated_at",
            "version",
        ),
    ),
    Kind(
        model=Product,
        resource="Medication",
        natural=("name",),
        parts=(Part(model=ProductIngredient, column="product"),),
    ),
    Kind(
        model=Lot,
        resource="Medication",
        natural=("product", "number"),
        parts=(Part(model=LotMovement, column="lot"),),
    ),
    Kind(model=ConsentTemplate, resource="Basic", natural=("language", "sha256")),
    Kind(model=ConsentRules, resource="Basic"),
    Kind(model=ClinicSetting, resource="Basic"),
    Kind(
        model=Patient,
        resource="Patient",
        patient="pk",
        within=("recipient",),
        parts=(Part(model=ChannelConsent, column="recipient", through="recipient"),),
        left_out=("merged_into",),
        only=Q(merged_into=None),
    ),
    Kind(model=HistoryItem, resource="Condition", patient="patient"),
    Kind(
        model=Intake,
        resource="QuestionnaireResponse",
        patient="patient",
        parts=(
            Part(model=Answer, column="intake"),
            Part(model=Claim, column="intake"),
            Part(model=Decision, column="intake"),
        ),
    ),
    Kind(model=Synonym, resource="Basic", patient="patient"),
    Kind(
        model=Photo,
        resource="Media",
        patient="patient",
        left_out=FILES,
        parts=(
            Part(model=PhotoUseDecision, column="photo"),
            Part(model=Markup, column="photo"),
        ),
    ),
    Kind(
        model=ConsentDocument,
        resource="Consent",
        patient="patient",
        left_out=FILES,
        parts=(
            Part(model=SignatureEvent, column="document"),
            Part(model=FurtherSignature, column="document"),
            Part(model=PatientQuestion, column="document"),
            Part(model=Withdrawal, column="document"),
            Part(model=TimeStamp, column="document"),
        ),
    ),
    Kind(
        model=Plan,
        resource="CarePlan",
        patient="patient",
        parts=(Part(model=PlanProduct, column="plan"), Part(model=Override, column="plan")),
    ),
    Kind(model=AllergyTest, resource="Observation", patient="patient"),
    Kind(model=LabResult, resource="Observation", patient="patient"),
    Kind(model=Screening, resource="RiskAssessment", patient="patient"),
    Kind(
        model=Course,
        resource="Basic",
        patient="patient",
        parts=(Part(model=CourseHold, column="course"),),
    ),
    Kind(
        model=Appointment,
        resource="Appointment",
        patient="patient",
        parts=(Part(model=VisitChange, column="appointment"),),
    ),
    Kind(
        model=Session,
        resource="Procedure",
        patient="patient",
        parts=(
            Part(model=PreparedLot, column="session"),
            Part(model=Injection, column="session"),
            Part(model=SessionPhoto, column="session"),
            Part(model=SessionAddendum, column="session"),
        ),
    ),
    Kind(
        model=AftercarePlan,
        resource="CarePlan",
        patient="patient",
        parts=(Part(model=Restriction, column="plan"), Part(model=Question, column="plan")),
    ),
    Kind(
        model=CheckIn,
        resource="Observation",
        patient="plan__patient",
        parts=(Part(model=CheckInPhoto, column="check_in"),),
    ),
    Kind(model=Reaction, resource="AdverseEvent", patient="patient"),
    Kind(
        model=Message,
        resource="Communication",
        patient="recipient__patient",
        left_out=("link",),
        only=Q(state__in=ENDED, recipient__patient__isnull=False),
    ),
)


@cache
def by_model() -> dict[type[Model], Kind]:
    return {kind.model: kind for kind in KINDS}


@cache
def by_name() -> dict[str, Kind]:
    return {kind.name: kind for kind in KINDS}


def parts_of(kind: Kind, row: Model) -> Iterator[tuple[Part, list[Model]]]:
    for part in kind.parts:
        rows = part.model._default_manager.filter(**{part.column: part.owner(row)})
        yield part, list(rows.order_by("pk"))
