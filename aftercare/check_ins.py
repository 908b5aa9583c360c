"""What a patient tells us after a session, and who is called because of it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from aftercare import reactions
from aftercare.models import AftercarePlan, CheckIn, Feeling, Severity, Triage
from aftercare.reactions import Report
from clinic.errors import ClinicError
from clinic.messaging.models import PatientLink
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role
from procedures import catalogue
from procedures.domain import triage

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
SAME_TAP = timedelta(minutes=2)
WORDS_KEPT = 2000


class BeforeTheSession(ClinicError):
    code = "before-the-session"
    text = _("There is nothing to report before the visit. Please call us if you feel unwell.")


@transaction.atomic
def check_in(
    plan: AftercarePlan,
    feeling: Feeling,
    signs: Collection[str],
    words: str = "",
    *,
    at: datetime,
    by: PatientLink,
) -> CheckIn:
    """Keep the report, judge it, and call whoever has to act in the same minute."""
    plan = AftercarePlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if at < plan.session_ended_at:
        raise BeforeTheSession
    chosen = sorted(set(signs))
    told = CheckIn(
        plan=plan, at=at, feeling=feeling, signs=chosen, words=words.strip()[:WORDS_KEPT]
    )
    if (same := _same_tap(told)) is not None:
        return same
    since = at - plan.session_ended_at
    judged = triage.triage(triage.Feeling(feeling), chosen, since / AN_HOUR, catalogue.sign_rules())
    told.day = since // A_DAY
    told.triage, told.because = Triage(judged.triage), list(judged.because)
    told.save(force_insert=True)
    patient = plan.patient.uuid
    audit.record("check-in.made", told, at=at, by=by, patient=patient, triage=told.triage)
    _call(told, at=at)
    return told


def _same_tap(told: CheckIn) -> CheckIn | None:
    """A form sent twice is one report."""
    return CheckIn.objects.filter(
        plan=told.plan,
        at__range=(told.at - SAME_TAP, told.at),
        feeling=told.feeling,
        signs=told.signs,
        words=told.words,
    ).first()


def _call(told: CheckIn, *, at: datetime) -> None:
    if told.is_red_flag:
        for role in (Role.CLINICAL_LEAD, Role.RECEPTION):
            _ask(told, TaskKind.RED_FLAG, role, at=at, urgent=True)
    elif told.words:
        _ask(told, TaskKind.REVIEW, Role.COSMETOLOGIST, at=at, urgent=False)
    if told.triage == Triage.URGENT:
        description = told.words or "Reported by the patient's check-in."
        report = Report(
            signs=tuple(told.because), severity=Severity.SEVERE, description=description
        )
        reactions.report(told.plan.session, report, check_in=told, at=at, by=None)


def _ask(told: CheckIn, kind: TaskKind, role: Role, *, at: datetime, urgent: bool) -> None:
    worklist.ask(
        kind,
        f"{kind.value}:check-in:{told.uuid}:{role.value}",
        told,
        role=role,
        patient=told.plan.patient.uuid,
        urgent=urgent,
        due_at=at,
        at=at,
        triage=told.triage,
        day=told.day,
    )
