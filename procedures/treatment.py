"""The treatment room: laid out, started through the gate, recorded, completed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState, constraints_as
from clinic.knowledge.loader import load
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission
from consent.models import ConsentDocument
from patients.models import Patient
from procedures import catalogue, courses, gate, lots, signals
from procedures.models import (
    AHEAD,
    OPEN,
    Appointment,
    AppointmentStatus,
    Course,
    Injection,
    Lot,
    PreparedLot,
    Session,
    SessionDraft,
)


class NotInThePlan(ClinicError):
    code = "not-in-the-plan"
    text = _(
        "This lot is of a product that the plan does not name. Take a lot of the planned product."
    )


class LotExpired(ClinicError):
    code = "lot-expired"
    text = _("Lot %(lot)s expired on %(day)s. Take another one and put this one away.")


class LotWithdrawn(ClinicError):
    code = "lot-withdrawn"
    text = _("Lot %(lot)s was withdrawn. Take another one and put this one away.")


class OpenedEarlier(ClinicError):
    code = "opened-earlier"
    text = _(
        "This unit was opened on another day. A single-use unit is thrown away: open a new one."
    )


class NotLaidOut(ClinicError):
    code = "not-laid-out"
    text = _("This lot was not laid out for this session.")


class NothingRecorded(ClinicError):
    code = "nothing-recorded"
    text = _("Record what was given, with product and volume, before you complete the session.")


class UnrecordedMarks(ClinicError):
    code = "unrecorded-marks"
    text = _("Marks on the drawing are not recorded yet. Record or remove them, then complete.")


class MoreThanOpened(ClinicError):
    code = "more-than-opened"
    text = _(
        "Of lot %(lot)s %(opened)s ml were opened, and with this %(given)s ml would be given. "
        "Correct the volume, or lay out another unit."
    )


class NoDevice(ClinicError):
    code = "no-device"
    text = _("This technique works with a device. Write which one was used.")


class StillGiven(ClinicError):
    code = "still-given"
    text = _("Of this lot something was recorded. Take that back first.")


class WrongVolume(ClinicError):
    code = "wrong-volume"
    text = _("The volume must be above 0 and at most 50 ml.")


class MayNotTreat(ClinicError):
    code = "may-not-treat"
    text = _("Only a cosmetologist or a doctor treats. Sign in with your own account.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One product given in one zone: millilitres, depth in millimetres, number of points.

    `marks` are its places on a drawing, in percent; no technique means that of the plan.
    """

    lot: Lot
    zone: str
    volume_ml: Decimal
    depth_mm: Decimal | None = None
    points: int | None = None
    technique: str = ""
    needle: str = ""
    device: str = ""
    drawing: str = ""
    shape: str = ""
    marks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a session ended: ids of the steps done and the signs seen at once; the next visit."""

    steps: tuple[str, ...] = ()
    immediate: tuple[str, ...] = ()
    next_agreed: bool = False


@transaction.atomic
def prepare(
    session: Session, lot: Lot, units: int = 1, *, opened_at: datetime, at: datetime, by: User
) -> PreparedLot:
    """Lay out opened units of a lot; what is expired, withdrawn or opened earlier is refused.

    The same lot once more is another unit. One may be opened while the session runs.
    """
    session = locked(session, *OPEN)
    plan = session.plan or session.course.plan
    zone = plan.location.zone
    today = timezone.localdate(at, zone)
    if not plan.products.filter(product=lot.product).exists():
        raise NotInThePlan
    if lot.expires_on < today:
        raise LotExpired(lot=lot.number, day=lot.expires_on)
    if lot.withdrawn_at is not None:
        raise LotWithdrawn(lot=lot.number)
    if opened_at > at or timezone.localdate(opened_at, zone) != today:
        raise OpenedEarlier
    _put_away(session, today)
    lots.draw(lot, units, session=session.uuid, at=at, by=by)
    already = session.prepared.filter(lot=lot).first()
    prepared, _made = PreparedLot.objects.update_or_create(
        session=session,
        lot=lot,
        defaults={
            "opened_at": opened_at,
            "prepared_by": by,
            "units": units + (already.units if already else 0),
        },
    )
    facts = {"lot": lot.pk, "units": units}
    audit.record(
        "session.lot-prepared", session, at=at, by=by, patient=session.patient.uuid, **facts
    )
    return prepared


@transaction.atomic
def put_back(session: Session, lot: Lot, *, at: datetime, by: User) -> Session:
    """Laid out by mistake and not opened: its units stand on the shelf again."""
    session = locked(session, *OPEN)
    prepared = session.prepared.filter(lot=lot).first()
    if prepared is None:
        raise NotLaidOut
    if session.injections.filter(lot=lot).exists():
        raise StillGiven
    lots.return_unopened(lot, prepared.units, at=at, by=by)
    prepared.delete()
    patient = session.patient.uuid
    audit.record("session.lot-put-back", session, at=at, by=by, patient=patient, lot=lot.pk)
    return session


@transaction.atomic
def start(session: Session, *, at: datetime, by: User) -> Session:
    """Open the gate, if everything holds at this moment, and keep what opened it."""
    _hold_still(session)
    session = locked(session, *AHEAD)
    if not by.may(Permission.TREAT):
        raise MayNotTreat
    screening, consent = gate.require_open(session, at=at)
    _advance(session.appointment, AppointmentStatus.STARTED)
    session.started_at, session.started_by = at, by
    session.plan, session.screening, session.consent = session.course.plan, screening, consent
    session.save()
    audit.record("session.started", session, at=at, by=by, patient=session.patient.uuid)
    return session


@transaction.atomic
def inject(session: Session, given: Given, *, at: datetime, by: User) -> Injection:
    """Record one product in one zone; only lots laid out for this session can be given."""
    session = locked(session, AppointmentStatus.STARTED)
    injection = record(session, given, at=at, by=by)
    audit.record("session.injected", session, at=at, by=by, patient=session.patient.uuid)
    return injection


def record(session: Session, given: Given, *, at: datetime, by: User) -> Injection:
    """Write one entry within the caller's transaction, who has locked the running session."""
    prepared = session.prepared.filter(lot=given.lot).select_related("lot__product").first()
    if prepared is None:
        raise NotLaidOut
    if session.plan and not session.plan.products.filter(product=given.lot.product_id).exists():
        raise NotInThePlan
    if given.technique and needs_device(given.technique) and not given.device.strip():
        raise NoDevice
    with constraints_as(injection_volume_sane=WrongVolume):
        injection = Injection.objects.create(
            session=session,
            lot=given.lot,
            zone=given.zone,
            volume_ml=given.volume_ml,
            depth_mm=given.depth_mm,
            points=given.points,
            recorded_at=at,
            recorded_by=by,
            **_drawn(session, given),
        )
    _within_what_was_opened(session, prepared)
    return injection


