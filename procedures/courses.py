"""All sessions of a plan booked at once, all or none; held and released by clinicians."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Self, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState
from clinic.record import audit
from clinic.staff.models import Room, User
from clinic.staff.roles import Permission
from procedures import booking, screening, signals
from procedures.booking import Visit
from procedures.models import (
    OFF_THE_CALENDAR,
    Appointment,
    AppointmentKind,
    AppointmentStatus,
    Course,
    CourseHold,
    Plan,
    Session,
)

DONE = {AppointmentStatus.COMPLETED, AppointmentStatus.STOPPED}
STANDING = {AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.STARTED}
HORIZON = 30  # days after the wanted one in which a free time is looked for


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


class NoFreeTime(ClinicError):
    code = "no-free-time"
    text = _("No free time was found for session %(number)s. Choose another room, hour or start.")


class DoctorsOnly(ClinicError):
    code = "doctors-only"
    text = _("Only a doctor releases a hold. Ask the clinical lead.")


class Place(TypedDict):
    """Where a session is moved to; `version` is the one that was on the screen."""

    start: datetime
    room: Room
    practitioner: User
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What reception asks for: from when on, at what hour, where, for how long."""

    first: date
    hour: time
    room: Room
    minutes: int


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
            booked=sum(status in STANDING for status in found),
            total=total,
        )


def propose(plan: Plan, wish: Wish) -> list[datetime]:
    """A free start for each session: the wanted hour on the first day that works, else nearby.

    Wall-clock hours in the location's zone, so that a course over a clock change keeps its hour.
    """
    starts: list[datetime] = []
    earliest = max(wish.first, earliest_by_interval(plan, wish.first))
    for number in range(1, plan.sessions + 1):
        start = next(_free_starts(plan, wish, earliest), None)
        if start is None:
            raise NoFreeTime(number=number)
        starts.append(start)
        earliest = timezone.localdate(start, wish.room.location.zone) + timedelta(
            days=plan.interval_days
        )
    return starts


@transaction.atomic
def book(
    plan: Plan, starts: Sequence[datetime], *, room: Room, minutes: int, at: datetime, by: User
) -> Course:
    """Book every session of the plan, or none."""
    booking.queue_for(plan.practitioner, room, plan.patient)
    plan = _locked(plan)
    _check_bookable(plan, starts, room, at)
    if Course.objects.filter(plan=plan).exists():
        raise AlreadyBooked
    course = Course.objects.create(patient=plan.patient, plan=plan, booked_at=at, booked_by=by)
    for number, start in enumerate(sorted(starts), start=1):
        visit = Visit(
            kind=AppointmentKind.SESSION,
            patient=plan.patient,
            practitioner=plan.practitioner,
            room=room,
            start=start,
            minutes=minutes,
        )
        _place_session(course, number, visit, at=at, by=by)
    audit.record(
        "course.booked", course, at=at, by=by, patient=plan.patient.uuid, sessions=len(starts)
    )
    return course


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
    audit.record("session.booked", session, at=at, by=by, patient=course.patient.uuid)
    return session


@transaction.atomic
def move(session: Session, *, at: datetime, by: User, **wish: Unpack[Place]) -> Appointment:
    """Move one session; the others stay, and stay far enough away."""
    booking.queue_for(wish["practitioner"], wish["room"], session.patient)
    course = Course.objects.select_for_update(no_key=True).get(pk=session.course_id)
    _check_neighbours(course, session.number, wish["start"])
    _check_safe(course.plan, timezone.localdate(wish["start"], course.plan.location.zone), at)
    return booking.move(session.appointment, **wish, at=at, by=by)


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
    last = Session.objects.performed().filter(patient=plan.patient).order_by("started_at").last()
    if last is None or last.started_at is None:
        return on
    performed = timezone.localdate(last.started_at, plan.location.zone)
    return max(on, performed + timedelta(days=plan.interval_days))


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


