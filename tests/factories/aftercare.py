"""Sessions of imaginary patients, booked and carried out, with nothing behind them but rows."""

from datetime import date, datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from psycopg.types.range import TimestamptzRange

from aftercare.models import AftercarePlan
from clinic.messaging import links
from clinic.messaging.models import PatientLink, Purpose
from clinic.staff.roles import Role
from consent.models import ConsentDocument, ConsentTemplate
from patients.models import Area, Patient
from procedures import signals
from procedures.domain.outcomes import Decision
from procedures.models import (
    Appointment,
    AppointmentKind,
    AppointmentStatus,
    Course,
    Plan,
    Screening,
    Session,
)
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_location, make_room, make_staff, make_working_hours

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
SUN_TIME = NOW.replace(hour=11)  # 13:00 in Kyiv


def make_course(
    patient: Patient | None = None, *, at: datetime = NOW, area: str = Area.FACE, **place: Any
) -> Course:
    """Nothing booked yet; the practitioner works every day."""
    location = make_location(**place)
    practitioner = make_staff(Role.COSMETOLOGIST)
    make_working_hours(practitioner, location)
    plan = Plan.objects.create(
        patient=patient or make_patient(location=location),
        indication="ID-COMPLEXION",
        area=area,
        technique="TE-NAPPAGE",
        sessions=4,
        interval_days=7,
        goal="Brighter skin",
        practitioner=practitioner,
        location=location,
        created_at=at,
        created_by=practitioner,
    )
    return Course.objects.create(
        patient=plan.patient, plan=plan, booked_at=at, booked_by=practitioner
    )


def book_session(
    course: Course | None = None, *, start: datetime = SUN_TIME + 5 * A_DAY, at: datetime = NOW
) -> Session:
    """An hour in a room of its own; whoever listens hears of it inside the transaction."""
    course = course or make_course()
    with transaction.atomic():
        appointment = Appointment.objects.create(
            kind=AppointmentKind.SESSION,
            patient=course.patient,
            practitioner=course.plan.practitioner,
            room=make_room(course.plan.location),
            slot=TimestamptzRange(start, start + AN_HOUR),
            booked_at=at,
            booked_by=course.plan.practitioner,
        )
        session = Session.objects.create(
            appointment=appointment,
            course=course,
            patient=course.patient,
            number=course.sessions.count() + 1,
        )
        signals.session_booked.send(Session, session_id=session.pk, at=at)
    return session


def carry_out(session: Session, *, ended_at: datetime, told: bool = True) -> Session:
    """Started and completed; `told=False` is a signal that got lost."""
    plan, by = session.course.plan, session.course.plan.practitioner
    with transaction.atomic():
        started_at = ended_at - AN_HOUR
        session.started_at, session.started_by, session.plan = started_at, by, plan
        session.screening = _screening(plan, at=started_at)
        session.consent = _consent(plan, at=started_at)
        session.completed_at = ended_at
        session.save()
        appointment = session.appointment
        appointment.status, appointment.arrived_at = AppointmentStatus.COMPLETED, started_at
        appointment.ended_at = ended_at
        appointment.save()
        if told:
            signals.session_completed.send(Session, session_id=session.pk, at=ended_at)
    return session


def make_aftercare(
    course: Course | None = None, *, ended_at: datetime = SUN_TIME, area: str = Area.FACE
) -> AftercarePlan:
    """A session that ended then, and what follows it."""
    course = course or make_course(at=ended_at - A_DAY, area=area)
    session = book_session(course, start=ended_at - AN_HOUR, at=ended_at - A_DAY)
    carry_out(session, ended_at=ended_at)
    return AftercarePlan.objects.get(session=session)


def make_aftercare_link(plan: AftercarePlan) -> PatientLink:
    """The link its messages carry."""
    alive = PatientLink.objects.alive(at=plan.session_ended_at)
    return alive.filter(subject=f"session:{plan.session.uuid}", purpose=Purpose.AFTERCARE).latest(
        "pk"
    )


def path_of(link: PatientLink) -> str:
    return f"/p/{links.token(link)}/"


def open_page(client: Client, link: PatientLink, *, born: date | None = None) -> HttpResponse:
    """The link, and then the date of birth: the patient's, or what somebody else thinks it is."""
    first: Any = client.get(path_of(link), follow=True)
    if b'name="birth_date"' not in first.content:
        return cast("HttpResponse", first)
    said = born or Patient.objects.get(recipient=link.recipient_id).birth_date
    page = first.redirect_chain[-1][0]
    opened: Any = client.post(page, {"birth_date": f"{said:%d.%m.%Y}"}, follow=True)
    return cast("HttpResponse", opened)


def _screening(plan: Plan, *, at: datetime) -> Screening:
    return Screening.objects.create(
        patient=plan.patient,
        plan=plan,
        on=at.date(),
        facts={},
        findings=[],
        decision=Decision.PROCEED,
        knowledge="test",
        made_at=at,
        made_by=plan.practitioner,
    )


def _consent(plan: Plan, *, at: datetime) -> ConsentDocument:
    subject = f"plan:{plan.uuid}"
    return ConsentDocument.objects.filter(
        subject=subject
    ).first() or ConsentDocument.objects.create(
        patient=plan.patient,
        subject=subject,
        template=ConsentTemplate.objects.order_by("pk")[0],
        language="en",
        content={},
        content_sha256="0" * 64,
        terms_sha256="0" * 64,
        created_at=at,
        created_by=plan.practitioner,
    )
