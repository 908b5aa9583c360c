"""Who and what the demonstration consists of, read from the TOML files beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One fictional patient, and how far along the chain they have come."""

    names: tuple[str, str]
    age: int
    language: str
    journey: str
    sex: str = "F"
    days: int = 0
    hour: int = 10
    status: str = "booked"
    without: str = ""
    feeling: str = ""
    area: str = "face"
    yes: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    staff_yes: tuple[str, ...] = ()
    staff_no: tuple[str, ...] = ()
    not_assessed: tuple[str, ...] = ()
    dates: Mapping[str, int] = field(default_factory=dict)
    allergies: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    products: tuple[str, ...] = ("Example Hyal 1", "Example Vita Complex")

    def born(self, today: date, number: int) -> date:
        """A birthday of its own for everybody, so that nobody looks like a double."""
        return date(today.year - self.age - 1, 1 + number % 12, 1 + number % 28)


def clinic() -> dict[str, Any]:
    """Places, staff, products, and the password of every demonstration login."""
    return tomllib.loads(_read("clinic.toml"))


def characters() -> list[Character]:
    """The patients, in the order in which they came."""
    return [Character(**_frozen(row)) for row in tomllib.loads(_read("patients.toml"))["patient"]]


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(said) if isinstance(said, list) else said for key, said in row.items()}


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
