"""What is known besides the rules: facts, claims nobody may print, conflicts and gaps."""

from enum import StrEnum

from clinic.knowledge.entries.base import Entry, Source, Strict, Text, Words


class Fact(Entry):
    """Background that explains a rule or a field."""

    fact: Text
    group: Text
    use: Text | None = None


class ClaimSeverity(StrEnum):
    """How bad it would be to print a claim."""

    AVOID = "avoid"
    DANGER = "danger"


class Claim(Entry):
    """What the sources promise and we must never print."""

    claim: Text
    why_not: Text
    show_instead: Text | None = None
    severity: ClaimSeverity


class Position(Strict):
    """What one source says in a conflict."""

    says: Text
    source: Source


class Conflict(Entry):
    """Where sources disagree, what we follow, and who may decide otherwise."""

    topic: Text
    area: Text
    positions: tuple[Position, ...]
    resolution: Text
    why: Text
    clinician_override: Text


class Gap(Entry):
    """What no source says; the clinic has to."""

    topic: Words
    missing: Words
    area: Text
    proposal: Words
