"""What is done to whom, when, by whom and with what; and what was found and decided before."""

from procedures.models.calendar import (
    AHEAD,
    MOVES,
    OFF_THE_CALENDAR,
    OPEN,
    Appointment,
    AppointmentKind,
    AppointmentStatus,
)
from procedures.models.charting import SessionAddendum, SessionDraft
from procedures.models.feeds import CalendarFeed
from procedures.models.labs import LabResult
from procedures.models.plans import (
    AllergyTest,
    Course,
    CourseHold,
    Override,
    Plan,
    PlanProduct,
    Screening,
    TestResult,
)
from procedures.models.products import (
    ClinicSetting,
    IngredientRole,
    Lot,
    LotMovement,
    MovementKind,
    Product,
    ProductIngredient,
)
from procedures.models.rescreening import Rescreened, Rescreening, RescreeningShare
from procedures.models.reservations import SlotReservation, TakenTime
from procedures.models.rules import ClinicCase, DraftChange, RulebookDraft, RulebookVersion
from procedures.models.self_made import ChangeKind, DayPart, VisitChange
from procedures.models.treatment import (
    Drawing,
    Injection,
    MarkShape,
    PreparedLot,
    Session,
    SessionPhoto,
)
from procedures.models.waiting import (
    FreedSlot,
    OfferState,
    Priority,
    WaitlistEntry,
    WaitlistOffer,
)

__all__ = [
    "AHEAD",
    "MOVES",
    "OFF_THE_CALENDAR",
    "OPEN",
    "AllergyTest",
    "Appointment",
    "AppointmentKind",
    "AppointmentStatus",
    "CalendarFeed",
    "ChangeKind",
    "ClinicCase",
    "ClinicSetting",
    "Course",
    "CourseHold",
    "DayPart",
    "DraftChange",
    "Drawing",
    "FreedSlot",
    "IngredientRole",
    "Injection",
    "LabResult",
    "Lot",
    "LotMovement",
    "MarkShape",
    "MovementKind",
    "OfferState",
    "Override",
    "Plan",
    "PlanProduct",
    "PreparedLot",
    "Priority",
    "Product",
    "ProductIngredient",
    "Rescreened",
    "Rescreening",
    "RescreeningShare",
    "RulebookDraft",
    "RulebookVersion",
    "Screening",
    "Session",
    "SessionAddendum",
    "SessionDraft",
    "SessionPhoto",
    "SlotReservation",
    "TakenTime",
    "TestResult",
    "VisitChange",
    "WaitlistEntry",
    "WaitlistOffer",
]
