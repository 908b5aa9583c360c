"""Visits, courses and sessions of an imaginary clinic, through the use cases that make them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from clinic.staff.models import Location, Room, User
from clinic.staff.roles import Role
from consent import sealing, signing
from consent.models import ConsentDocument
from patients.models import Area, Patient
from procedures import booking, consenting, courses, planning, treatment
from procedures.booking import Visit
from procedures.models import Appointment, AppointmentKind, Course, Lot, Plan, Session
from procedures.treatment import Given
from tests.factories.catalogue import make_lot
from tests.factories.consent import make_signature
from tests.factories.patients import make_healthy_patient, make_intake, make_patient, make_photos
from tests.factories.plans import make_intent, make_screening, make_signed_plan
from tests.factories.staff import NOW, make_location, make_room, make_staff, make_working_hours

EARLIER = NOW - timedelta(days=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A room, somebody who treats in it every day from 8 to 20, and the desk."""

    location: Location
    room: Room
    practitioner: User
    desk: User


def make_place(*, time_zone: str = "Europe/Kyiv") -> Place:
    location = make_location(time_zone=time_zone)
    practitioner = make_staff(Role.COSMETOLOGIST, location=location)
    make_working_hours(practitioner, location)
    desk = make_staff(Role.RECEPTION, location=location)
    room = make_room(location)
    return Place(location=location, room=room, practitioner=practitioner, desk=desk)


def make_visit(place: Place, patient: Patient | None = None, **changes: Any) -> Visit:
    """A consultation of half an hour, now."""
    visit = Visit(
        kind=AppointmentKind.CONSULTATION,
        patient=patient or make_patient(location=place.location),
        practitioner=place.practitioner,
        room=place.room,
        start=NOW,
        minutes=30,
    )
    return replace(visit, **changes)


def book_visit(place: Place, patient: Patient | None = None, **changes: Any) -> Appointment:
    return booking.book(make_visit(place, patient, **changes), at=EARLIER, by=place.desk)


def make_bookable_plan(
    place: Place, patient: Patient | None = None, *, at: datetime = EARLIER, **intent: Any
) -> Plan:
    """Signed off, two sessions a week apart unless the test says otherwise."""
    facts: dict[str, Any] = {"sessions": 2, "interval_days": 7} | intent
    products = facts.pop("products", [])
    wish = make_intent(*products, practitioner=place.practitioner, location=place.location, **facts)
    return make_signed_plan(patient or make_healthy_patient(location=place.location), wish, at=at)


def book_course(
    plan: Plan, place: Place, *, at: datetime = EARLIER, first: datetime | None = None
) -> Course:
    """The first session is now, or as said; the others follow at the same hour."""
    local = (first or NOW).astimezone(place.location.zone)
    wish = planning.Wish(first=local.date(), hour=local.time(), room=place.room, minutes=45)
    starts = planning.starts(plan, wish, at=at)
    return courses.book(plan, starts, room=place.room, minutes=45, at=at, by=place.desk)


def make_consent(plan: Plan, *, at: datetime = EARLIER) -> ConsentDocument:
    """Offered, signed, countersigned, and really sealed."""
    desk = make_staff(Role.RECEPTION)
    document = consenting.offer(plan, language="en", at=at, by=desk)
    link = signing.open_on_tablet(document, at=at, by=desk)
    sha256 = document.content_sha256
    signing.sign(document, make_signature(), content_sha256=sha256, at=at, by=link)
    signing.countersign(document, at=at, by=plan.practitioner)
    return sealing.seal(document, at=at)


def lay_out(session: Session, *, at: datetime = NOW) -> list[Lot]:
    """A fresh lot of every planned product, opened just now."""
    lots = [make_lot(line.product) for line in session.course.plan.products.all()]
    for lot in lots:
        by = session.course.plan.practitioner
        treatment.prepare(session, lot, opened_at=at, at=at, by=by)
    return lots


def make_session(place: Place | None = None, *, area: str = Area.FACE, **intent: Any) -> Session:
    """Booked for now; nothing else is done for it."""
    place = place or make_place()
    plan = make_bookable_plan(place, area=area, **intent)
    return book_course(plan, place).sessions.get(number=1)


def make_ready_session(*, without: str = "", at: datetime = NOW, **intent: Any) -> Session:
    """Everything the gate asks for holds, but for what `without` names (a code of the gate)."""
    session = make_session(**intent)
    plan = session.course.plan
    if without != "photo":
        make_photos(session.patient, plan.area, at=EARLIER)
    if without != "consent":
        make_consent(plan)
    if without != "arrived":
        booking.arrive(session.appointment, at=at, by=make_staff(Role.RECEPTION))
    if without != "screening":
        screen_today(session, at=at)
    if without != "lots":
        lay_out(session, at=at)
    return Session.objects.get(pk=session.pk)


def screen_today(session: Session, *, at: datetime = NOW) -> None:
    """Asked again on the day, and screened after it."""
    make_intake(session.patient, moment="session", at=at)
    plan = session.course.plan
    plan.patient.refresh_from_db()
    make_screening(plan, at=at)


def give(session: Session, *, volume_ml: str = "1.5", at: datetime = NOW) -> None:
    """Some of every lot that is laid out."""
    for use in session.prepared.all():
        given = Given(lot=use.lot, zone="cheeks", volume_ml=Decimal(volume_ml))
        treatment.inject(session, given, at=at, by=session.course.plan.practitioner)


def make_completed_session(*, at: datetime = NOW, **intent: Any) -> Session:
    session = make_ready_session(at=at, **intent)
    by = session.course.plan.practitioner
    treatment.start(session, at=at, by=by)
    give(session, at=at)
    return treatment.complete(session, "well tolerated", at=at + timedelta(minutes=30), by=by)
