"""Screenings made and kept, and what doctors decide against their findings.

Each public function is one transaction or none. What was decided is copied, never referenced.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, constraints_as
from clinic.record import audit, worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Permission, Role
from patients.models import Patient
from procedures import anamnesis, rulebook
from procedures.domain.findings import UNASKED, Finding, Result, decide
from procedures.domain.outcomes import Decision, OverrideKind
from procedures.domain.screening import screen
from procedures.models import AHEAD, Override, Plan, Screening, Session

MAX_LABEL = 300
WHO_MAY = {
    OverrideKind.DOCTOR_REASON: Permission.SIGN_OFF,
    OverrideKind.STAFF_ACK: Permission.TREAT,
}


class NoSuchFinding(ClinicError):
    code = "no-such-finding"
    text = _("The last screening of this plan has no such finding. Screen again and look.")


class NoOverride(ClinicError):
    code = "no-override"
    text = _("Nobody can decide against this finding. It lifts when the facts change.")


class NotAllowed(ClinicError):
    code = "not-allowed"
    text = _("You may not decide on this finding. Ask the doctor.")


class NoReason(ClinicError):
    code = "no-reason"
    text = _("Write the reason: it is printed in the consent.")


class AlreadyDecided(ClinicError):
    code = "already-decided"
    text = _("Somebody has already decided on this finding. Reload the page to see how.")


def preview(
    patient: Patient,
    plan: Plan | None,
    *,
    on: date,
    at: datetime,
    unkept: anamnesis.Unkept | None = None,
    ahead: bool = False,
) -> Result:
    """What a screening for that day would say; nothing is kept, nor need what is said be."""
    facts = anamnesis.collect(patient, plan, on=on, at=at, unkept=unkept, ahead=ahead)
    return screen(facts, rulebook.in_force(at=at))


@transaction.atomic
def screen_patient(
    patient: Patient, *, plan: Plan | None, on: date, at: datetime, by: User | None
) -> Screening:
    """Screen for a day and keep what was known, what was found, in the words of this moment.

    `by` is None where nobody asked for it: the history changed, and the chart follows.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    facts, rules = anamnesis.collect(patient, plan, on=on, at=at), rulebook.in_force(at=at)
    result = screen(facts, rules)
    row = Screening.objects.create(
        patient=patient,
        plan=plan,
        on=on,
        facts=facts.as_data(),
        findings=[finding.as_data() for finding in result.findings],
        decision=result.decision.value,
        earliest_date=result.earliest_date,
        unresolved=list(result.unresolved),
        knowledge=rules.version,
        made_at=at,
        made_by=by,
    )
    audit.record(
        "screening.made",
        row,
        at=at,
        by=by,
        patient=patient.uuid,
        decision=row.decision,
        findings=len(result.findings),
    )
    return row


def follow_history(patient: Patient, *, at: datetime) -> list[Screening]:
    """What the history says now of every plan that counts, or of the patient without one."""
    counting = Plan.objects.current().filter(patient=patient).select_related("location")
    plans: list[Plan | None] = [*counting]
    made = []
    for plan in plans or [None]:
        zone = patient.recipient.zone if plan is None else plan.location.zone
        on = timezone.localdate(at, zone)
        made.append(screen_patient(patient, plan=plan, on=on, at=at, by=None))
    return made


def latest(patient: Patient, plan: Plan | None, *, on: date) -> Screening | None:
    """The youngest screening for that day and exactly that revision of the plan."""
    made = Screening.objects.filter(patient=patient, plan=plan, on=on)
    return made.order_by("made_at", "pk").last()


def is_fresh(made: Screening, *, patient: Patient, plan: Plan | None, at: datetime) -> bool:
    """Whether it is of today, and nothing it looked at has changed since."""
    if made.patient_id != patient.pk or made.plan_id != (plan.pk if plan else None):
        return False
    today = timezone.localdate(at, plan.location.zone if plan else None)
    since = Patient.objects.values_list("history_changed_at", flat=True).get(pk=patient.pk)
    if plan is not None:
        since = max(since, plan.created_at)
    young = made.on == today and since <= made.made_at <= at
    return (
        young
        and made.knowledge == rulebook.in_force(at=at).version
        and made.facts == anamnesis.collect(patient, plan, on=made.on, at=at).as_data()
    )


def findings_of(made: Screening) -> tuple[Finding, ...]:
    """The findings as they were stored."""
    return tuple(Finding.from_data(one) for one in made.findings)


def open_findings(made: Screening, plan: Plan | None) -> tuple[Finding, ...]:
    """Those that nobody has decided against for this plan."""
    return _without(findings_of(made), _decided(plan))


def stopping(made: Screening, plan: Plan | None, *, lasting: bool = False) -> tuple[Finding, ...]:
    """Open findings that stop; `lasting` leaves out what passes by itself (see `stopping_of`)."""
    return _stopping(open_findings(made, plan), lasting=lasting)


