"""The injection chart of a running session: the draft, what is recorded of it, what came later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, constraints_as
from clinic.record import audit
from clinic.record.chain import Fact
from clinic.staff.models import User
from procedures import treatment
from procedures.models import (
    AppointmentStatus,
    Injection,
    Session,
    SessionAddendum,
    SessionDraft,
)
from procedures.treatment import Given

OVER = (AppointmentStatus.COMPLETED, AppointmentStatus.STOPPED)


class NothingDrawn(ClinicError):
    code = "nothing-drawn"
    text = _("Set points or paint a zone first, then record them.")


class NothingToTakeBack(ClinicError):
    code = "nothing-to-take-back"
    text = _("This was taken back already.")


class NoAddendum(ClinicError):
    code = "no-addendum"
    text = _("Write what is corrected or added.")


@transaction.atomic
def save_draft(
    session: Session, content: dict[str, Any], *, version: int, at: datetime, by: User
) -> SessionDraft:
    """Keep the chart as it is on the tablet; another tablet that was faster is not overwritten.

    Only the first is put on the record: what counts is written when it is recorded.
    """
    session = treatment.locked(session, AppointmentStatus.STARTED)
    draft = _draft_of(session, version=version)
    if draft is None:
        draft = SessionDraft(session=session, version=0)
        patient = session.patient.uuid
        audit.record("session.chart-begun", session, at=at, by=by, patient=patient)
    return _keep(draft, content, at=at, by=by)


@transaction.atomic
def chart(
    session: Session, entries: Sequence[Given], *, version: int, at: datetime, by: User
) -> list[Injection]:
    """Record everything that was drawn, or nothing; the draft's version makes it happen once."""
    session = treatment.locked(session, AppointmentStatus.STARTED)
    draft = _draft_of(session, version=version) or SessionDraft(session=session, version=0)
    if not entries:
        raise NothingDrawn
    made = [treatment.record(session, given, at=at, by=by) for given in entries]
    _keep(draft, {**(draft.content or {}), "entries": []}, at=at, by=by)
    patient = session.patient.uuid
    audit.record("session.charted", session, at=at, by=by, patient=patient, entries=len(made))
    return made


@transaction.atomic
def take_back(session: Session, injection: int, *, at: datetime, by: User) -> Session:
    """Recorded by mistake while the session runs; that it was, stays on the record."""
    session = treatment.locked(session, AppointmentStatus.STARTED)
    row = session.injections.filter(pk=injection).first()
    if row is None:
        raise NothingToTakeBack
    facts: dict[str, Fact] = {"lot": row.lot_id, "volume_ml": str(row.volume_ml)}
    row.delete()
    patient = session.patient.uuid
    audit.record("session.injection-taken-back", session, at=at, by=by, patient=patient, **facts)
    return session


@transaction.atomic
def add(session: Session, text: str, *, at: datetime, by: User) -> SessionAddendum:
    """Correct or complete a closed record, with the day and the name beside it."""
    session = treatment.locked(session, *OVER)
    with constraints_as(sessionaddendum_says_something=NoAddendum):
        row = SessionAddendum.objects.create(
            session=session, text=text.strip(), written_at=at, written_by=by
        )
    audit.record("session.addendum-written", session, at=at, by=by, patient=session.patient.uuid)
    return row


def _draft_of(session: Session, *, version: int) -> SessionDraft | None:
    """The draft under lock, if it is the one that was seen."""
    draft = SessionDraft.objects.select_for_update().filter(session=session).first()
    if (draft.version if draft else 0) != version:
        raise Stale
    return draft


def _keep(draft: SessionDraft, content: dict[str, Any], *, at: datetime, by: User) -> SessionDraft:
    draft.content, draft.saved_at, draft.saved_by = content, at, by
    draft.version += 1
    draft.save()
    return draft
