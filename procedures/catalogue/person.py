"""Rules about the person and the day, made from the knowledge and the clinic's settings."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from clinic.knowledge.entries import (
    Concern,
    Contraindication,
    Indication,
    LiftType,
    Medicine,
    Protocol,
    Technique,
    Trigger,
)
from clinic.knowledge.loader import Knowledge
from procedures.catalogue.cards import card_of, card_of_medicine, card_of_setting, cited
from procedures.domain import words
from procedures.domain.facts import Reply
from procedures.domain.findings import Words
from procedures.domain.outcomes import Outcome, OverrideKind
from procedures.domain.rules import (
    AfterMedicine,
    AfterProcedure,
    AgeNote,
    Asked,
    Card,
    Fever,
    Indicated,
    Interval,
    Pressure,
    Rule,
    UnderAge,
)

Settings = Mapping[str, object]

# What a question asks for ever, or what does not go away: a past case counts like a present one.
ASK_EVER = frozenset(
    {
        "CI-CLOTTING",
        "CI-EPILEPSY",
        "CI-HIV",
        "CI-KELOID-TENDENCY",
        "CI-MENTAL-NEURO",
        "CI-PIH-TENDENCY",
        "CI-SKIN-SENSITIVE",
        "CI-HEART",
        "CI-AUTOIMMUNE",
        "CI-DIABETES",
    }
)
LASTING = {"absolute", "relative"}
DAYS_OF = {LiftType.EVENT: 1, LiftType.EVENT_PLUS_HOURS: 2}  # the last day, and a dry day after it
ALSO_ENDS = {"CI-POSTPARTUM": ("pregnancy_ended",)}  # a loss counts like a birth: the safer reading
EVERYBODY = frozenset({"CI-EXPECTATIONS"})  # a talk every patient gets, no finding
FLOOR_DAYS = 7  # SC-1
FEVER_FROM_C = Decimal("37.5")
RAISED = (140, 90)  # from here a pressure needs the clinic's limit; not a limit itself
RECENT_DAYS = 180  # without the clinic's interval, what is longer ago is history
AFTER = "interval_after_"  # settings of this name say how long to wait after what
VACCINATION = "vaccination"
RETINOIDS, AFTER_RETINOIDS = "MI-RETINOID-SYSTEMIC", "interval_after_isotretinoin"
TO_THE_DOCTOR = {
    "ID-ROSACEA": "CF-CARDIOVASCULAR",
    "ID-ALOPECIA-AREATA": "CF-AUTOIMMUNE-ALOPECIA",
}
JUDGED_IN_THE_PLAN = frozenset({"MI-METRONIDAZOLE-ALCOHOL", "MI-DHE-MACROLIDE"})
JUDGED_BY_PRODUCT = frozenset({"CI-ALLERGY-COMPONENT", "CI-FISH-ALLERGY"})


def person_rules(knowledge: Knowledge, settings: Settings) -> Iterator[Rule]:
    """Everything that is asked, taken, measured or counted from a date."""
    for entry in knowledge.contraindications.values():
        if entry.id not in EVERYBODY | JUDGED_BY_PRODUCT and entry.computed is None:
            yield _asked(knowledge, entry)
    for medicine in knowledge.medicines.values():
        if medicine.outcome is not Trigger.PASS and medicine.id not in JUDGED_IN_THE_PLAN:
            yield _taken(knowledge, medicine, settings)
    yield from _age(knowledge)
    yield _interval(knowledge)
    yield Fever(card=card_of(knowledge, "CI-FEVER"), from_c=_fever_from(settings))
    yield _pressure(knowledge, settings)
    for key in knowledge.settings:
        if key.startswith(AFTER) and key != AFTER_RETINOIDS:
            yield _after_procedure(knowledge, settings, key)
    yield from _indications(knowledge)


def number(settings: Settings, key: str) -> Decimal | None:
    """A setting as a number; None while it is unset."""
    value = settings.get(key)
    return None if value is None else Decimal(str(value))


def days(settings: Settings, key: str) -> int | None:
    value = number(settings, key)
    return None if value is None else int(value)


def _asked(knowledge: Knowledge, entry: Contraindication) -> Asked:
    triggers = entry.trigger.by_answer
    replies = {
        Reply(answer): Outcome(trigger.value)
        for answer, trigger in triggers.items()
        if answer in set(Reply) and trigger is not Trigger.PASS
    }
    same = (m.id for m in knowledge.medicines.values() if _says_the_same(m, entry))
    lift = entry.lift_rule
    event = (lift.event.value,) if lift.event else ()
    days = lift.days if lift.days is not None else DAYS_OF.get(lift.type)
    computed = entry.kind.value == "ingredient"
    return Asked(
        card=card_of(knowledge, entry.id),
        replies={**_unsure(entry), **replies},
        names=frozenset[str]() if computed else frozenset({entry.id, *same}),
        stated=None if computed else replies.get(Reply.YES),
        past=None if computed else _past(entry, replies.get(Reply.YES)),
        events=() if days is None else (*event, *ALSO_ENDS.get(entry.id, ())),
        days=days,
        absent=Reply.NOT_ASSESSED if Reply.NOT_ASSESSED in replies else None,
    )


def _unsure(entry: Contraindication) -> dict[Reply, Outcome]:
    """Unsure holds even where a rule names no outcome for it."""
    if entry.trigger.unsure is not None or "assessed" in entry.trigger.by_answer:
        return {}
    return {Reply.UNSURE: Outcome.HOLD_FOR_DOCTOR}


def _says_the_same(medicine: Medicine, entry: Contraindication) -> bool:
    """A medicine that by itself answers the question with yes."""
    named = entry.id in medicine.contraindication_ids
    return named and medicine.outcome is entry.trigger.yes


def _past(entry: Contraindication, yes: Outcome | None) -> Outcome | None:
    """What a past case means: the same, a question for the doctor, or nothing any more."""
    if entry.lift_rule.type is LiftType.NEVER_BY_DEFAULT or entry.id in ASK_EVER:
        return yes
    decided = entry.lift_rule.type is LiftType.CLINICIAN_CLEARS
    return Outcome.HOLD_FOR_DOCTOR if decided and entry.category.value in LASTING else None


def _taken(knowledge: Knowledge, entry: Medicine, settings: Settings) -> Rule:
    card, outcome = card_of_medicine(knowledge, entry), Outcome(entry.outcome.value)
    if entry.id == RETINOIDS:
        return AfterMedicine(
            card=card,
            names=frozenset({entry.id}),
            outcome=outcome,
            days=days(settings, AFTER_RETINOIDS),
            unset=card_of_setting(knowledge, AFTER_RETINOIDS),
        )
    ever = entry.concerns is Concern.PATIENT_EVER_HAD
    return Asked(
        card=card,
        names=frozenset({entry.id}),
        stated=outcome,
        past=outcome if ever else None,
    )


def _age(knowledge: Knowledge) -> Iterator[Rule]:
    for entry in knowledge.contraindications.values():
        if entry.computed is not None:
            card = card_of(knowledge, entry.id)
            yield UnderAge(card=card, years=entry.computed.below_years)
    for note in knowledge.age_guidance.values():
        if not note.indication_ids:
            continue
        yield AgeNote(
            card=Card(
                rule=note.id,
                category="caution",
                label=words.AGE_NOTE,
                lifts_when=words.INDICATION_STATED,
                override=OverrideKind.STAFF_ACK,
                sources=cited(knowledge, note),
                basis=note.basis.value,
            ),
            indications=frozenset(note.indication_ids),
            min_years=note.age_min_years,
            max_years=note.age_max_years,
        )


def _interval(knowledge: Knowledge) -> Interval:
    rule = knowledge.scheduling_rules["SC-1"]
    offered = [one for one in knowledge.protocols.values() if one.offered]
    return Interval(
        card=Card(
            rule=rule.id,
            category="temporary",
            label=words.INTERVAL,
            lifts_when=words.WHEN_INTERVAL_OVER,
            override=OverrideKind.NONE,
            sources=cited(knowledge, rule),
            basis=rule.basis.value,
        ),
        floor_days=FLOOR_DAYS,
        by_protocol={one.id: one.interval_min_days or FLOOR_DAYS for one in offered},
        by_indication=_least_days(offered),
    )


def _least_days(protocols: list[Protocol]) -> dict[str, int]:
    """Per indication the interval of its first protocol."""
    found: dict[str, int] = {}
    for one in protocols:
        for indication in one.indication_ids:
            found.setdefault(indication, one.interval_min_days or FLOOR_DAYS)
    return found


def _fever_from(settings: Settings) -> Decimal:
    stricter = number(settings, "temperature_limit")
    return FEVER_FROM_C if stricter is None else min(stricter, FEVER_FROM_C)


def _pressure(knowledge: Knowledge, settings: Settings) -> Pressure:
    keys = ("blood_pressure_limit_systolic", "blood_pressure_limit_diastolic")
    upper, lower = (number(settings, key) for key in keys)
    missing = keys[0] if upper is None else keys[1]
    return Pressure(
        card=card_of(knowledge, "CI-HYPERTENSION"),
        unset=card_of_setting(knowledge, missing),
        limit=(upper, lower) if upper is not None and lower is not None else None,
        raised=RAISED,
    )


def _after_procedure(knowledge: Knowledge, settings: Settings, key: str) -> AfterProcedure:
    kind = key.removeprefix(AFTER)
    return AfterProcedure(
        card=card_of(knowledge, "CI-RECENT-PROCEDURE"),
        kind=kind,
        days=days(settings, key),
        unset=card_of_setting(knowledge, key),
        recent_days=RECENT_DAYS,
        cosmetic=kind != VACCINATION,
    )


def _indications(knowledge: Knowledge) -> Iterator[Rule]:
    planned: list[Indication | Technique] = [
        *knowledge.indications.values(),
        *knowledge.techniques.values(),
    ]
    for entry in planned:
        if not entry.offered:
            yield Indicated(
                card=_planned(knowledge, entry, words.NOT_OFFERED),
                what=entry.id,
                outcome=Outcome.BLOCK,
            )
    for key in TO_THE_DOCTOR:
        yield Indicated(
            card=_planned(knowledge, knowledge.indications[key], words.TO_THE_DOCTOR),
            what=key,
            outcome=Outcome.HOLD_FOR_DOCTOR,
            stated=True,
        )


def _planned(knowledge: Knowledge, entry: Indication | Technique, why: Words) -> Card:
    about = entry.label
    return Card(
        rule=entry.id,
        category="relative" if entry.offered else "absolute",
        label=Words(
            en=f"{why.en}: {about.en}", ru=f"{why.ru}: {about.ru}", uk=f"{why.uk}: {about.uk}"
        ),
        lifts_when=words.DOCTOR_DECIDES if entry.offered else words.OTHER_INDICATION,
        override=OverrideKind.DOCTOR_REASON if entry.offered else OverrideKind.NONE,
        sources=cited(knowledge, entry),
        basis=entry.basis.value,
    )
