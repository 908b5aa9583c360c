"""What is done to whom, when, by whom and with what; and what was found and decided before."""

from procedures.models.calendar import MOVES, Appointment, AppointmentKind, AppointmentStatus
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
from procedures.models.products import ClinicSetting, IngredientRole, Lot, Product, ProductIngredient
from procedures.models.treatment import Injection, PreparedLot, Session, SessionPhoto

__all__ = [
    "MOVES",
    "AllergyTest",
    "Appointment",
    "AppointmentKind",
    "AppointmentStatus",
    "ClinicSetting",
    "Course",
    "CourseHold",
    "IngredientRole",
    "Injection",
    "Lot",
    "Override",
    "Plan",
    "PlanProduct",
    "PreparedLot",
    "Product",
    "ProductIngredient",
    "Screening",
    "Session",
    "SessionPhoto",
    "TestResult",
]
