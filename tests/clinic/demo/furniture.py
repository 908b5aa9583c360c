"""What the demonstration lacks, so that every page has something to show."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from psycopg.types.range import TimestamptzRange

from clinic.portable import exporting, importing, papers
from clinic.portable.importing import Source
from clinic.portable.models import ConsentExport, Export
from clinic.staff import places
from clinic.staff.models import Room, User
from clinic.staff.roles import Role
from consent import drafting
from patients import synonyms
from patients.intake import answers_now
from patients.models import Answer as Said
from patients.models import HistoryKind, Reply
from procedures import plans, waiting
from procedures.models import AppointmentKind, CalendarFeed, Plan, Priority, WaitlistOffer
from tests.clinic.demo.conftest import NOW
from tests.clinic.demo.pages import FEED
from tests.factories.lifecycle import asked_to_erase, erased, make_pair, merged
from tests.factories.patients import make_patient
from tests.factories.rules import make_own_rules


def furnish(*, at: datetime = NOW) -> None:
    """What the demonstration lacks: a day off, a test on the skin, odd words, own rules."""
    lead = colleague(Role.CLINICAL_LEAD)
    away = TimestamptzRange(at + timedelta(days=200), at + timedelta(days=201))
    places.add_time_off(lead, away, at=at, by=colleague(Role.ADMINISTRATOR))
    plan = Plan.objects.current().order_by("pk")[0]
    line = plan.products.order_by("pk")[0]
    plans.record_test(plan, line.product, "inner forearm", at=at, by=lead)
    synonyms.learn("blorbitis", HistoryKind.CONDITION, "diabetes", at=at, by=lead)
    said = answers_now(plan.patient, at=at)["CI-FEVER"]
    Said.objects.filter(pk=said.pk).update(note="blorbosis", reply=Reply.NO)
    make_own_rules(at=at, by=lead)
    secret = sha256(FEED.encode()).hexdigest()
    CalendarFeed.objects.create(practitioner=lead, token_sha256=secret, made_at=at)
    make_pair(at=at)
    export = exporting.ask(at=at, by=lead)
    ready = {"finished_at": at, "expires_at": at + timedelta(days=2)}
    Export.objects.filter(pk=export.pk).update(**ready)
    source = Source(name="a.csv", kind="patients", system="old", location=plan.location)
    importing.upload(b"id,name,birth date\n1,Anna Testova,1990-05-17\n", source, at=at, by=lead)
    made = papers.ask(papers.Choice(), at=at, by=colleague(Role.ADMINISTRATOR))
    ConsentExport.objects.filter(pk=made.pk).update(**ready)
    drafting.start(at=at, by=lead)
    wait_for_a_time(plan, lead, at=at)
    merged(make_patient(at=at), make_patient(at=at), by=lead)
    asked_to_erase(make_patient(at=at), at=at, by=lead)
    erased(make_patient(at=at), at=at)


def wait_for_a_time(plan: Plan, lead: User, *, at: datetime) -> None:
    """Somebody on the waiting list, to whom a time is offered now."""
    day = (at + timedelta(days=100)).date()
    wanted = waiting.Wanted(
        location=plan.location,
        kind=AppointmentKind.CONSULTATION,
        minutes=30,
        first=day,
        last=day,
        priority=Priority.NORMAL,
    )
    entry = waiting.add(plan.patient, wanted, at=at, by=lead)
    WaitlistOffer.objects.create(
        entry=entry,
        practitioner=plan.practitioner,
        room=Room.objects.filter(location=plan.location).order_by("pk")[0],
        start=at + timedelta(days=100),
        reservation=uuid4(),
        offered_at=at,
        expires_at=at + timedelta(days=1),
    )


def colleague(role: Role) -> User:
    user: User = User.objects.filter(roles__contains=[role]).order_by("pk")[0]
    return user
