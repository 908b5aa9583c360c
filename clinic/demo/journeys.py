"""How far each fictional patient has come, told as the clinic lived it."""

from collections.abc import Callable
from datetime import time, timedelta

from aftercare import check_ins, questions, reactions
from aftercare.models import AftercarePlan, Feeling, Severity
from aftercare.reactions import Report
from clinic.demo.visits import MINUTES, Journey
from clinic.messaging import links
from clinic.messaging.models import Purpose
from consent import reading, signing, withdrawing
from consent.evidence import NOTHING
from consent.models import ConsentDocument, Withdrawal
from patients import intake
from patients.models import Patient
from procedures import booking, plans
from procedures.booking import Visit
from procedures.models import AppointmentKind, Course, Plan, Session

WISHES = {"en": "a glass of wine with dinner", "ru": "сходить в баню", "uk": "піти до спортзалу"}


def registered(story: Journey) -> None:
    story.register(at=story.moment(-1))


def unfinished(story: Journey) -> None:
    """The questionnaire was begun and not finished; what matched nothing waits for review."""
    patient = story.register(at=story.moment(-1))
    by = story.stage.cosmetologist
    form = intake.start(patient, source="desk", at=story.moment(-1, 11), by=by)
    said = {code: intake.Said(reply="unsure") for code in story.who.unsure}
    intake.save(form, said, at=story.moment(-1, 11), by=by)
    story.tell_history(patient, at=story.moment(-1, 11, 30))


def draft(story: Journey) -> Plan:
    return _planned(story, days=-3)


def signed_off(story: Journey, days: int = -6) -> Plan:
    return story.sign_off(_planned(story, days=days), at=story.moment(days, 14))


def overridden(story: Journey) -> None:
    plan = _planned(story, days=-4)
    story.override(plan, at=story.moment(-3, 12))
    plan = story.sign_off(plan, at=story.moment(-3, 13))
    document = story.offer(plan, at=story.moment(-3, 14))
    story.seal(story.sign(document, at=story.moment(-3, 15)), at=story.moment(-3, 16))


def offered(story: Journey) -> ConsentDocument:
    """The patient reads it at home, and wants to know something first."""
    document = _offered(story)
    at = story.moment(-1, 16)
    link = signing.open_on_tablet(document, at=at, by=story.stage.reception)
    reading.ask(document, "May I go swimming the day after?", NOTHING, at=at, by=link)
    return document


def signed(story: Journey) -> ConsentDocument:
    return story.sign(_offered(story), at=story.moment(-1, 16))


def declined(story: Journey) -> None:
    reason = "I want to think about it until spring."
    signing.decline(_offered(story), reason, at=story.moment(-1, 16), by=story.stage.reception)


def withdrawn(story: Journey) -> None:
    document = story.seal(signed(story), at=story.moment(-1, 17))
    reason = "changed my mind"
    at = story.moment(0, 8)
    withdrawing.withdraw(document, reason, at=at, by=story.stage.reception)
    withdrawing.seal(Withdrawal.objects.get(document=document), at=at)


def revised(story: Journey) -> Plan:
    """One session fewer was agreed after the consent: the plan is new, and waits for the doctor."""
    document = story.seal(signed(story), at=story.moment(-1, 17))
    plan = Plan.objects.current().get(patient=document.patient)
    fewer = story.intent(sessions=4)
    return plans.revise(plan, fewer, at=story.moment(0, 8), by=story.stage.cosmetologist)


def renewed(story: Journey) -> None:
    """The changed plan was signed off and offered anew: the consent before it is superseded."""
    plan = story.sign_off(revised(story), at=story.moment(0, 9))
    story.offer(plan, at=story.moment(0, 10))


def closed(story: Journey) -> None:
    plans.close(signed_off(story, days=-40), at=story.moment(-30), by=story.doctor)


def booked(story: Journey) -> Course:
    return _course(story, first=story.who.days, planned=-6)


def window(story: Journey) -> None:
    """Treated some days ago: inside the days in which much is still forbidden."""
    course = _course(story, first=story.who.days, planned=story.who.days - 5)
    story.treat(course.sessions.get(number=1))
    _tell(story, course)


