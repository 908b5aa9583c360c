"""What is treated, how, how often, and what may be expected of it."""

from decimal import Decimal
from typing import Self

from pydantic import model_validator

from clinic.knowledge.entries.base import Entry, Ids, Terms, Text, Words


class Indication(Entry):
    """What people come for; what is not `offered` must not be planned."""

    label: Words
    group: Text
    offered: bool = True
    terms: Terms = Terms()


class Technique(Entry):
    """How it is done."""

    label: Words
    kind: Text
    description: Words
    offered: bool = True
    constraints: tuple[Text, ...] = ()
    max_volume_per_injection_ml: Decimal | None = None
    source_unit: Text | None = None
    papule_min_mm: int | None = None
    papule_max_mm: int | None = None
    needle_mm: int | None = None


class Protocol(Entry):
    """How many sessions, how far apart, and what follows the course."""

    label: Words
    terms: Terms = Terms()
    indication_ids: Ids
    offered: bool = True
    sessions_min: int | None = None
    sessions_max: int | None = None
    interval_min_days: int | None = None
    interval_max_days: int | None = None
    interval_min_hours: int | None = None
    interval_max_hours: int | None = None
    span_min_months: int | None = None
    span_max_months: int | None = None
    maintenance: Text | None = None
    maintenance_every_months: int | None = None
    repeat_course: Text | None = None
    repeat_after_min_months: int | None = None
    repeat_after_max_months: int | None = None
    effect_visible: Text | None = None
    effect_lasts: Text | None = None

    @model_validator(mode="after")
    def ranges_run_upwards(self) -> Self:
        for low, high in (
            (self.sessions_min, self.sessions_max),
            (self.interval_min_days, self.interval_max_days),
            (self.interval_min_hours, self.interval_max_hours),
            (self.span_min_months, self.span_max_months),
            (self.repeat_after_min_months, self.repeat_after_max_months),
        ):
            if low is not None and high is not None and low > high:
                raise ValueError(f"the range {low} to {high} runs backwards")
        return self


class ExpectedResult(Entry):
    """What may be said about the result, always with its caveat."""

    indication_ids: Ids = ()
    may_improve: Words
    visible_when: Words
    caveat: Words


class PreProcedureStep(Entry):
    """What happens before, during and right after a session, in order."""

    order: int
    stage: Text
    step: Words
    actor: Text
    gate: Text | None = None


class SchedulingRule(Entry):
    """How sessions of a course are laid out in time."""

    rule: Text
    least_days: int | None = None