def _check_neighbours(course: Course, number: int, start: datetime) -> None:
    """The sessions before and after it, as booked or performed, stay far enough away."""
    zone, days = course.plan.location.zone, course.plan.interval_days
    _check_others(course.plan, [timezone.localdate(start, zone)])
    standing = course.sessions.exclude(appointment__status__in=OFF_THE_CALENDAR)
    on = timezone.localdate(start, zone)
    for session in standing.exclude(number=number).select_related("appointment"):
        other = timezone.localdate(session.appointment.slot.lower, zone)
        if abs((other - on).days) < days:
            raise TooClose(number=max(number, session.number), days=days)


def _check_bookable(plan: Plan, starts: Sequence[datetime], room: Room, at: datetime) -> None:
    if plan.signed_off_at is None:
        raise NotSignedOff
    if len(starts) != plan.sessions:
        raise TooManySessions(planned=plan.sessions)
    days = [timezone.localdate(start, room.location.zone) for start in sorted(starts)]
    if days[0] < earliest_by_interval(plan, days[0]):
        raise TooClose(number=1, days=plan.interval_days)
    for number, (before, after) in enumerate(pairwise(days), start=2):
        if (after - before).days < plan.interval_days:
            raise TooClose(number=number, days=plan.interval_days)
    _check_others(plan, days)
    for day in days:
        _check_safe(plan, day, at)


def _check_others(plan: Plan, days: Iterable[date]) -> None:
    """What is injected under another plan counts as well: the interval is the patient's."""
    for on in days:
        if (near := _near(plan, on, _others(plan))) is not None:
            raise TooCloseToAnother(day=near[0], days=near[1])


def _others(plan: Plan) -> list[tuple[date, int]]:
    """The days of the sessions of the patient's other courses, and the intervals they keep."""
    sessions = Session.objects.filter(patient=plan.patient)
    sessions = sessions.exclude(appointment__status__in=OFF_THE_CALENDAR)
    others = sessions.exclude(course__plan__lineage=plan.lineage)
    return [
        (timezone.localdate(slot.lower, plan.location.zone), days)
        for slot, days in others.values_list("appointment__slot", "course__plan__interval_days")
    ]


def _near(plan: Plan, on: date, others: Iterable[tuple[date, int]]) -> tuple[date, int] | None:
    """The first of these days that is too near; how many must lie between, the later plan says."""
    for day, days in sorted(others):
        needed = plan.interval_days if day <= on else days
        if abs((on - day).days) < needed:
            return day, needed
    return None


def _check_safe(plan: Plan, on: date, at: datetime) -> None:
    """What is known now must allow the day; what may pass until then is asked again by the gate."""
    result = screening.preview(plan.patient, plan, on=on, at=at)
    if screening.stopping_of(result, plan, lasting=True):
        raise NotSafe
    lifts = [
        finding.lifts_on for finding in screening.stopping_of(result, plan) if finding.lifts_on
    ]
    if lifts and max(lifts) > on:
        raise NotSafeYet(day=max(lifts))


def _free_starts(plan: Plan, wish: Wish, earliest: date) -> Iterator[datetime]:
    """Free starts from a day on, the wanted hour first, then the nearest hours of the same day."""
    zone = wish.room.location.zone
    others = _others(plan)
    for offset in range(HORIZON):
        day = earliest + timedelta(days=offset)
        if _near(plan, day, others) is not None:
            continue
        wanted = datetime.combine(day, wish.hour, zone)
        shifts = sorted(range(-8 * 60, 8 * 60 + 1, 30), key=abs)
        for start in (wanted + timedelta(minutes=shift) for shift in shifts):
            visit = Visit(
                kind=AppointmentKind.SESSION,
                patient=plan.patient,
                practitioner=plan.practitioner,
                room=wish.room,
                start=start,
                minutes=wish.minutes,
            )
            if start.date() == day and booking.works(plan.practitioner, visit) and _free(visit):
                yield start


def _free(visit: Visit) -> bool:
    standing = Appointment.objects.standing().filter(slot__overlap=visit.slot)
    owners = {"practitioner": visit.practitioner, "room": visit.room, "patient": visit.patient}
    return not any(standing.filter(**{owner: row}).exists() for owner, row in owners.items())
