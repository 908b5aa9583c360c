"""All sessions of a plan booked at once, all or none; held and released by clinicians."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Self, Unpack
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState
from clinic.record import audit
from clinic.record.audit import Named
from clinic.staff.models import Room, User
from clinic.staff.roles import Permission
from procedures import booking, planning, screening, signals, telling
from procedures.booking import Place, Visit
from procedures.colliding import retried
from procedures.domain.course import Level
from procedures.models import (
    OFF_THE_CALENDAR,
    OPEN,
    Appointment,
    AppointmentKind,
    AppointmentStatus,
    Course,
    CourseHold,
    Plan,
    Session,
)
from procedures.planning import Seat, Wish

DONE = {AppointmentStatus.COMPLETED, AppointmentStatus.STOPPED}


class AlreadyBooked(ClinicError):
    code = "already-booked"
    text = _("The sessions of this plan are already booked. Move the one that does not fit.")


class NotSignedOff(ClinicError):
    code = "not-signed-off"
    text = _("A doctor has to sign off this plan before its sessions are booked.")


class NotCurrent(ClinicError):
    code = "not-current"
    text = _("This plan was changed or closed. Open the plan that holds now and book that one.")


class TooClose(ClinicError):
    code = "interval-too-short"
    text = _(
        "Session %(number)s is less than %(days)s days after the one before. Choose a later date."
    )


class TooCloseToAnother(ClinicError):
    code = "interval-to-another-course"
    text = _(
        "Another course of this patient has a session on %(day)s, and %(days)s days must lie "
        "between. Choose another date."
    )


class TooManySessions(ClinicError):
    code = "too-many-sessions"
    text = _(
        "The plan names %(planned)s sessions. Book that many, or ask the doctor to change the plan."
    )


class NotSafeYet(ClinicError):
    code = "not-safe-yet"
    text = _("The screening says: not before %(day)s. Choose a later date for the first session.")


class NotSafe(ClinicError):
    code = "not-safe"
    text = _("A doctor has to look at this plan before it is booked. Ask the clinical lead.")


class NeedsReason(ClinicError):
    code = "needs-reason"
    text = _("%(why)s Choose another day, or write why it is booked nevertheless.")


class DoctorsOnly(ClinicError):
    code = "doctors-only"
    text = _("Only a doctor releases a hold. Ask the clinical lead.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """How far a course has come, in sessions: what the dots beside a name show."""

    done: int
    booked: int
    total: int

    @classmethod
    def of(cls, statuses: Iterable[str], *, total: int) -> Self:
        """Counted from the states of the course's visits, never stored."""
        found = list(statuses)
        return cls(
            done=sum(status in DONE for status in found),
            booked=sum(status in OPEN for status in found),
            total=total,
        )


@retried
@transaction.atomic
def book(
    plan: Plan, starts: Sequence[datetime], *, room: Room, minutes: int, at: datetime, by: User
) -> Course:
    """Book every session of the plan in one room with its practitioner, or none."""
    seats = [Seat(start=one, practitioner=plan.practitioner, room=room) for one in starts]
    return _book(plan, seats, minutes, at=at, by=by)


@retried
@transaction.atomic
def book_laid_out(
    plan: Plan, seats: Sequence[Seat], wish: Wish, *, reason: str, at: datetime, by: User
) -> Course:
    """Book every session where it was laid, or none; what a day runs into needs a reason."""
    zone = plan.location.zone
    days = [timezone.localdate(seat.start, zone) for seat in by_start(seats)]
    found = planning.judged(plan, wish, days, at=at)
    softly = sorted({one.code for one in found if one.level is Level.WARNING})
    if softly and not reason.strip():
        first = next(one for one in found if one.level is Level.WARNING)
        raise NeedsReason(why=first.message.in_(get_language() or "en"))
    course = _book(plan, seats, wish.minutes, at=at, by=by)
    if softly:
        course.accepted, course.accepted_reason = softly, reason.strip()
        course.save(update_fields=["accepted", "accepted_reason"])
    return course


@retried
@transaction.atomic
def book_again(course: Course, number: int, visit: Visit, *, at: datetime, by: User) -> Session:
    """Book a cancelled or missed session of a course again; its neighbours stay far enough."""
    booking.queue_for(visit.practitioner, visit.room, visit.patient)
    _locked(course.plan)
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    if not 0 < number <= course.plan.sessions:
        raise TooManySessions(planned=course.plan.sessions)
    if by_number(course)[number - 1] not in {"free", "missed"}:
        raise AlreadyBooked
    _check_neighbours(course, number, visit.start)
    _check_safe(course.plan, timezone.localdate(visit.start, visit.room.location.zone), at)
    session = _place_session(course, number, visit, at=at, by=by)
    telling.booked(session.appointment, at=at)
    audit.record("session.booked", session, at=at, by=by, patient=course.patient.uuid)
    return session


