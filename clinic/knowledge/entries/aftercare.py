"""What is forbidden until when, what helps, what is normal, and what is said on which day."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from clinic.knowledge.entries.base import Area, Entry, Ids, Strict, Text, Words

HOURS_A_DAY = 24


class PerArticle(Strict):
    """What one article says; `days_min` and `days_max` where it can be counted."""

    article: Text
    value: Text
    days_min: int | None = None
    days_max: int | None = None


class SideEffectKind(StrEnum):
    """Normal, undesirable, caused by the product, or in need of medical attention."""

    EXPECTED = "expected"
    NONSPECIFIC = "nonspecific"
    DRUG_SPECIFIC = "drug_specific"
    COMPLICATION = "complication"


class RedFlag(Strict):
    """From how many hours after the session a sign must reach the clinic; 0 is at once."""

    hours: int
    late_limit_hours: int | None = None
    rule: Text


class SideEffect(Entry):
    """What a patient may notice afterwards, and when it is no longer normal."""

    name: Words
    kind: SideEffectKind
    expected: Text
    expected_resolution: tuple[PerArticle, ...]
    longest_expected_hours: int | None = None
    red_flag: RedFlag | None = None
    self_care: tuple[Words, ...] = ()
    call_doctor_when: Words | None = None
    applies_to: tuple[Text, ...] = ()
    ingredient_ids: Ids = ()
    area: Area | None = None


class Restriction(Entry):
    """What the patient must not do, from the end of the session until the strict end."""

    forbidden: Words
    category: Text
    why: Words
    allowed: Words | None = None
    starts: Text
    from_hours: int = 0
    until_days: int
    until_hours: int
    release_from_day: int | None = None
    ends_early_when: Text | None = None
    applies_to: Text
    area: Area | None = None
    strict_basis: Text
    source_durations: tuple[PerArticle, ...]
    stated_by: tuple[Text, ...]

    @model_validator(mode="after")
    def the_window_is_one_window(self) -> Self:
        if self.until_hours != self.until_days * HOURS_A_DAY:
            raise ValueError("`until_hours` and `until_days` name two different ends")
        if self.from_hours >= self.until_hours:
            raise ValueError("this restriction ends before it starts")
        if self.release_from_day is not None and self.release_from_day > self.until_days:
            raise ValueError("a clinician could release only after the end: `release_from_day`")
        return self


class Safety(StrEnum):
    """Whether an advice may be shown."""

    OK = "ok"
    CLINIC_LIST_ONLY = "clinic_list_only"
    WITHHOLD = "withhold"


class Recommendation(Entry):
    """What helps, from which day to which day after the session."""

    recommendation: Words
    kind: Text
    day_from: int
    day_to: int | None = None
    condition: Text | None = None
    area: Area | None = None
    why: Text | None = None
    safety: Safety


class ReminderKind(StrEnum):
    """What a message is for."""

    PRE_SESSION = "pre-session"
    REMINDER = "reminder"
    CHECK_IN = "check-in"


class Reminder(Entry):
    """What is said on which day before or after a session; silent days are rows too."""

    day_offset: int
    send: bool
    kind: ReminderKind
    variant: Text | None = None
    condition: Text | None = None
    message: Words | None = None
    fact_ids: Ids

    @model_validator(mode="after")
    def speaks_if_it_sends(self) -> Self:
        if self.send != (self.message is not None):
            raise ValueError("`send` and `message` belong together: neither without the other")
        return self
