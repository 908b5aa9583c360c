"""Adverse reactions: recorded by staff or reported by the patient, they hold the course."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from aftercare.models import CheckIn, Reaction, Severity
from clinic.errors import ClinicError
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import catalogue, courses
from procedures.models import Session


class NothingDescribed(ClinicError):
    code = "nothing-described"
    text = _("Describe what was seen, and tick at least one sign.")


class UnknownSign(ClinicError):
    code = "unknown-sign"
    text = _("One of the signs is not known. Choose from the list, or describe it in words.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What happened, in the terms of the knowledge and in words."""

    signs: tuple[str, ...]
    severity: Severity
    description: str


@transaction.atomic
def report(
    session: Session,
    told: Report,
    *,
    check_in: CheckIn | None = None,
    at: datetime,
    by: User | None,
) -> Reaction:
    """Keep it, hold the course until a doctor releases it, and ask the doctor to look."""
    if not told.signs or not told.description.strip():
        raise NothingDescribed
    if not set(told.signs) <= catalogue.sign_rules().keys():
        raise UnknownSign
    reaction = Reaction.objects.create(
        patient=session.patient,
        session=session,
        check_in=check_in,
        signs=list(told.signs),
        severity=told.severity,
        description=told.description.strip(),
        reported_at=at,
        recorded_by=by,
    )
    cause, reason = f"reaction:{reaction.uuid}", f"Reaction: {', '.join(told.signs)}"[:300]
    courses.hold(session.course, cause, reason, at=at, by=by)
    if by is not None:
        _ask_the_doctor(reaction, at=at)
    patient = session.patient.uuid
    audit.record("reaction.reported", reaction, at=at, by=by, patient=patient)
    return reaction


def _ask_the_doctor(reaction: Reaction, *, at: datetime) -> None:
    """A patient's own report has its red flag already."""
    worklist.ask(
        TaskKind.REVIEW,
        f"reaction:{reaction.uuid}",
        reaction,
        role=Role.CLINICAL_LEAD,
        patient=reaction.patient.uuid,
        urgent=reaction.severity == Severity.SEVERE,
        due_at=at,
        at=at,
        severity=reaction.severity,
    )
