"""The intake questionnaire, generated from the contraindications: a new rule is a new question."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from clinic.knowledge.entries import (
    Askable,
    AskedBy,
    Contraindication,
    DateNeed,
    Moment,
    Words,
)
from clinic.knowledge.loader import Knowledge, load

YES_NO_UNSURE = ("yes", "no", "unsure")
ANYTHING_CHANGED = "ANYTHING-CHANGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as a form shows it; `code` is the contraindication it belongs to."""

    code: str
    text: Words
    group: str
    heading: Words
    asked_by: AskedBy
    answers: tuple[str, ...]
    ask_if_can_be_pregnant: bool = False
    needs_date: DateNeed | None = None
    date_label: Words | None = None
    date_after: tuple[str, ...] = ()
    date_with_time: bool = False
    follow_ups: tuple[Words, ...] = ()
    sensitive: bool = False
    recheck: tuple[Moment, ...] = ()


def questions(knowledge: Knowledge | None = None) -> tuple[Question, ...]:
    """Every question: the patient's first, then the staff's, each in the order of the groups."""
    knowledge = knowledge or load()
    return (
        *_asked(knowledge, AskedBy.PATIENT),
        *_asked(knowledge, AskedBy.STAFF),
    )


def questions_for(
    moment: Literal["intake", "session"],
    *,
    asked_by: AskedBy = AskedBy.PATIENT,
    knowledge: Knowledge | None = None,
) -> tuple[Question, ...]:
    """At intake everything; at a session what is asked again, and whether anything changed."""
    knowledge = knowledge or load()
    asked = tuple(_asked(knowledge, asked_by))
    if moment == "intake":
        return asked
    again = tuple(one for one in asked if Moment.SESSION in one.recheck)
    return (*again, _anything_changed(knowledge)) if asked_by is AskedBy.PATIENT else again


def _asked(knowledge: Knowledge, by: AskedBy) -> Iterable[Question]:
    order = list(knowledge.question_groups)
    rules = [rule for rule in knowledge.contraindications.values() if rule.asked_by is by]
    return (
        _question(rule, knowledge) for rule in sorted(rules, key=lambda r: order.index(r.group))
    )


def _question(rule: Contraindication, knowledge: Knowledge) -> Question:
    event = rule.lift_rule.event
    date = knowledge.date_questions[event] if event is not None else None
    return Question(
        code=rule.id,
        text=rule.question,
        group=rule.group,
        heading=knowledge.question_groups[rule.group].heading,
        asked_by=rule.asked_by,
        answers=answers_of(rule),
        ask_if_can_be_pregnant=rule.ask_if is Askable.CAN_BE_PREGNANT,
        needs_date=event,
        date_label=date.label if date else None,
        date_after=date.after if date else (),
        date_with_time=date.with_time if date else False,
        follow_ups=rule.follow_ups,
        sensitive=rule.sensitive,
        recheck=rule.recheck,
    )


def answers_of(rule: Contraindication) -> tuple[str, ...]:
    """What may be answered; nothing to choose from means free text.

    Unsure is always an answer where yes and no are, even when a rule names no outcome for it.
    """
    outcomes = rule.trigger.by_answer
    if "always" in outcomes:
        return ()
    if "assessed" in outcomes:
        return ("assessed", "not_assessed")
    return YES_NO_UNSURE


def _anything_changed(knowledge: Knowledge) -> Question:
    extra = knowledge.extra_questions[ANYTHING_CHANGED]
    first = next(iter(knowledge.question_groups.values()))
    return Question(
        code=extra.id,
        text=extra.text,
        group=first.id,
        heading=first.heading,
        asked_by=AskedBy.PATIENT,
        answers=YES_NO_UNSURE,
        recheck=(Moment.SESSION,),
    )
