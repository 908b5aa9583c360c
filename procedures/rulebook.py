"""The rules in force: what is shipped, what the clinic set, and what its doctors published.

Nothing is written here; the pure engine gets all of it as values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from json import dumps, loads
from typing import Any

from clinic.knowledge.wording import normal
from procedures import catalogue, settings
from procedures.domain.changes import Change, ChangeKind, by_rule
from procedures.domain.described import Described, described
from procedures.domain.outcomes import Outcome
from procedures.domain.screening import Rulebook
from procedures.models import DraftChange, RulebookDraft, RulebookVersion

SHORT = 8
ABOUT_WORDS = {ChangeKind.SYNONYM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing a clinic changed: a rule, what about it, why, who and when."""

    kind: str
    rule: str
    outcome: str = ""
    text: str = ""
    reason: str = ""
    by: str = ""
    at: str = ""

    @property
    def slot(self) -> tuple[str, str]:
        """A later line of the same slot takes the place of an earlier one."""
        if self.kind in ABOUT_WORDS:
            return ("word", normal(self.text))
        return ("basis" if self.kind == ChangeKind.CONFIRMED else "rule", self.rule)

    @property
    def change(self) -> Change:
        outcome = Outcome(self.outcome) if self.outcome else None
        return Change(kind=ChangeKind(self.kind), rule=self.rule, outcome=outcome)

    def as_data(self) -> dict[str, str]:
        return asdict(self)


def in_force(*, at: datetime) -> Rulebook:
    """The rules of that moment."""
    return of(version_at(at=at), at=at)


def of(version: RulebookVersion | None, *, at: datetime) -> Rulebook:
    """The rules of a version, with the settings of that moment; None is what was shipped."""
    edition = f"v{version.number}.{version.digest[:SHORT]}" if version else ""
    return book(lines_of(version), edition=edition, values=settings.current(at=at))


def with_draft(draft: RulebookDraft, *, at: datetime) -> Rulebook:
    """The rules as they would be if the draft were published at that moment."""
    lines = after(draft, at=at)
    edition = f"draft.{digest(lines)[:SHORT]}"
    return book(lines, edition=edition, values=settings.current(at=at))


def book(lines: Iterable[Line], *, edition: str, values: Mapping[str, object]) -> Rulebook:
    changes = tuple(one.change for one in lines if one.kind not in ABOUT_WORDS)
    known = {key: value for key, value in sorted(values.items()) if value is not None}
    return _book(changes, edition, dumps(known, ensure_ascii=False))


def version_at(*, at: datetime) -> RulebookVersion | None:
    """What the clinic's doctors published last by then."""
    known = RulebookVersion.objects.published_by_then(at=at)
    return known.order_by("-number").first()


def lines_of(version: RulebookVersion | None) -> tuple[Line, ...]:
    rows: list[dict[str, Any]] = version.changes if version else []
    return tuple(Line(**row) for row in rows)


def drafted(draft: RulebookDraft) -> tuple[Line, ...]:
    """What the draft says, oldest first."""
    rows = draft.changes.select_related("made_by").order_by("made_at", "pk")
    return tuple(_line(row) for row in rows)


def after(draft: RulebookDraft, *, at: datetime) -> tuple[Line, ...]:
    """Everything that would hold: what holds now, with the draft's lines in their places."""
    if draft.version is not None:
        return lines_of(draft.version)
    return merged(lines_of(version_at(at=at)), drafted(draft))


def merged(now: Iterable[Line], new: Iterable[Line]) -> tuple[Line, ...]:
    """One line a slot, by rule; `shipped` takes a line back."""
    by_slot = {one.slot: one for one in (*now, *new)}
    kept = (one for one in by_slot.values() if one.kind != ChangeKind.SHIPPED)
    return tuple(sorted(kept, key=lambda one: one.slot))


def digest(lines: Iterable[Line]) -> str:
    """One fingerprint of the same changes."""
    rows = [one.as_data() for one in lines]
    return sha256(dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def known(*, at: datetime) -> dict[str, Described]:
    """Every rule of that moment, as it is shipped."""
    return described(in_force(at=at).rules)


@lru_cache(maxsize=16)
def _book(changes: tuple[Change, ...], edition: str, values: str) -> Rulebook:
    shipped = catalogue.rulebook(loads(values))
    if not edition:
        return shipped
    return replace(shipped, version=f"{shipped.version}-{edition}", changes=by_rule(changes))


def _line(row: DraftChange) -> Line:
    return Line(
        kind=row.kind,
        rule=row.rule,
        outcome=row.outcome,
        text=row.text,
        reason=row.reason,
        by=row.made_by.full_name,
        at=row.made_at.isoformat(),
    )
