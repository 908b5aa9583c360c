"""Cases as a cosmetologist types them: facts of somebody imaginary in, findings out.

Nothing here touches the database. `null` and an empty list mean: asked, none. A key that is left
out holds where it must be asked, and fires nothing elsewhere.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from clinic.knowledge.entries import Kind
from clinic.knowledge.loader import load
from clinic.knowledge.resolver import resolve
from procedures import catalogue
from procedures.catalogue.person import TO_THE_DOCTOR
from procedures.catalogue.planned import (
    area_in,
    is_alcohol,
    is_intradermal,
    is_unknown,
    technique_in,
)
from procedures.catalogue.reading import (
    Spoken,
    allergens_in,
    allergens_named,
    as_spelled,
    ingredients_in,
    is_oil,
    is_vehicle,
    medicines_named,
    statements,
)
from procedures.domain.facts import (
    Answer,
    Facts,
    PlannedDrug,
    Procedure,
    Reply,
    Stated,
    Topic,
    When,
)
from procedures.domain.findings import Finding, Result
from procedures.domain.screening import screen
from procedures.told import Drug, Happened, Item, Told, told

ALWAYS_ASKED = frozenset({"birth_date", "conditions", "medications", "allergies", "planned_drugs"})
UNLESS_MALE = frozenset({"pregnant", "breastfeeding"})
LISTS = {
    "conditions": (Topic.CONDITIONS, When.CURRENT),
    "history": (Topic.CONDITIONS, When.PAST),
    "family_history": (Topic.CONDITIONS, When.FAMILY),
    "medications": (Topic.MEDICATIONS, When.CURRENT),
    "allergies": (Topic.ALLERGIES, When.CURRENT),
}
PREGNANCY, LACTATION = "CI-PREGNANCY", "CI-LACTATION"
BLEEDING, ALCOHOL = "CI-MENSTRUATION", "CI-ALCOHOL-24H"
OVER = {"resolved", "inactive", "past", "stopped", "completed", "ended", "healed"}
NEVER = {"refuted", "ruled out", "ruled_out", "denied", "entered-in-error"}
REGISTERED = {Reply.YES: True, Reply.NO: False}
STRENGTH = re.compile(r"\d\s*(?:%|mg|мг)", re.IGNORECASE)  # "hyaluronic acid 1.5 %"


def answer(case: Mapping[str, Any]) -> dict[str, Any]:
    """What the rules as they are shipped say to one case."""
    book = catalogue.rulebook({})
    return as_answer(screen(facts_of(case.get("facts")), book), book.version)


def facts_of(facts: object) -> Facts:
    """The facts of one case."""
    case = told(facts)
    stated, unresolved = _understood(case)
    drugs = tuple(_drug(one) for one in case.planned_drugs)
    return Facts(
        on=case.on,
        birth_date=case.birth_date,
        age=None if case.age is None else int(case.age),
        required=ALWAYS_ASKED
        | frozenset(case.must_ask)
        | (frozenset() if case.sex == "M" else UNLESS_MALE),
        known=_known(case),
        answers=dict(_answers(case)),
        events=dict(_events(case)),
        stated=stated,
        unresolved=(*unresolved, *(text for drug in drugs for text in _unknown(drug))),
        drugs=drugs,
        mixed=case.mixed_in_one_syringe,
        technique=technique_in(case.technique),
        area=area_in(case.area),
        indication=_indication(case.indication),
        protocol=case.protocol,
        previous_session=case.previous_session,
        procedures=tuple(_procedures(case)),
        temperature_c=case.temperature_c,
        blood_pressure=case.blood_pressure,
    )


def as_answer(result: Result, version: str) -> dict[str, Any]:
    """What a case is answered with."""
    day = result.earliest_date
    return {
        "decision": result.decision.value,
        "findings": [_told_of(finding) for finding in result.findings],
        "earliest_date": day.isoformat() if day else None,
        "unresolved": list(result.unresolved),
        "knowledge": version,
    }


def _told_of(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "concept": finding.concept,
        "category": finding.category,
        "outcome": finding.outcome.value,
        "because": list(finding.because),
        "lifts_on": finding.lifts_on.isoformat() if finding.lifts_on else None,
        "override": finding.override.value,
        "sources": [source.as_data() for source in finding.sources],
    }


def _required(case: Told) -> frozenset[str]:
    """What has to be asked; a clinic may ask more."""
    women = frozenset[str]() if case.sex == "M" else UNLESS_MALE
    return ALWAYS_ASKED | women | frozenset(case.must_ask)


def _known(case: Told) -> frozenset[str]:
    """What was asked; an age is as good as a birth date, an empty one of either is neither."""
    aged = case.birth_date is not None or case.age is not None
    return case.asked - {"birth_date"} | ({"birth_date"} if aged else set())


def _understood(case: Told) -> tuple[tuple[Stated, ...], tuple[str, ...]]:
    stated: list[Stated] = []
    unresolved: list[str] = []
    for key, (topic, when) in LISTS.items():
        items: tuple[Item, ...] = getattr(case, key)
        for item in items:
            if item.status.lower() in NEVER:
                continue
            said, understood = _meant(item, topic, when)
            stated += said
            if not understood and when is not When.FAMILY:
                unresolved.append(item.text or item.code)
            if not understood and topic is Topic.ALLERGIES:
                stated.append(_spelled(item))
    wish = case.indication
    if wish and not _indication(wish):  # what is no indication may be an illness
        said, understood = statements(Spoken(text=wish, topic=Topic.CONDITIONS))
        stated += said
        unresolved += [] if understood else [wish]
    return tuple(stated), tuple(unresolved)


def _meant(item: Item, topic: Topic, when: When) -> tuple[tuple[Stated, ...], bool]:
    """What an item says in words and by its code; one of both has to be understood."""
    over = when is When.CURRENT and item.status.lower() in OVER
    stated: list[Stated] = []
    understood = False
    for text in dict.fromkeys(one for one in (item.text, item.code) if one):
        spoken = Spoken(text=text, topic=topic, when=When.PAST if over else when, until=item.until)
        said, clear = statements(spoken)
        stated += said
        understood = understood or clear
    return tuple(stated), understood


def _spelled(item: Item) -> Stated:
    """An allergy to something we do not know meets a product that is written the same."""
    text = item.text or item.code
    rules = frozenset({as_spelled(text)})
    return Stated(text=text, concept="", rules=rules, topic=Topic.ALLERGIES, harmless=True)


def _answers(case: Told) -> Iterator[tuple[str, Answer]]:
    for key, code in (("pregnant", PREGNANCY), ("breastfeeding", LACTATION)):
        if key in case.asked:
            yield code, Answer(reply=getattr(case, key))
    bleeding = case.menstruation
    if bleeding and bleeding.bleeding_now is not None:
        yield BLEEDING, Answer(reply=bleeding.bleeding_now, day=bleeding.last_day)
    elif bleeding and bleeding.started and bleeding.started <= case.on and not bleeding.last_day:
        yield BLEEDING, Answer(reply=Reply.YES)
    if any(one.day is None for one in _drinks(case)):
        yield ALCOHOL, Answer(reply=Reply.UNSURE)
    for code, reply in case.answers.items():
        yield code, Answer(reply=reply)


def _drinks(case: Told) -> list[Happened]:
    return [one for one in case.alcohol if is_alcohol(one.what)]


def _events(case: Told) -> Iterator[tuple[str, date]]:
    drinks = [one.day for one in _drinks(case) if one.day and one.day <= case.on]
    happened = {
        "delivery_date": case.delivery_date,
        "pregnancy_ended": case.pregnancy_ended,
        "lactation_ended": case.breastfeeding_ended,
        "menstruation_ended": case.menstruation.last_day if case.menstruation else None,
        "last_alcohol": max(drinks) if drinks else None,
    }
    for event, day in happened.items():
        if day:
            yield event, day


def _procedures(case: Told) -> Iterator[Procedure]:
    for one in case.recent_procedures:
        for kind in catalogue.procedure_kinds(one.what):
            yield _procedure(one, kind)
    for one in case.vaccinations:
        yield _procedure(one, "vaccination")


def _procedure(one: Happened, kind: str) -> Procedure:
    return Procedure(what=one.what or kind, kind=kind, day=one.day)


def _drug(item: Drug) -> PlannedDrug:
    texts = (item.name, *item.ingredients)
    found = {text: ingredients_in(text) or medicines_named(text) for text in texts}
    ids = frozenset[str]().union(*found.values())
    unknown = tuple(text for text in item.ingredients if not (found[text] or _says_nothing(text)))
    return PlannedDrug(
        name=item.name,
        ingredients=ids,
        allergens=allergens_in(ids).union(
            (as_spelled(text) for text in (item.name, *unknown)), *map(allergens_named, texts)
        ),
        unknown_ingredients=unknown,
        concentrations=ids if _has_strength(item) else frozenset(),
        intradermal=is_intradermal(item.route),
        monotherapy=bool(item.monotherapy),
        oil_emulsion=bool(item.oil_emulsion)
        or any(is_oil(text) for text in texts if not found[text]),
        tested_positive=bool(item.tested_positive),
        registered=REGISTERED.get(item.registered or Reply.UNSURE),
        opened_on=item.opened_on,
        expires=item.expires,
        unread=frozenset(_unread(item)),
    )


def _has_strength(item: Drug) -> bool:
    """Stated beside it or in its name."""
    stated = str(item.concentration or "")
    texts = (item.name, *item.ingredients)
    return (bool(stated) and not is_unknown(stated)) or any(map(STRENGTH.search, texts))


def _unread(item: Drug) -> Iterator[str]:
    """What somebody was asked about a product and could not say."""
    if any(is_unknown(text) for text in item.ingredients):
        yield "composition"
    if item.route and is_intradermal(item.route) is None:
        yield "route"
    if item.registered is Reply.UNSURE:
        yield "registration"


def _says_nothing(text: str) -> bool:
    return is_vehicle(text) or is_unknown(text)


def _unknown(drug: PlannedDrug) -> Iterator[str]:
    """What of a product nobody can say: its name without a composition, or a component."""
    if not (drug.ingredients or drug.oil_emulsion or resolve(drug.name).resolved):
        yield drug.name
    yield from (text for text in drug.unknown_ingredients if not resolve(text).resolved)


def _indication(text: str) -> str:
    """What is to be treated; of several the strictest: not offered, for a doctor, slower."""
    rules: Iterable[str] = resolve(text, kinds=[Kind.INDICATION]).rules if text else ()
    known = load().indications
    named = [rule for rule in rules if rule in known]
    return min(named, key=_strictness, default="")


def _strictness(indication: str) -> tuple[bool, bool, int]:
    protocol = catalogue.protocol_for(indication)
    days = protocol.interval_min_days if protocol else None
    offered = load().indications[indication].offered
    return offered, indication not in TO_THE_DOCTOR, -(days or 0)