def course(story: Journey) -> None:
    """Every session that lies in the past was given."""
    made = _course(story, first=story.who.days, planned=story.who.days - 5)
    for session in made.sessions.select_related("appointment").order_by("number"):
        if session.appointment.slot.upper < story.stage.now:
            story.treat(session)


def today(story: Journey) -> None:
    """A visit today: ready, or with the one thing missing that the story names."""
    if story.who.without == "consent":
        plan = signed_off(story)
        made = story.book(plan, first=0, hour=story.who.hour, at=story.moment(-5))
        story.offer(plan, at=story.moment(-5, 11))
    else:
        made = _course(story, first=0, planned=-6, hour=story.who.hour)
    session = made.sessions.get(number=1)
    if story.who.status == "no-show":
        booking.no_show(session.appointment, at=story.stage.now, by=story.stage.reception)
    elif story.who.status == "arrived":
        story.make_ready(session, at=story.stage.now)
    elif story.who.without != "screening":
        story.screen_today(session, at=story.stage.now)


def consultation(story: Journey) -> None:
    patient = story.register(at=story.moment(-2))
    visit = Visit(
        kind=AppointmentKind.CONSULTATION,
        patient=patient,
        practitioner=story.stage.lead,
        room=story.stage.rooms[story.location.name][1],
        start=booking.moment(story.day(0), time(story.who.hour), story.location),
        minutes=MINUTES,
    )
    booking.book(visit, at=story.moment(-2, 11), by=story.stage.reception)


JOURNEYS: dict[str, Callable[[Journey], object]] = {
    "registered": registered,
    "unfinished": unfinished,
    "draft": draft,
    "signed-off": signed_off,
    "overridden": overridden,
    "offered": offered,
    "signed": signed,
    "declined": declined,
    "withdrawn": withdrawn,
    "revised": revised,
    "renewed": renewed,
    "closed": closed,
    "booked": booked,
    "window": window,
    "course": course,
    "finished": course,
    "today": today,
    "consultation": consultation,
}


def _offered(story: Journey) -> ConsentDocument:
    return story.offer(signed_off(story), at=story.moment(-1, 15))


def _planned(story: Journey, *, days: int) -> Plan:
    patient = story.register(at=story.moment(days - 1))
    story.tell_history(patient, at=story.moment(days - 1, 11))
    story.fill_in(patient, at=story.moment(days - 1, 12))
    return story.plan(Patient.objects.get(pk=patient.pk), at=story.moment(days, 10))


def _course(story: Journey, *, first: int, planned: int, hour: int = 11) -> Course:
    """From the intake to a booked course with a consent in force."""
    plan = story.sign_off(_planned(story, days=planned), at=story.moment(planned, 12))
    if story.who.without != "photo":
        story.photograph(plan.patient, at=story.moment(planned, 13))
    document = story.sign(
        story.offer(plan, at=story.moment(planned, 14)), at=story.moment(planned, 15)
    )
    story.seal(document, at=story.moment(planned, 16))
    return story.book(plan, first=first, hour=hour, at=story.moment(planned, 17))


def _tell(story: Journey, made: Course) -> None:
    """What the patient asked and told by their link, if anything; a warning sign was looked at."""
    if not story.who.feeling:
        return
    plan = AftercarePlan.objects.get(session__course=made)
    at = story.stage.now - timedelta(hours=2)
    session = Session.objects.get(pk=plan.session_id)
    link = links.make(
        plan.patient.recipient,
        Purpose.AFTERCARE,
        f"session:{session.uuid}",
        expires_at=at + timedelta(days=14),
        at=at,
    )
    questions.ask(plan, WISHES[plan.patient.recipient.language], at=at, by=link)
    told = check_ins.check_in(plan, Feeling(story.who.feeling), [], "", at=at, by=link)
    if told.is_red_flag:
        seen = Report(
            signs=("SE-SWELLING",),
            severity=Severity.MODERATE,
            description="Seen the same day: swollen and warm, no fever.",
        )
        at = story.stage.now - timedelta(hours=1)
        reactions.report(session, seen, check_in=told, at=at, by=story.doctor)
