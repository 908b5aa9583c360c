"""Cases that every draft of the rules has to keep: those that are shipped, and the clinic's own.

A case is an object as `cases screening` reads it; `expected` names what the answer must be.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings as configured
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.caselines import Answer, Answered, answer_lines
from clinic.errors import ClinicError, Stale, constraints_as
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission
from procedures import cases, rulebook, settings
from procedures.domain.screening import screen
from procedures.models import ClinicCase
from procedures.rulebook import Line

MOST = 2_000  # cases a page answers at once
SOMEBODY: Mapping[str, Any] = {  # whom a story leaves unsaid: asked everything, nothing found
    "on": "2026-03-04",
    "birth_date": "1990-05-01",
    "sex": "F",
    "conditions": [],
    "medications": [],
    "allergies": [],
    "planned_drugs": [],
    "pregnant": False,
    "breastfeeding": False,
}


class LeadsOnly(ClinicError):
    code = "leads-only"
    text = _("Only a clinical lead keeps cases.")


class NoExpectation(ClinicError):
    code = "no-expectation"
    text = _("A case that is kept needs a name in “id” and what is “expected”.")


class KeptAlready(ClinicError):
    code = "kept-already"
    text = _("There is already a case of this name: “%(name)s”. Give it another “id”.")


class TooMany(ClinicError):
    code = "too-many"
    text = _("A page answers %(most)s cases at once. Use the command “cases” for more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One case by the rules in force, and by those of the draft where there is one."""

    now: Answered
    then: Answered | None

    @property
    def name(self) -> object:
        return self.now.data["id"]

    @property
    def differs(self) -> bool:
        """The draft answers otherwise."""
        return self.then is not None and _essence(self.now) != _essence(self.then)

    @property
    def faults(self) -> tuple[str, ...]:
        """What is expected and would not be so."""
        return (self.then or self.now).differences

    @property
    def broken(self) -> bool:
        return self.now.broken


def shipped() -> list[dict[str, Any]]:
    """The stories that come with the product, where they are installed."""
    folder: Path = configured.CASES_DIR
    stories = (
        story
        for path in sorted(folder.glob("*.toml"))
        for story in tomllib.loads(path.read_text())["case"]
    )
    return [_as_case(story) for story in stories]


def kept() -> list[ClinicCase]:
    """The clinic's own cases that count."""
    rows = ClinicCase.objects.filter(dropped_at=None).select_related("kept_by")
    return list(rows.order_by("name", "pk"))


def run(
    wanted: Iterable[Mapping[str, Any]], then: tuple[Line, ...] | None, *, at: datetime
) -> list[Ran]:
    """Every case by the rules in force, and by the changes that may come."""
    return run_lines([json.dumps(one, default=str).encode() for one in wanted], then, at=at)


def run_lines(lines: list[bytes], then: tuple[Line, ...] | None, *, at: datetime) -> list[Ran]:
    """The same for lines as they were typed; what cannot be read is answered with an error."""
    if len(lines) > MOST:
        raise TooMany(most=MOST)
    values = settings.current(at=at)
    now = rulebook.lines_of(rulebook.version_at(at=at))
    before = list(answer_lines(lines, _by(now, values)))
    if then is None:
        return [Ran(now=one, then=None) for one in before]
    after = answer_lines(lines, _by(then, values))
    return [Ran(now=one, then=other) for one, other in zip(before, after, strict=True)]


@transaction.atomic
def keep(lines: list[bytes], *, at: datetime, by: User) -> list[ClinicCase]:
    """Remember these cases: from now on every draft is tried on them."""
    if not by.may(Permission.MANAGE_RULES):
        raise LeadsOnly
    try:
        told = [json.loads(line) for line in lines if line.strip()]
    except ValueError as error:
        raise NoExpectation from error
    return [_keep(case, at=at, by=by) for case in told]


@transaction.atomic
def drop(case: ClinicCase, *, at: datetime, by: User) -> ClinicCase:
    """It no longer counts."""
    if not by.may(Permission.MANAGE_RULES):
        raise LeadsOnly
    case = ClinicCase.objects.select_for_update(no_key=True).get(pk=case.pk)
    case.dropped_at = case.dropped_at or at
    case.save(update_fields=["dropped_at"])
    audit.record("case.dropped", case, at=at, by=by)
    return case


def _keep(case: object, *, at: datetime, by: User) -> ClinicCase:
    if not isinstance(case, dict) or not case.get("id") or not case.get("expected"):
        raise NoExpectation
    name = str(case["id"])[:120]
    if ClinicCase.objects.filter(name=name, dropped_at=None).exists():
        raise KeptAlready(name=name)
    with constraints_as(cliniccase_once=Stale):
        row = ClinicCase.objects.create(name=name, case=case, kept_at=at, kept_by=by)
    audit.record("case.kept", row, at=at, by=by)
    return row


def _by(lines: tuple[Line, ...], values: Mapping[str, object]) -> Answer:
    """Answers by these changes; a story that names settings of its own is judged by those."""
    edition = f"suite.{rulebook.digest(lines)[: rulebook.SHORT]}" if lines else ""

    def answer(case: Mapping[str, Any]) -> dict[str, Any]:
        own = case.get("settings", values)
        book = rulebook.book(lines, edition=edition, values=own)
        return cases.as_answer(screen(cases.facts_of(case.get("facts")), book), book.version)

    return answer


def _as_case(story: Mapping[str, Any]) -> dict[str, Any]:
    told = {**SOMEBODY, **story["facts"]}
    left_out = story.get("leave_out", ())
    day = story.get("earliest_date")
    return {
        "id": story["story"],
        "facts": {key: value for key, value in told.items() if key not in left_out},
        "settings": story.get("settings", {}),
        "expected": {
            "decision": story["decision"],
            "rules": sorted(story["because"]),
            "earliest_date": str(day) if day else None,
        },
    }


def _essence(one: Answered) -> tuple[object, ...]:
    """What a reader would call the answer; never the version that it names."""
    data = one.data
    return (
        data.get("decision"),
        data.get("findings"),
        data.get("earliest_date"),
        data.get("error"),
    )


def faults_of(ran: Iterable[Ran]) -> Iterator[Ran]:
    """Those that no longer come out as expected."""
    return (one for one in ran if one.faults or one.broken)
