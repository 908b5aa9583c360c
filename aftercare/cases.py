"""Questions and complaints of somebody imaginary, answered from the knowledge. No database."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aftercare import asking, complaints
from aftercare.asking import Circumstances
from aftercare.complaints import Treated
from clinic.errors import Broken
from clinic.knowledge import hearing
from clinic.knowledge.loader import load
from procedures import catalogue
from procedures.catalogue.reading import ingredients_in
from procedures.domain.restrictions import Window, by_rule, calendar

Case = Mapping[str, Any]
AN_HOUR = timedelta(hours=1)
HOURS_A_DAY = 24


def answer(case: Case) -> dict[str, Any]:
    """What one case is answered with."""
    kinds = {"ask": _asked, "symptom": _reported}
    kind = case.get("kind")
    if kind not in kinds:
        raise Broken(f"`kind` is {kind!r}; write ask or symptom")
    try:
        return kinds[kind](case)
    except (TypeError, ValueError, KeyError, AttributeError, ZoneInfoNotFoundError) as error:
        raise Broken(f"cannot be read: {error}") from error


def _asked(case: Case) -> dict[str, Any]:
    zone = ZoneInfo(case["timezone"])
    when = _circumstances(case, zone)
    found = asking.answer(_text(case["ask"]), _text(case.get("detail") or ""), when)
    return {
        "answer": found.may.value,
        "conditions": [
            *(str(words) for words in found.conditions),
            *(f"not: {words}" for words in found.without),
        ],
        "until": found.until.astimezone(zone).isoformat() if found.until else None,
        "rules": list(found.rules),
        "sources": list(asking.sources(found)),
        "unresolved": list(found.unresolved),
    }


def _reported(case: Case) -> dict[str, Any]:
    treated = Treated(
        ingredients=_ingredients(case.get("drugs") or ()),
        regions=hearing.regions(case.get("area") or ""),
    )
    symptoms = [_text(one) for one in case["symptoms"]]
    found = complaints.judged(symptoms, _hours(case), treated)
    known = load()
    return {
        "triage": found.triage.value,
        "because": list(found.because),
        "sources": [line for rule in found.because for line in known.cite(known.by_id[rule])],
        "unresolved": list(found.unresolved),
    }


def _circumstances(case: Case, zone: ZoneInfo) -> Circumstances:
    ended_at, area = _moment(case["session_at"], zone), case.get("area") or ""
    windows = [
        one
        for part in hearing.regions(area) | {""}
        for one in calendar(catalogue.every_restriction(), ended_at=ended_at, area=part)
    ]
    return Circumstances(
        at=_moment(case["at"], zone),
        ended_at=ended_at,
        windows=by_rule([*dict.fromkeys(windows), *_eve(ended_at, zone)]),
        area=area,
    )


def _eve(ended_at: datetime, zone: ZoneInfo) -> Iterable[Window]:
    """CF-ALCOHOL: the whole calendar day before the session, so 24 hours may be too few."""
    midnight = ended_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for rule in catalogue.BEFORE_THE_SESSION:
        yield Window(rule=rule, starts_at=_utc(midnight - timedelta(days=1)), until=ended_at)


def _ingredients(drugs: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*(ingredients_in(drug) for drug in drugs))


def _hours(case: Case) -> float:
    """Real hours between the two instants; days only where nobody knows the instant."""
    if not case.get("reported_at"):
        return float(case["days_after"]) * HOURS_A_DAY
    zone = ZoneInfo(case["timezone"])
    return (_moment(case["reported_at"], zone) - _moment(case["session_at"], zone)) / AN_HOUR


def _moment(value: object, zone: ZoneInfo) -> datetime:
    """A local moment as an instant; one that carries its own offset keeps it."""
    read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return _utc(read if read.tzinfo else read.replace(tzinfo=zone))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