@retried
@transaction.atomic
def move(session: Session, *, at: datetime, by: Named, **wish: Unpack[Place]) -> Appointment:
    """Move one session; the others stay, and stay far enough away."""
    booking.queue_for(wish["practitioner"], wish["room"], session.patient)
    course = Course.objects.select_for_update(no_key=True).get(pk=session.course_id)
    _check_neighbours(course, session.number, wish["start"])
    _check_safe(course.plan, timezone.localdate(wish["start"], course.plan.location.zone), at)
    return booking.move(session.appointment, **wish, at=at, by=by)


@retried
@transaction.atomic
def move_following(
    session: Session, *, at: datetime, by: User, **wish: Unpack[Place]
) -> list[Appointment]:
    """Move one session and, by as many days and at the same new hour, every one after it.

    The intervals stay; the later ones keep their rooms and people. All of them move, or none.
    """
    zone = session.course.plan.location.zone
    rows = list(_booked_from(session))
    visits = [one.appointment for one in rows]
    booking.queue_for_all(
        {wish["practitioner"].pk, *(one.practitioner_id for one in visits)},
        {wish["room"].pk, *(one.room_id for one in visits)},
        {session.patient_id},
    )
    course = Course.objects.select_for_update(no_key=True).get(pk=session.course_id)
    days = wish["start"].astimezone(zone).date() - _on(session, zone)
    moving = {one.number for one in rows} | {session.number}
    _check_neighbours(course, session.number, wish["start"], moving)
    moved: list[Appointment] = []
    for one in reversed(rows) if days > timedelta(0) else rows:
        visit = one.appointment
        place = wish
        if one.pk != session.pk:
            hour = wish["start"].astimezone(zone).time()
            place = Place(
                start=booking.moment(_on(one, zone) + days, hour, course.plan.location),
                room=visit.room,
                practitioner=visit.practitioner,
                version=visit.version,
            )
        _check_neighbours(course, one.number, place["start"], moving)
        _check_safe(course.plan, place["start"].astimezone(zone).date(), at)
        moved.append(booking.move(visit, **place, at=at, by=by))
    return sorted(moved, key=lambda visit: visit.slot.lower)


@transaction.atomic
def hold(course: Course, cause: str, reason: str, *, at: datetime, by: User | None) -> CourseHold:
    """Stop a course: no session of it starts until a doctor releases it. Twice changes nothing."""
    Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    placed, made = CourseHold.objects.get_or_create(
        course=course, cause=cause, defaults={"reason": reason, "placed_at": at, "placed_by": by}
    )
    if made:
        audit.record("course.held", course, at=at, by=by, patient=course.patient.uuid)
    return placed


@transaction.atomic
def release(held: CourseHold, reason: str, *, at: datetime, by: User) -> CourseHold:
    """A doctor has looked, and the course may go on."""
    held = CourseHold.objects.select_for_update(no_key=True).get(pk=held.pk)
    if not by.may(Permission.SIGN_OFF):
        raise DoctorsOnly
    if held.released_at is not None:
        raise WrongState(state=_("Released"))
    held.released_at, held.released_by, held.release_reason = at, by, reason
    held.save(update_fields=["released_at", "released_by", "release_reason"])
    audit.record("course.released", held.course, at=at, by=by, patient=held.course.patient.uuid)
    return held


def earliest_by_interval(plan: Plan, on: date) -> date:
    """The first day that keeps the plan's interval from the last performed session."""
    performed = planning.last_performed(plan)
    return on if performed is None else max(on, performed + timedelta(days=plan.interval_days))


def fits(session: Session, start: datetime, *, at: datetime) -> bool:
    """Whether the course and what is known of the patient allow this session on that day."""
    try:
        _check_neighbours(session.course, session.number, start)
        on = timezone.localdate(start, session.course.plan.location.zone)
        _check_safe(session.course.plan, on, at)
    except ClinicError:
        return False
    return True


def counted(course: Course) -> Dots:
    """How far a course has come."""
    statuses = course.sessions.values_list("appointment__status", flat=True)
    return Dots.of(statuses, total=course.plan.sessions)


def by_number(course: Course) -> list[str]:
    """One word per planned session: done, booked, missed or free."""
    states: dict[int, str] = {}
    for session in course.sessions.select_related("appointment").order_by("number", "pk"):
        status = AppointmentStatus(session.appointment.status)
        states[session.number] = {
            AppointmentStatus.COMPLETED: "done",
            AppointmentStatus.STOPPED: "done",
            AppointmentStatus.CANCELLED: "free",
            AppointmentStatus.NO_SHOW: "missed",
        }.get(status, "booked")
    return [states.get(number, "free") for number in range(1, course.plan.sessions + 1)]


def by_start(seats: Iterable[Seat]) -> list[Seat]:
    return sorted(seats, key=lambda seat: seat.start)


