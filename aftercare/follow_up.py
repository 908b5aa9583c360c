"""What a completed session brings: restrictions until their ends, and messages until day 14.

It begins inside the transaction of the session; `catch_up` finds what was missed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from aftercare import reminding
from aftercare.leaflet import DATES
from aftercare.models import AftercarePlan, Restriction
from clinic.errors import ClinicError
from clinic.knowledge.entries import Reminder, ReminderKind
from clinic.knowledge.loader import load
from clinic.messaging import links, outbox
from clinic.messaging.models import PatientLink, Purpose
from clinic.messaging.outbox import Owed
from clinic.messaging.recipients import channel_for
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role
from procedures import catalogue
from procedures.domain.restrictions import Window, calendar
from procedures.models import Session

A_DAY = timedelta(days=1)
AT_ONCE = "aftercare-link"
FIRST_AFTER = timedelta(hours=2, minutes=30)
USEFUL_FOR = {
    "RP-D0": timedelta(hours=14),  # until the next morning
    ReminderKind.REMINDER: timedelta(hours=20),  # until the next day's comes
    ReminderKind.CHECK_IN: timedelta(hours=36),
}
OVERLAP = timedelta(days=14)
LINK_OUTLIVES = timedelta(days=14)


class NotCompleted(ClinicError):
    code = "not-completed"
    text = "Aftercare begins when the session is completed."


@transaction.atomic
def begin(session: Session, *, at: datetime) -> AftercarePlan:
    """Copy what is forbidden until when, and owe the messages; twice changes nothing."""
    session = _locked(session)
    begun = AftercarePlan.objects.filter(session=session).first()
    if begun is not None:
        return begun
    ended_at, area = session.completed_at, session.plan.area if session.plan else ""
    if ended_at is None:
        raise NotCompleted
    windows = calendar(catalogue.restriction_rules(), ended_at=ended_at, area=area)
    plan = AftercarePlan.objects.create(
        session=session,
        patient=session.patient,
        session_ended_at=ended_at,
        ends_at=max((window.until for window in windows), default=ended_at),
        knowledge=load().version,
        created_at=at,
    )
    Restriction.objects.bulk_create(_copied(plan, window) for window in windows)
    _ask_the_doctor(plan, at=at)
    reminding.settle(session, at=at, reason="session-completed")
    if not _replaced(plan):
        _settle_older(plan, at=at)
        _owe(plan, windows, at=at)
    audit.record("aftercare.begun", plan, at=at, by=None, patient=session.patient.uuid)
    return plan


def catch_up(*, at: datetime) -> int:
    """Begin what no signal began, the oldest first; how many had been missed."""
    missed = Session.objects.filter(completed_at__lte=at, aftercare=None)
    sessions = list(missed.order_by("completed_at", "pk"))
    failures = []
    for session in sessions:
        try:
            begin(session, at=at)
        except Exception as failure:
            failures.append(failure)
    if failures:  # one that cannot begin keeps nobody else waiting
        raise ExceptionGroup("aftercare of some sessions did not begin", failures)
    return len(sessions)


def after() -> Iterator[Reminder]:
    """What everybody is told afterwards; variants that name area or product need more consent."""
    for row in load().reminders.values():
        if row.send and row.variant is None and row.kind is not ReminderKind.PRE_SESSION:
            yield row


def _locked(session: Session) -> Session:
    Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    related = ("patient__recipient", "plan", "appointment__room__location")
    return Session.objects.select_related(*related).get(pk=session.pk)


def _copied(plan: AftercarePlan, window: Window) -> Restriction:
    entry = catalogue.restriction(window.rule)
    allowed = entry.allowed.model_dump() if entry.allowed else None
    return Restriction(
        plan=plan,
        rule=window.rule,
        words={
            "forbidden": entry.forbidden.model_dump(),
            "why": entry.why.model_dump(),
            "allowed": allowed,
        },
        sources=[dict(source) for source in catalogue.cite(entry)],
        basis=entry.basis.value,
        starts_at=window.starts_at,
        until=window.until,
        release_from=window.release_from,
    )


def _ask_the_doctor(plan: AftercarePlan, *, at: datetime) -> None:
    """Where the sources leave the bans open the strict ones hold, and a doctor is told so."""
    treatment = plan.session.plan
    gap = catalogue.gap_of(treatment.area, treatment.technique) if treatment else ""
    if gap:
        worklist.ask(
            TaskKind.REVIEW,
            f"aftercare-profile:{plan.uuid}",
            plan,
            role=Role.CLINICAL_LEAD,
            patient=plan.patient.uuid,
            due_at=at,
            at=at,
            gap=gap,
        )


def _replaced(plan: AftercarePlan) -> bool:
    """A later session has begun its own aftercare already."""
    later = AftercarePlan.objects.filter(session_ended_at__gt=plan.session_ended_at)
    return later.filter(patient=plan.patient).exists()


def _settle_older(plan: AftercarePlan, *, at: datetime) -> None:
    """The new day 0 counts: of the session before, nothing more is said."""
    since = plan.session_ended_at - OVERLAP
    older = AftercarePlan.objects.filter(patient=plan.patient, session_ended_at__gte=since)
    for other in older.exclude(pk=plan.pk).select_related("session").order_by("pk"):
        subject = reminding.subject_of(other.session)
        outbox.settle(subject, at=at, reason="new-session")


def _owe(plan: AftercarePlan, windows: tuple[Window, ...], *, at: datetime) -> None:
    """The page with the dates at once, so that nobody leaves without it; then day by day."""
    link, values = _link(plan, at=at), _values(plan, windows)
    recipient = plan.patient.recipient
    owed = [
        Owed(
            subject=reminding.subject_of(plan.session),
            message=message,
            recipient=recipient,
            channel=channel_for(recipient),
            due_at=due_at,
            not_after=not_after,
            patient_uuid=plan.patient.uuid,
            link=link,
            location=plan.session.appointment.room.location,
            values=values,
        )
        for message, (due_at, not_after) in _moments(plan)
        if not_after > at and not (message == reminding.EVE_OF_THE_NEXT and _is_eve(plan, due_at))
    ]
    outbox.owe_all(owed, at=at)


def _moments(plan: AftercarePlan) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
    """Each message with the moment from which, and until which, it is of use."""
    ended_at = plan.session_ended_at
    yield AT_ONCE, (ended_at, ended_at + USEFUL_FOR["RP-D0"])
    for row in after():
        due_at = ended_at + (row.day_offset * A_DAY or FIRST_AFTER)
        yield row.id, (due_at, due_at + USEFUL_FOR.get(row.id, USEFUL_FOR[row.kind]))


def _is_eve(plan: AftercarePlan, due_at: datetime) -> bool:
    """Whether the patient comes again on the next day."""
    soon = (due_at, due_at + reminding.ROUND_THE_SESSION)
    ahead = Session.objects.filter(patient=plan.patient, completed_at=None, started_at=None)
    return ahead.filter(
        appointment__status="booked", appointment__slot__startswith__range=soon
    ).exists()


def _link(plan: AftercarePlan, *, at: datetime) -> PatientLink:
    return links.make(
        plan.patient.recipient,
        Purpose.AFTERCARE,
        reminding.subject_of(plan.session),
        expires_at=max(plan.ends_at, at) + LINK_OUTLIVES,
        at=at,
    )


def _values(plan: AftercarePlan, windows: tuple[Window, ...]) -> dict[str, str | datetime]:
    """The dates that the knowledge's words have gaps for."""
    ends = {window.rule: window.until for window in windows}
    return {name: ends.get(rule, plan.ends_at) for name, rule in DATES.items()}
