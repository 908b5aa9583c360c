"""What the knowledge says, as the values that screening, scheduling and aftercare reckon with."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from json import dumps, loads

from clinic.knowledge.entries import (
    Entry,
    Indication,
    Protocol,
    Restriction,
    SideEffect,
    Technique,
)
from clinic.knowledge.loader import load
from procedures.catalogue import courses, planned
from procedures.catalogue.cards import words_of
from procedures.catalogue.person import person_rules
from procedures.catalogue.products import product_rules
from procedures.domain.course import Band
from procedures.domain.restrictions import RestrictionRule
from procedures.domain.screening import Rulebook
from procedures.domain.triage import SignRule

HOURS_A_DAY = 24
EMERGENCY = frozenset({"SE-ALLERGY-ACUTE"})
NOT_PLANNED = frozenset({"depth class", "equipment", "background", "home device"})
NEEDLE_FREE = "non-injection"
OPEN_AREAS = frozenset({"scalp", "body"})
WITHHELD = frozenset({"RX-PROTEIN"})  # CF-PROTEIN: leave the warning out
BEFORE_THE_SESSION = frozenset({"RX-ALCOHOL-BEFORE"})

Settings = Mapping[str, object]


def version(settings: Settings) -> str:
    """Of the knowledge and of what the clinic has set: a screening is as old as its rules."""
    return f"{load().version}-{_digest(_as_text(settings))}"


def rulebook(settings: Settings) -> Rulebook:
    """Every rule of the knowledge, with the clinic's numbers where the sources have none."""
    return _rulebook(_as_text(settings))


def procedure_kinds(text: str) -> tuple[str, ...]:
    """What was done, as the clinic's settings call it: laser, peel, filler, other_procedure."""
    return planned.procedure_kinds(text)


def indications() -> tuple[Indication, ...]:
    """What may be planned."""
    return tuple(one for one in load().indications.values() if one.offered)


def techniques() -> tuple[Technique, ...]:
    """How it may be done; depths and needles are no technique of their own."""
    known = load().techniques.values()
    return tuple(one for one in known if one.offered and one.kind not in NOT_PLANNED)


def protocols() -> tuple[Protocol, ...]:
    """Courses a clinic may book."""
    return tuple(one for one in load().protocols.values() if one.offered)


def protocols_for(indication: str) -> tuple[Protocol, ...]:
    return tuple(one for one in protocols() if indication in one.indication_ids)


def protocol_for(indication: str) -> Protocol | None:
    """The first that names the indication; None: no source gives numbers for it."""
    return courses.first_protocol(indication)


def band(protocol: str, indication: str = "") -> Band:
    """What a protocol allows, with the floor under every interval.

    A plan without a protocol has no numbers but the floor of its indication's protocol.
    """
    known = load().protocols.get(protocol)
    if known is not None:
        return courses.band_of(known)
    floor = courses.band_of(courses.first_protocol(indication)).floor_days
    return Band(floor_days=floor, sessions_limit=courses.most_sessions())


def restriction(rule: str) -> Restriction:
    """The words of a ban: forbidden, why, allowed."""
    return load().restrictions[rule]


@cache
def restriction_rules() -> tuple[RestrictionRule, ...]:
    """The bans a patient is told of after a session."""
    left_out = WITHHELD | BEFORE_THE_SESSION
    return tuple(one for one in every_restriction() if one.id not in left_out)


@cache
def every_restriction() -> tuple[RestrictionRule, ...]:
    """All of them, also what is only answered when somebody asks."""
    return tuple(
        RestrictionRule(
            id=one.id,
            from_hours=one.from_hours,
            until_hours=one.until_hours,
            release_from_hours=_hours(one.release_from_day),
            areas=frozenset({one.area.value}) if one.area else frozenset(),
        )
        for one in load().restrictions.values()
    )


def gap_of(area: str, technique: str) -> str:
    """The gap that leaves the bans of this treatment to a doctor: they are written for injections
    in the face. Empty: there is none."""
    entry = load().techniques.get(technique)
    if entry is not None and entry.kind == NEEDLE_FREE:
        return "GAP-NONINJECT"
    return "GAP-HAIR" if area in OPEN_AREAS else ""


def signs() -> tuple[SideEffect, ...]:
    """What a patient may notice and tick; a weak or slow effect is no sign."""
    known = load().side_effects.values()
    return tuple(one for one in known if one.red_flag or one.kind.value == "expected")


@cache
def sign_rules() -> Mapping[str, SignRule]:
    return {
        one.id: SignRule(
            id=one.id,
            red_flag_hours=one.red_flag.hours if one.red_flag else None,
            late_limit_hours=one.red_flag.late_limit_hours if one.red_flag else None,
            emergency=one.id in EMERGENCY,
        )
        for one in load().side_effects.values()
    }


def cite(entry: Entry) -> tuple[Mapping[str, str | int | None], ...]:
    """Sources as file and line."""
    return load().cite(entry)


@cache
def _rulebook(settings: str) -> Rulebook:
    knowledge, values = load(), _from_text(settings)
    return Rulebook(
        version=f"{knowledge.version}-{_digest(settings)}",
        rules=(*person_rules(knowledge, values), *product_rules(knowledge)),
        questions={
            **{one.id: words_of(one.label) for one in knowledge.contraindications.values()},
            **{one.id: words_of(one.text) for one in knowledge.extra_questions.values()},
        },
    )


def _as_text(settings: Settings) -> str:
    """One spelling of the same settings; an unset one is left out."""
    return dumps({k: v for k, v in sorted(settings.items()) if v is not None}, ensure_ascii=False)


def _from_text(settings: str) -> Settings:
    values: Settings = loads(settings)
    return values


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _hours(day: int | None) -> int | None:
    return None if day is None else day * HOURS_A_DAY