def needs_device(technique: str) -> bool:
    """Whether a technique of the knowledge is done with a machine rather than by hand."""
    known = load().techniques.get(technique)
    return known is not None and ("device" in known.kind or known.kind == "non-injection")


def _drawn(session: Session, given: Given) -> dict[str, Any]:
    """How and where; without a technique of its own, that of the plan."""
    return {
        "technique": given.technique or (session.plan.technique if session.plan else ""),
        "needle": given.needle.strip(),
        "device": given.device.strip(),
        "drawing": given.drawing,
        "shape": given.shape,
        "marks": [list(mark) for mark in given.marks],
    }


def _within_what_was_opened(session: Session, prepared: PreparedLot) -> None:
    """Nobody gives more of a lot than was opened, where the box says what a unit holds."""
    unit = prepared.lot.product.unit_ml
    if unit is None:
        return
    rows = session.injections.filter(lot=prepared.lot)
    given = rows.aggregate(total=Sum("volume_ml"))["total"] or Decimal()
    opened = unit * prepared.units
    if given > opened:
        raise MoreThanOpened(lot=prepared.lot.number, opened=opened, given=given)


@transaction.atomic
def complete(
    session: Session, note: str, seen: Seen | None = None, *, at: datetime, by: User
) -> Session:
    """The treatment is over: the chart is closed and aftercare is owed in the same transaction."""
    session, seen = locked(session, AppointmentStatus.STARTED), seen or Seen()
    if not session.injections.exists():
        raise NothingRecorded
    draft = SessionDraft.objects.filter(session=session).first()
    if draft is not None and draft.unrecorded:
        raise UnrecordedMarks
    _advance(session.appointment, AppointmentStatus.COMPLETED, at=at)
    session.completed_at, session.note = at, note
    known = load()
    session.steps = [
        {"id": one, **known.pre_procedure[one].step.model_dump()} for one in seen.steps
    ]
    session.immediate = [
        {"id": one, **known.side_effects[one].name.model_dump()} for one in seen.immediate
    ]
    session.save()
    SessionDraft.objects.filter(session=session).delete()
    _hold_if_grave(session, seen, at=at, by=by)
    facts = {"steps": len(seen.steps), "next_agreed": seen.next_agreed}
    audit.record("session.completed", session, at=at, by=by, patient=session.patient.uuid, **facts)
    signals.session_completed.send(Session, session_id=session.pk, at=at)
    return session


