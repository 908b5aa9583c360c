"""Whose booked treatment other rules would decide differently. Nothing is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from clinic.staff.models import User
from patients.models import Patient
from procedures import anamnesis, screening
from procedures.domain.findings import Finding, Result
from procedures.domain.outcomes import Decision
from procedures.domain.screening import Rulebook, screen
from procedures.models import AHEAD, Session

Said = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """One booked session that would be decided differently, and because of what."""

    session: Session
    before: Decision
    after: Decision
    appeared: tuple[Finding, ...]
    gone: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The rules in force, and those that may come."""

    now: Rulebook
    then: Rulebook


def ahead(user: User, *, at: datetime) -> QuerySet[Session]:
    """Every booked treatment this person may see, the next one first."""
    booked = Session.objects.filter(
        patient__in=Patient.objects.visible_to(user),
        appointment__status__in=AHEAD,
        appointment__slot__startswith__gte=at,
    )
    return booked.select_related(
        "appointment__room__location", "course__plan__location", "patient"
    ).order_by("appointment__slot", "pk")


def among(sessions: Iterable[Session], books: Books, *, at: datetime) -> list[Affected]:
    """Those of these sessions whose decision on their own day would change."""
    looked = (_looked_at(one, books, at=at) for one in sessions)
    return [one for one in looked if one.before is not one.after]


def _looked_at(session: Session, books: Books, *, at: datetime) -> Affected:
    """By the same facts and the same code as every screening, and with what doctors decided."""
    plan = session.course.plan
    on = timezone.localdate(session.appointment.slot.lower, plan.location.zone)
    facts = anamnesis.collect(session.patient, plan, on=on, at=at)
    before, after = screen(facts, books.now), screen(facts, books.then)
    return Affected(
        session=session,
        before=screening.decision_of(before, plan),
        after=screening.decision_of(after, plan),
        appeared=_only(after, before),
        gone=_only(before, after),
    )


def _only(one: Result, other: Result) -> tuple[Finding, ...]:
    """What the one says and the other does not."""
    said = {_said(finding) for finding in other.findings}
    return tuple(finding for finding in one.findings if _said(finding) not in said)


def _said(finding: Finding) -> Said:
    return finding.rule, finding.product, finding.outcome.value
