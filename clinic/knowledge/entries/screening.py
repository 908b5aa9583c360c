"""Who must not be treated, not today, not with this product, or only after a doctor's decision."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from clinic.knowledge.entries.base import (
    Area,
    AskedBy,
    Basis,
    Entry,
    Ids,
    Kind,
    Moment,
    Override,
    Strict,
    Terms,
    Text,
    Trigger,
    Words,
)


class Category(StrEnum):
    """How long a contraindication lasts."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    TEMPORARY = "temporary"
    CAUTION = "caution"


class Askable(StrEnum):
    """Of whom a question is asked; never concluded from the recorded sex."""

    CAN_BE_PREGNANT = "can_be_pregnant"


class DateNeed(StrEnum):
    """The date of a fact from which the earliest safe day is counted."""

    PREGNANCY_ENDED = "pregnancy_ended"
    LACTATION_ENDED = "lactation_ended"
    DELIVERY_DATE = "delivery_date"
    MENSTRUATION_ENDED = "menstruation_ended"
    LAST_ALCOHOL = "last_alcohol"
    PRESCRIBER_STOPPED_DRUG = "prescriber_stopped_drug"
    RECENT_PROCEDURE = "recent_procedure"


class LiftType(StrEnum):
    """What must happen before a rule no longer fires."""

    EVENT = "event"
    EVENT_PLUS_DAYS = "event_plus_days"
    EVENT_PLUS_HOURS = "event_plus_hours"
    AGE_REACHED = "age_reached"
    CLINICIAN_CLEARS = "clinician_clears"
    EXAMINATION_CLEAR = "examination_clear"
    RESOLVED_RECHECK = "resolved_recheck"
    DOCTOR_CONFIRMS_VALUE = "doctor_confirms_value"
    PRODUCT_SUBSTITUTION = "product_substitution"
    STAFF_ACK = "staff_ack"
    NEVER_BY_DEFAULT = "never_by_default"


NEEDED_TO_LIFT = {
    LiftType.EVENT: ("event",),
    LiftType.EVENT_PLUS_DAYS: ("event", "days"),
    LiftType.EVENT_PLUS_HOURS: ("event", "hours"),
    LiftType.AGE_REACHED: ("years",),
    LiftType.EXAMINATION_CLEAR: ("finding",),
    LiftType.DOCTOR_CONFIRMS_VALUE: ("field",),
}


class LiftRule(Strict):
    """What lifts a rule; `and_clear` and `then_clear` name rules that must be clear too."""

    type: LiftType
    event: DateNeed | None = None
    days: int | None = None
    hours: int | None = None
    years: int | None = None
    calendar_day_before: bool = False
    and_clear: Ids = ()
    then_clear: Ids = ()
    evidence: Text | None = None
    finding: Text | None = None
    field: Text | None = None
    action: Text | None = None
    replace: Text | None = None

    @model_validator(mode="after")
    def has_what_its_type_needs(self) -> Self:
        for name in NEEDED_TO_LIFT.get(self.type, ()):
            if getattr(self, name) is None:
                raise ValueError(f"lift_rule of type {self.type} needs `{name}`")
        return self


class Triggers(Strict):
    """The outcome of each possible answer."""

    yes: Trigger | None = None
    no: Trigger | None = None
    unsure: Trigger | None = None
    always: Trigger | None = None
    assessed: Trigger | None = None
    not_assessed: Trigger | None = None
    true: Trigger | None = None
    false: Trigger | None = None
    yes_component_in_planned_product: Trigger | None = None
    yes_other: Trigger | None = None

    def on(self, answer: str) -> Trigger | None:
        """What this answer means; None where the rule does not know the answer."""
        return self.by_answer.get(answer)

    @property
    def by_answer(self) -> dict[str, Trigger]:
        return {name: value for name, value in self if value is not None}

    @property
    def strictest(self) -> Trigger:
        return max(self.by_answer.values(), key=lambda outcome: outcome.severity)

    @model_validator(mode="after")
    def can_fire(self) -> Self:
        if all(outcome is Trigger.PASS for outcome in self.by_answer.values()):
            raise ValueError("this rule can never fire: no answer leads to anything but pass")
        return self


class Computed(Strict):
    """A rule nobody is asked about: it is computed from the record."""

    fact: Text
    below_years: int


class Contraindication(Entry):
    """A reason not to treat, or not yet, or not with this product."""

    group: Text
    kind: Kind
    category: Category
    category_basis: Text
    asked_by: AskedBy
    ask_if: Askable | None = None
    sensitive: bool = False
    label: Words
    question: Words
    follow_ups: tuple[Words, ...] = ()
    trigger: Triggers
    computed: Computed | None = None
    lifts_when: Words
    lift_rule: LiftRule
    override: Override
    recheck: tuple[Moment, ...]
    scope: Text
    ingredient_ids: Ids = ()
    allergen_ids: Ids = ()
    technique_ids: Ids = ()
    area: Area | None = None
    terms: Terms = Terms()
    stated_by: tuple[Text, ...]

    @model_validator(mode="after")
    def can_be_asked(self) -> Self:
        if not self.recheck:
            raise ValueError("this rule can never fire: `recheck` names no moment")
        if (self.asked_by is AskedBy.COMPUTED) != (self.computed is not None):
            raise ValueError("`computed` says how a rule asked_by computed is found, and only that")
        unsafe = self.trigger.unsure is Trigger.PASS
        if unsafe or (
            self.trigger.yes and self.asked_by is AskedBy.PATIENT and not self.trigger.unsure
        ):
            raise ValueError("unsure is never no: `trigger.unsure` must stop or caution")
        return self


class Concern(StrEnum):
    """Whose medicine it is: the patient's own, or one of the plan."""

    PATIENT_TAKES = "patient_takes"
    PATIENT_EVER_HAD = "patient_ever_had"
    IN_PLAN = "in_plan"
    BOTH = "both"


class Medicine(Entry):
    """A medicine, or a class of them, that matters for the treatment."""

    label: Words
    examples: tuple[Text, ...] = ()
    why: Text
    action: Text
    concerns: Concern
    outcome: Trigger
    outcome_basis: Basis
    contraindication_ids: Ids = ()
    ingredient_ids: Ids = ()
    terms: Terms = Terms()


class Allergen(Entry):
    """Something in a product, or around the treatment, that people are allergic to."""

    label: Words
    exposure: Text
    effect: Text | None = None
    ingredient_ids: Ids = ()


class AgeGuidance(Entry):
    """What the sources say about age; only AG-MINOR excludes."""

    rule: Text
    scope: Text | None = None
    indication_ids: Ids = ()
    age_min_years: int | None = None
    age_max_years: int | None = None