def _hold_if_grave(session: Session, seen: Seen, *, at: datetime, by: User) -> None:
    """A sign of an emergency in the room stops the course until a doctor has looked."""
    rules = catalogue.sign_rules()
    if any(rules[one].emergency for one in seen.immediate if one in rules):
        cause = f"immediate:{session.uuid}"
        reason = str(_("A grave reaction during the session"))
        courses.hold(session.course, cause, reason, at=at, by=by)


@transaction.atomic
def stop(session: Session, reason: str, *, at: datetime, by: User) -> Session:
    """Broken off after the start. What was injected stays, and so does its aftercare."""
    session = locked(session, AppointmentStatus.STARTED)
    _advance(session.appointment, AppointmentStatus.STOPPED, at=at, reason=reason)
    audit.record("session.stopped", session, at=at, by=by, patient=session.patient.uuid)
    if session.injections.exists():
        session.completed_at = at
        session.save(update_fields=["completed_at"])
        signals.session_completed.send(Session, session_id=session.pk, at=at)
    else:
        signals.session_cancelled.send(Session, session_id=session.pk, at=at)
    return session


def _put_away(session: Session, today: date) -> None:
    """What may not be used any more gives way to what is laid out now."""
    zone = session.course.plan.location.zone
    for use in session.prepared.select_related("lot"):
        usable = use.lot.withdrawn_at is None and use.lot.expires_on >= today
        if not usable or timezone.localdate(use.opened_at, zone) != today:
            use.delete()


def _hold_still(session: Session) -> None:
    """History, plan, holds and consents change before the gate or after the start, not between."""
    Patient.objects.select_for_update(no_key=True).get(pk=session.patient_id)
    Course.objects.select_for_update(no_key=True).get(pk=session.course_id)
    consents = ConsentDocument.objects.filter(patient=session.patient_id).order_by("pk")
    list(consents.living().select_for_update(no_key=True))


def locked(session: Session, *allowed: AppointmentStatus) -> Session:
    """The session and its appointment under lock, in a state that allows the act."""
    appointment = Appointment.objects.select_for_update().get(session=session.pk)
    if appointment.status not in allowed:
        raise WrongState(state=appointment.get_status_display())
    session = Session.objects.select_for_update().get(pk=session.pk)
    session.appointment = appointment
    return session


def _advance(
    appointment: Appointment,
    status: AppointmentStatus,
    *,
    at: datetime | None = None,
    reason: str = "",
) -> None:
    appointment.move_to(status)
    appointment.ended_at, appointment.reason = at, reason
    appointment.version += 1
    appointment.save(update_fields=["status", "ended_at", "reason", "version"])
