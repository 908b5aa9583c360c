"""What a patient tells us after a session, and who is called because of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from aftercare import alerts, complaints, reactions, reminding
from aftercare.complaints import Treated
from aftercare.models import (
    AftercarePlan,
    CheckIn,
    CheckInPhoto,
    Feeling,
    Severity,
    Since,
    Triage,
)
from aftercare.reactions import Report
from clinic.errors import ClinicError
from clinic.knowledge import hearing
from clinic.messaging import outbox
from clinic.messaging.models import PatientLink
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from patients import shots
from procedures import catalogue
from procedures.domain import triage

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
SAME_TAP = timedelta(minutes=2)
WORDS_KEPT = 2000
PHOTOS_A_DAY = 5


class BeforeTheSession(ClinicError):
    code = "before-the-session"
    text = _("There is nothing to report before the visit. Please call us if you feel unwell.")


class TooManyPhotos(ClinicError):
    code = "too-many-photos"
    text = _("Five photos a day are enough for us. Please send the answer without one, or call us.")


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """What may be said beside the ticks: where, since when, a picture."""

    place: str = ""
    since: Since | str = ""
    photo: bytes = b""


@transaction.atomic
def check_in(  # noqa: PLR0913  a report is one form, and its answers all stand here
    plan: AftercarePlan,
    feeling: Feeling,
    signs: Collection[str],
    words: str = "",
    more: More = More(),
    *,
    at: datetime,
    by: PatientLink,
) -> CheckIn:
    """Keep the report, judge it, and call whoever has to act in the same minute."""
    plan = AftercarePlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if at < plan.session_ended_at:
        raise BeforeTheSession
    told = CheckIn(
        plan=plan,
        at=at,
        feeling=feeling,
        signs=sorted(set(signs)),
        words=words.strip()[:WORDS_KEPT],
    )
    if (same := _same_tap(told)) is not None:
        return same
    told.place, told.since = more.place.strip(), more.since
    told.day = (at - plan.session_ended_at) // A_DAY
    told.triage, told.because = _judged(told)
    told.save(force_insert=True)
    if more.photo:
        _keep(told, more.photo)
    patient = plan.patient.uuid
    audit.record("check-in.made", told, at=at, by=by, patient=patient, triage=told.triage)
    _settle_asking(plan, at=at)
    _call(told, at=at)
    return told


def cause_of_silence(plan: AftercarePlan) -> str:
    """What the task is called that asks why a patient does not answer."""
    return f"unanswered:{plan.uuid}:"


def photo(picture: CheckInPhoto) -> bytes:
    """The JPEG; whoever asks for it has passed the door."""
    return EncryptedStorage().read(picture.file)


def _judged(told: CheckIn) -> tuple[Triage, list[str]]:
    """The gravest of what was ticked and of what was written, as far as it is understood."""
    hours = (told.at - told.plan.session_ended_at) / AN_HOUR
    ticked = triage.triage(triage.Feeling(told.feeling), told.signs, hours, catalogue.sign_rules())
    if not told.words:
        return Triage(ticked.triage), list(ticked.because)
    heard = complaints.judged([told.words], hours, _treated(told.plan))
    understood = not heard.unresolved or heard.triage is triage.Triage.URGENT
    if not understood or triage.GRAVITY[heard.triage] <= triage.GRAVITY[ticked.triage]:
        return Triage(ticked.triage), list(ticked.because)
    return Triage(heard.triage), list(heard.because)


def _treated(plan: AftercarePlan) -> Treated:
    return Treated(regions=hearing.regions(plan.session.plan.area if plan.session.plan else ""))


def _keep(told: CheckIn, upload: bytes) -> None:
    """A picture like any other: recognised, stripped, encrypted. The file goes if the row does."""
    today = CheckInPhoto.objects.filter(check_in__plan=told.plan, check_in__at__gt=told.at - A_DAY)
    if today.count() >= PHOTOS_A_DAY:
        raise TooManyPhotos
    shot, storage = shots.develop(upload), EncryptedStorage()
    name = storage.put("check-in", shot.jpeg)
    try:
        CheckInPhoto.objects.create(
            check_in=told, file=name, sha256=shot.sha256, width=shot.width, height=shot.height
        )
    except BaseException:
        storage.delete(name)
        raise


def _settle_asking(plan: AftercarePlan, *, at: datetime) -> None:
    """Who has answered is not asked again, and nobody has to call."""
    subject = reminding.subject_of(plan.session)
    outbox.settle(subject, at=at, reason="answered", messages=["check-in-again"])
    worklist.settle(cause_of_silence(plan), at=at)


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
        alerts.alert(told, at=at)
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
