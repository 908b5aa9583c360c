"""The treatment room: laid out, started through the gate, recorded, completed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState, constraints_as
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission
from consent.models import ConsentDocument
from patients.models import Patient
from procedures import gate, signals
from procedures.models import (
    Appointment,
    AppointmentStatus,
    Course,
    Injection,
    Lot,
    PreparedLot,
    Session,
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


class WrongVolume(ClinicError):
    code = "wrong-volume"
    text = _("The volume must be above 0 and at most 50 ml.")


class MayNotTreat(ClinicError):
    code = "may-not-treat"
    text = _("Only a cosmetologist or a doctor treats. Sign in with your own account.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One product given in one zone: millilitres, depth in millimetres, number of points."""

    lot: Lot
    zone: str
    volume_ml: Decimal
    depth_mm: Decimal | None = None
    points: int | None = None


@transaction.atomic
def prepare(
    session: Session, lot: Lot, *, opened_at: datetime, at: datetime, by: User
) -> PreparedLot:
    """Lay out an opened unit of a lot; what is expired, withdrawn or opened earlier is refused."""
    session = _lock(session, AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED)
    plan = session.course.plan
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
    prepared, _made = PreparedLot.objects.update_or_create(
        session=session, lot=lot, defaults={"opened_at": opened_at, "prepared_by": by}
    )
    audit.record(
        "session.lot-prepared", session, at=at, by=by, patient=session.patient.uuid, lot=lot.pk
    )
    return prepared


@transaction.atomic
def start(session: Session, *, at: datetime, by: User) -> Session:
    """Open the gate, if everything holds at this moment, and keep what opened it."""
    _hold_still(session)
    session = _lock(session, AppointmentStatus.ARRIVED, AppointmentStatus.BOOKED)
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
    session = _lock(session, AppointmentStatus.STARTED)
    if not session.prepared.filter(lot=given.lot).exists():
        raise NotLaidOut
    if session.plan and not session.plan.products.filter(product=given.lot.product_id).exists():
        raise NotInThePlan
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
        )
    audit.record("session.injected", session, at=at, by=by, patient=session.patient.uuid)
    return injection


@transaction.atomic
def complete(session: Session, note: str, *, at: datetime, by: User) -> Session:
    """The treatment is over: the record is closed and aftercare is owed in the same transaction."""
    session = _lock(session, AppointmentStatus.STARTED)
    if not session.injections.exists():
        raise NothingRecorded
    _advance(session.appointment, AppointmentStatus.COMPLETED, at=at)
    session.completed_at, session.note = at, note
    session.save()
    audit.record("session.completed", session, at=at, by=by, patient=session.patient.uuid)
    signals.session_completed.send(Session, session_id=session.pk, at=at)
    return session


@transaction.atomic
def stop(session: Session, reason: str, *, at: datetime, by: User) -> Session:
    """Broken off after the start. What was injected stays, and so does its aftercare."""
    session = _lock(session, AppointmentStatus.STARTED)
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


def _lock(session: Session, *allowed: AppointmentStatus) -> Session:
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
