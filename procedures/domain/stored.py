"""Facts as they were kept, read again: what a screening looked at, for other rules to look at."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

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

Row = Mapping[str, Any]


def facts_from(data: Row) -> Facts:
    """The facts that `Facts.as_data` wrote down."""
    known = (name for name in data if name in Facts.__dataclass_fields__)
    return Facts(**{name: READ.get(name, _same)(data[name]) for name in known})


def _same(value: Any) -> Any:
    return value


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _days(value: Row) -> dict[str, date]:
    return {name: date.fromisoformat(day) for name, day in value.items()}


def _answers(value: Row) -> dict[str, Answer]:
    return {
        code: Answer(reply=Reply(one["reply"]), day=_day(one["day"])) for code, one in value.items()
    }


def _stated(value: list[Row]) -> tuple[Stated, ...]:
    return tuple(
        Stated(
            **{
                **one,
                "rules": frozenset(one["rules"]),
                "topic": Topic(one["topic"]),
                "when": When(one["when"]),
                "until": _day(one["until"]),
            }
        )
        for one in value
    )


DRUG_SETS = ("ingredients", "allergens", "concentrations", "unread")
DRUG_DAYS = ("opened_on", "expires")


def _drugs(value: list[Row]) -> tuple[PlannedDrug, ...]:
    return tuple(
        PlannedDrug(
            **{
                **one,
                **{name: frozenset(one[name]) for name in DRUG_SETS},
                **{name: _day(one[name]) for name in DRUG_DAYS},
                "unknown_ingredients": tuple(one["unknown_ingredients"]),
            }
        )
        for one in value
    )


def _procedures(value: list[Row]) -> tuple[Procedure, ...]:
    return tuple(Procedure(**{**one, "day": _day(one["day"])}) for one in value)


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _pressure(value: list[int] | None) -> tuple[int, int] | None:
    return (value[0], value[1]) if value else None


READ: Mapping[str, Callable[[Any], Any]] = {
    "on": _day,
    "birth_date": _day,
    "required": frozenset,
    "known": frozenset,
    "answers": _answers,
    "events": _days,
    "stated": _stated,
    "unresolved": tuple,
    "drugs": _drugs,
    "previous_session": _day,
    "procedures": _procedures,
    "temperature_c": _number,
    "blood_pressure": _pressure,
}
