"""Stories of imaginary patients in TOML, as a clinician reads them."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from procedures import cases, catalogue
from procedures.domain.facts import Facts
from procedures.domain.findings import Result
from procedures.domain.screening import Rulebook, screen

FOLDER = Path(__file__).parent / "cases"
SOMEBODY: dict[str, Any] = {
    "on": date(2026, 3, 4),
    "birth_date": date(1990, 5, 1),
    "sex": "F",
    "conditions": [],
    "medications": [],
    "allergies": [],
    "planned_drugs": [],
    "pregnant": False,
    "breastfeeding": False,
}
KEYS = {"story", "facts", "leave_out", "settings", "decision", "because", "outcomes"}
KEYS |= {"earliest_date"}


@dataclass(frozen=True, kw_only=True)
class Vignette:
    """Who comes, what is decided, and because of what.

    `because` is a list of rules, or a table that also says what each asks for; no other may fire.
    """

    story: str
    told: Mapping[str, Any]
    decision: str
    because: Mapping[str, str]
    earliest_date: date | None = None
    leave_out: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any], file: str) -> "Vignette":
        assert set(data) <= KEYS, f"{data['story']}: {set(data) - KEYS}"
        listed = data["because"]
        because = dict(listed) if isinstance(listed, dict) else dict.fromkeys(listed, "")
        return cls(
            story=data["story"],
            told=data["facts"],
            decision=data["decision"],
            because=because | data.get("outcomes", {}),
            earliest_date=data.get("earliest_date"),
            leave_out=tuple(data.get("leave_out", ())),
            settings=data.get("settings", {}),
            file=file,
        )

    def case(self) -> dict[str, Any]:
        """All that is told of this somebody."""
        told = SOMEBODY | dict(self.told)
        return {key: told[key] for key in told if key not in self.leave_out}

    def facts(self) -> Facts:
        return cases.facts_of(self.case())

    def result(self, rules: Rulebook | None = None) -> Result:
        return screen(self.facts(), rules or catalogue.rulebook(self.settings))

    def holds(self, result: Result) -> bool:
        return self.outcome(result) == self.expected

    @cached_property
    def expected(self) -> tuple[str, dict[str, str], date | None]:
        return self.decision, dict(sorted(self.because.items())), self.earliest_date

    def outcome(self, result: Result) -> tuple[str, dict[str, str], date | None]:
        """What came, told as the vignette tells it."""
        gravest: dict[str, str] = {}
        for finding in result.findings:  # gravest first
            gravest.setdefault(finding.rule, finding.outcome.value)
        fired = {
            rule: outcome if self.because.get(rule, outcome) else ""
            for rule, outcome in sorted(gravest.items())
        }
        return result.decision.value, fired, result.earliest_date


def _read() -> Iterator[Vignette]:
    for path in sorted(FOLDER.glob("*.toml")):
        for one in tomllib.loads(path.read_text())["case"]:
            yield Vignette.of(one, path.stem)


VIGNETTES = list(_read())
