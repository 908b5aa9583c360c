"""Cases as a cosmetologist types them: facts of somebody imaginary in, findings out.

Nothing here touches the database. `null` and an empty list mean: asked, none. A key that is left
out holds where it must be asked, and fires nothing elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clinic.knowledge.entries import Kind
from clinic.knowledge.loader import load
from clinic.knowledge.resolver import resolve
from clinic.knowledge.wording import normal
from procedures import catalogue
from procedures.catalogue.reading import (
    Spoken,
    allergens_in,
    ingredients_in,
    is_vehicle,
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
from procedures.domain.findings import Result

Case = Mapping[str, Any]
ALWAYS_ASKED = frozenset({"birth_date", "conditions", "medications", "allergies", "planned_drugs"})
UNLESS_MALE = frozenset({"pregnant", "breastfeeding"})
LISTS = {
    "conditions": (Topic.CONDITIONS, When.CURRENT),
    "history": (Topic.CONDITIONS, When.PAST),
    "family_history": (Topic.CONDITIONS, When.FAMILY),
    "medications": (Topic.MEDICATIONS, When.CURRENT),
    "allergies": (Topic.ALLERGIES, When.CURRENT),
}
ANSWERED = {"pregnant": "CI-PREGNANCY", "breastfeeding": "CI-LACTATION"}
EVENTS = {
    "delivery_date": "delivery_date",
    "pregnancy_ended": "pregnancy_ended",
    "breastfeeding_ended": "lactation_ended",
}
BLEEDING = "CI-MENSTRUATION"
OVER = {"resolved", "inactive", "past"}
INTRADERMAL = {"intradermal", "id", "внутрикожно", "внутрішньошкірно"}


class Broken(Exception):
    """A case that cannot be read; its text says why."""


def facts_of(case: Case) -> Facts:
    """The facts of one case."""
    try:
        return _facts(case)
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError) as error:
        raise Broken(f"cannot be read: {error}") from error


def as_answer(result: Result, version: str) -> dict[str, Any]:
    """What a case is answered with."""
    keys = ("rule", "concept", "category", "outcome", "because", "lifts_on", "override", "sources")
    findings = [finding.as_data() for finding in result.findings]
    day = result.earliest_date
    return {
        "decision": result.decision.value,
        "findings": [{key: finding[key] for key in keys} for finding in findings],
        "earliest_date": day.isoformat() if day else None,
        "unresolved": list(result.unresolved),
        "knowledge": version,
    }


def _facts(case: Case) -> Facts:
    if not case.get("on"):
        raise Broken("`on` is missing: the date of the session")
    stated, unresolved = _understood(case)
    drugs = tuple(_drug(one) for one in case.get("planned_drugs") or ())
    return Facts(
        on=_day(case["on"]),
        birth_date=_day(case["birth_date"]) if case.get("birth_date") else None,
        age=case.get("age"),
        required=ALWAYS_ASKED | (frozenset() if case.get("sex") == "M" else UNLESS_MALE),
        known=frozenset(case) | ({"birth_date"} if case.get("age") is not None else set()),
        answers=dict(_answers(case)),
        events=dict(_events(case)),
        stated=stated,
        unresolved=(*unresolved, *(drug.name for drug in drugs if _unknown(drug))),
        drugs=drugs,
        mixed=case.get("mixed_in_one_syringe"),
        technique=_technique(case.get("technique") or ""),
        area=normal(case.get("area") or "").replace(" ", "-"),
        indication=_indication(case.get("indication") or ""),
        previous_session=_day(case["previous_session"]) if case.get("previous_session") else None,
        procedures=tuple(_procedures(case)),
        temperature_c=_number(case.get("temperature_c")),
        blood_pressure=_pressure(case.get("blood_pressure")),
    )


def _understood(case: Case) -> tuple[tuple[Stated, ...], tuple[str, ...]]:
    stated: list[Stated] = []
    unresolved: list[str] = []
    for key, (topic, when) in LISTS.items():
        for item in case.get(key) or ():
            spoken = _spoken(item, topic, when)
            said, understood = statements(spoken)
            stated += said
            if not understood and when is not When.FAMILY:
                unresolved.append(spoken.text)
    wish = case.get("indication")
    if wish and not _indication(wish):  # what is no indication may be an illness
        said, understood = statements(Spoken(text=wish, topic=Topic.CONDITIONS))
        stated += said
        unresolved += [] if understood else [wish]
    return tuple(stated), tuple(unresolved)


def _spoken(item: str | Mapping[str, Any], topic: Topic, when: When) -> Spoken:
    if isinstance(item, str):
        return Spoken(text=item, topic=topic, when=when)
    over = when is When.CURRENT and item.get("status") in OVER
    until = item.get("until")
    return Spoken(
        text=item.get("text") or str(item["code"]),
        topic=topic,
        when=When.PAST if over else when,
        until=_day(until) if until else None,
    )


def _answers(case: Case) -> Iterator[tuple[str, Answer]]:
    for key, code in ANSWERED.items():
        if key in case:
            yield code, Answer(reply=_reply(case[key]))
    bleeding = case.get("menstruation") or {}
    if bleeding.get("bleeding_now") is not None:
        last = bleeding.get("last_day")
        reply = _reply(bleeding["bleeding_now"])
        yield BLEEDING, Answer(reply=reply, day=_day(last) if last else None)
    elif bleeding.get("started") and not bleeding.get("last_day"):
        yield BLEEDING, Answer(reply=Reply.YES)
    for code, reply in (case.get("answers") or {}).items():
        yield code, Answer(reply=Reply(reply))


def _reply(value: object) -> Reply:
    """Anything but a clear yes or no is unsure."""
    known = {True: Reply.YES, False: Reply.NO, None: Reply.NO}
    return (
        known.get(value, Reply.UNSURE) if value is None or isinstance(value, bool) else Reply.UNSURE
    )


def _events(case: Case) -> Iterator[tuple[str, date]]:
    for key, event in EVENTS.items():
        if case.get(key):
            yield event, _day(case[key])
    last = (case.get("menstruation") or {}).get("last_day")
    if last:
        yield "menstruation_ended", _day(last)
    drinks = [_day(one["at"]) for one in case.get("alcohol") or ()]
    if drinks:
        yield "last_alcohol", max(drinks)


def _procedures(case: Case) -> Iterator[Procedure]:
    for one in case.get("recent_procedures") or ():
        for kind in catalogue.procedure_kinds(one["what"]):
            yield Procedure(what=one["what"], kind=kind, day=_day_or_none(one.get("date")))
    for one in case.get("vaccinations") or ():
        day = _day_or_none(one.get("date"))
        yield Procedure(what=one["what"], kind="vaccination", day=day)


def _drug(item: Mapping[str, Any]) -> PlannedDrug:
    texts: Iterable[str] = item.get("ingredients") or ()
    found = {text: ingredients_in(text) for text in texts}
    ids = ingredients_in(item["name"]).union(*found.values())
    route = item.get("route")
    return PlannedDrug(
        name=item["name"],
        ingredients=ids,
        allergens=allergens_in(ids),
        unknown_ingredients=tuple(
            text for text, known in found.items() if not known and not is_vehicle(text)
        ),
        concentrations=ids if item.get("concentration") else frozenset(),
        intradermal=normal(route) in INTRADERMAL if route else None,
        registered=item.get("registered"),
        opened_on=_day_or_none(item.get("opened_on")),
        expires=_day_or_none(item.get("expires")),
    )


def _unknown(drug: PlannedDrug) -> bool:
    """Neither its name nor anything said of its composition is known."""
    return not drug.ingredients and not resolve(drug.name).resolved


def _technique(text: str) -> str:
    wanted = normal(text)
    for one in load().techniques.values():
        if wanted and wanted in {normal(str(one.label)), normal(one.id)}:
            return one.id
    return ""


def _indication(text: str) -> str:
    rules = resolve(text, kinds=[Kind.INDICATION]).rules
    return next((rule for rule in rules if rule in load().indications), "")


def _pressure(text: str | None) -> tuple[int, int] | None:
    if not text:
        return None
    upper, lower = text.split("/")
    return int(upper), int(lower)


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _day_or_none(value: object) -> date | None:
    return _day(value) if value else None


def _day(value: object) -> date:
    """A date, or the day of a moment; TOML brings dates, JSON brings text."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