def _book(plan: Plan, seats: Sequence[Seat], minutes: int, *, at: datetime, by: User) -> Course:
    booking.queue_for_all(
        {seat.practitioner.pk for seat in seats},
        {seat.room.pk for seat in seats},
        {plan.patient_id},
    )
    plan = _locked(plan)
    _check_bookable(plan, [seat.start for seat in seats], at)
    if Course.objects.filter(plan=plan).exists():
        raise AlreadyBooked
    course = Course.objects.create(patient=plan.patient, plan=plan, booked_at=at, booked_by=by)
    for number, seat in enumerate(by_start(seats), start=1):
        visit = Visit(
            kind=AppointmentKind.SESSION,
            patient=plan.patient,
            practitioner=seat.practitioner,
            room=seat.room,
            start=seat.start,
            minutes=minutes,
        )
        _place_session(course, number, visit, at=at, by=by)
    for seat in seats:  # the slowest look comes last: who finds the time taken need not wait for it
        _check_safe(plan, timezone.localdate(seat.start, plan.location.zone), at)
    telling.booked(course.sessions.get(number=1).appointment, at=at)
    audit.record(
        "course.booked", course, at=at, by=by, patient=plan.patient.uuid, sessions=len(seats)
    )
    return course


def _locked(plan: Plan) -> Plan:
    """The plan as it stands now, as long as it holds."""
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if plan.superseded_at is not None or plan.closed_at is not None:
        raise NotCurrent
    return plan


def _place_session(course: Course, number: int, visit: Visit, *, at: datetime, by: User) -> Session:
    appointment = booking.place(visit, at=at, by=by)
    session = Session.objects.create(
        appointment=appointment, course=course, patient=course.patient, number=number
    )
    signals.session_booked.send(Session, session_id=session.pk, at=at)
    return session


def _booked_from(session: Session) -> Iterable[Session]:
    """This session and those after it that are still booked, in order."""
    rows = session.course.sessions.filter(number__gte=session.number)
    rows = rows.filter(Q(appointment__status=AppointmentStatus.BOOKED) | Q(pk=session.pk))
    return rows.select_related("appointment__room", "appointment__practitioner").order_by("number")


def _on(session: Session, zone: ZoneInfo) -> date:
    return timezone.localdate(session.appointment.slot.lower, zone)


def _check_neighbours(
    course: Course, number: int, start: datetime, moving: Collection[int] = ()
) -> None:
    """The sessions before and after it, as booked or performed, stay far enough away.

    Those that move along keep their distance by themselves.
    """
    zone, days = course.plan.location.zone, course.plan.interval_days
    _check_others(course.plan, [timezone.localdate(start, zone)])
    standing = course.sessions.exclude(appointment__status__in=OFF_THE_CALENDAR)
    on = timezone.localdate(start, zone)
    for session in standing.exclude(number__in={number, *moving}).select_related("appointment"):
        other = timezone.localdate(session.appointment.slot.lower, zone)
        if abs((other - on).days) < days:
            raise TooClose(number=max(number, session.number), days=days)


def _check_bookable(plan: Plan, starts: Sequence[datetime], at: datetime) -> None:
    if plan.signed_off_at is None:
        raise NotSignedOff
    if len(starts) != plan.sessions:
        raise TooManySessions(planned=plan.sessions)
    days = [timezone.localdate(start, plan.location.zone) for start in sorted(starts)]
    if days[0] < earliest_by_interval(plan, days[0]):
        raise TooClose(number=1, days=plan.interval_days)
    for number, (before, after) in enumerate(pairwise(days), start=2):
        if (after - before).days < plan.interval_days:
            raise TooClose(number=number, days=plan.interval_days)
    _check_others(plan, days)


def _check_others(plan: Plan, days: Iterable[date]) -> None:
    """What is injected under another plan counts as well: the interval is the patient's."""
    for on in days:
        if (near := _near(plan, on, planning.others(plan))) is not None:
            raise TooCloseToAnother(day=near[0], days=near[1])


def _near(plan: Plan, on: date, others: Iterable[tuple[date, int]]) -> tuple[date, int] | None:
    """The first of these days that is too near; how many must lie between, the later plan says."""
    for day, days in sorted(others):
        needed = plan.interval_days if day <= on else days
        if abs((on - day).days) < needed:
            return day, needed
    return None


def _check_safe(plan: Plan, on: date, at: datetime) -> None:
    """What is known now must allow the day; what may pass until then is asked again by the gate."""
    result = screening.preview(plan.patient, plan, on=on, at=at, ahead=True)
    if screening.stopping_of(result, plan, lasting=True):
        raise NotSafe
    lifts = [
        finding.lifts_on for finding in screening.stopping_of(result, plan) if finding.lifts_on
    ]
    if lifts and max(lifts) > on:
        raise NotSafeYet(day=max(lifts))