def stopping_of(result: Result, plan: Plan | None, *, lasting: bool = False) -> tuple[Finding, ...]:
    """The same of a preview. Lasting: still so on another day, unlike a cold or a period."""
    return _stopping(_without(result.findings, _decided(plan)), lasting=lasting)


def decision_after_overrides(made: Screening, plan: Plan | None) -> Decision:
    """What follows when everything that was decided against is left out."""
    return decide(open_findings(made, plan))


def decision_of(result: Result, plan: Plan | None) -> Decision:
    """The same of a preview."""
    return decide(_without(result.findings, _decided(plan)))


@transaction.atomic
def override(plan: Plan, code: str, reason: str, *, at: datetime, by: User) -> Override:
    """Decide against one finding of the plan's last screening, with a reason, once."""
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    made = Screening.objects.filter(plan=plan, made_at__lte=at).order_by("made_at", "pk").last()
    finding = next((one for one in findings_of(made) if one.code == code), None) if made else None
    if finding is None:
        raise NoSuchFinding
    _check_may_decide(finding, by)
    if not reason.strip():
        raise NoReason
    with constraints_as(override_once_per_plan=AlreadyDecided):
        row = Override.objects.create(
            plan=plan,
            rule=code,
            label=str(finding.label)[:MAX_LABEL],
            reason=reason.strip(),
            made_at=at,
            made_by=by,
        )
    audit.record("finding.overridden", row, at=at, by=by, patient=plan.patient.uuid, finding=code)
    return row


@transaction.atomic
def flag_unsafe(patient: Patient, *, at: datetime) -> list[Task]:
    """Ask the doctor about every booked session that the rules would now stop, once per reason."""
    tasks: list[Task] = []
    for session in _ahead(patient):
        prefix = f"unsafe:{session.uuid}:"
        stops = _stops(session, at=at)
        cause = prefix + _digest(stops)
        for task in Task.objects.open().filter(cause__startswith=prefix).exclude(cause=cause):
            worklist.settle(task.cause, at=at)
        if stops:
            tasks.append(_ask(session, cause, stops, at=at))
    return tasks


def catch_up(*, since: datetime, at: datetime) -> list[Task]:
    """The same for every patient whose history changed since then: news may get lost."""
    ahead = Session.objects.filter(appointment__status__in=AHEAD)
    changed = Patient.objects.filter(history_changed_at__gte=since, history_changed_at__lte=at)
    patients = changed.filter(pk__in=ahead.values("patient")).order_by("pk")
    return [task for patient in patients.iterator() for task in flag_unsafe(patient, at=at)]


def _stops(session: Session, *, at: datetime) -> list[Finding]:
    """What stops it on its own day: lasting things, and passing ones that reach that day.

    What was not asked yet is asked at the visit, and the gate waits for it.
    """
    plan = session.course.plan
    on = timezone.localdate(session.appointment.slot.lower, plan.location.zone)
    result = preview(session.patient, plan, on=on, at=at)
    lasting = stopping_of(result, plan, lasting=True)
    reaching = [one for one in stopping_of(result, plan) if one.of_the_day and one.lifts_on]
    return [one for one in (*lasting, *reaching) if not one.rule.startswith(UNASKED)]


def _ask(session: Session, cause: str, stops: list[Finding], *, at: datetime) -> Task:
    return worklist.ask(
        TaskKind.UNSAFE_SESSION,
        cause,
        session,
        role=Role.CLINICAL_LEAD.value,
        patient=session.patient.uuid,
        due_at=session.appointment.slot.lower,
        at=at,
        findings=len(stops),
        session=session.number,
    )


def _ahead(patient: Patient) -> Iterable[Session]:
    return (
        Session.objects.filter(
            patient=patient,
            appointment__status__in=AHEAD,
        )
        .select_related("appointment", "course__plan__location", "patient")
        .order_by("appointment__slot", "pk")
    )


def _digest(findings: Collection[Finding]) -> str:
    codes = sorted(finding.code for finding in findings)
    return sha256("\n".join(codes).encode()).hexdigest()[:16]


def _check_may_decide(finding: Finding, by: User) -> None:
    needed = WHO_MAY.get(finding.override)
    if needed is None:
        raise NoOverride
    if not by.may(needed):
        raise NotAllowed


def _decided(plan: Plan | None) -> frozenset[str]:
    """The codes a doctor or colleague has decided against."""
    return frozenset(plan.overrides.values_list("rule", flat=True)) if plan else frozenset()


def _without(findings: Iterable[Finding], decided: frozenset[str]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.code not in decided)


def _stopping(findings: Iterable[Finding], *, lasting: bool) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.stops and not (lasting and one.of_the_day))
