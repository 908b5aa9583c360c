"""The demonstration clinic shows everything there is to show, and was made by the front door."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

from django.utils import timezone

from aftercare.models import AftercarePlan, CheckIn, Reaction, Restriction, Triage
from clinic.demo import cast, seeding, stage
from clinic.knowledge.loader import load
from clinic.messaging.models import Message, MessageState
from clinic.record import audit
from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.models import Location, Room, User
from clinic.staff.roles import Role
from consent import export, inspection, verification
from consent.models import ConsentDocument, ConsentState
from consent.verification import Verdict
from patients.models import Patient, Photo
from procedures import catalogue
from procedures.catalogue.person import EVERYBODY
from procedures.models import (
    Appointment,
    AppointmentKind,
    AppointmentStatus,
    CourseHold,
    Override,
    Plan,
    Screening,
    Session,
)
from procedures.settings import current
from tests.clinic.demo.conftest import PRINTED_WHOLE, Demonstration
from tests.clinic.demo.pages import written

CYRILLIC = re.compile("[а-яёіїєґ]", re.IGNORECASE)
HERE = Path(seeding.__file__).parent
PASSING = {ConsentState.DRAFT, ConsentState.COUNTERSIGNED}  # nobody waits in these


# Places and people


def test_there_are_two_places_with_two_rooms_each() -> None:
    rooms = Counter(Room.objects.in_use().values_list("location__name", flat=True))
    assert sorted(rooms.values()) == [2, 2]
    assert Location.objects.in_use().count() == 2


def test_there_is_one_login_for_every_role_and_a_second_doctor() -> None:
    roles = Counter(role for user in User.objects.all() for role in user.roles)
    assert roles == dict.fromkeys(Role, 1) | {Role.CLINICAL_LEAD: 2}


def test_the_logins_that_are_printed_open_the_door() -> None:
    printed = stage.logins()
    assert {login.email for login in printed} == set(User.objects.values_list("email", flat=True))
    for login in printed:
        user = User.objects.get(email=login.email)
        assert user.check_password(login.password)
        assert user.roles == login.role.split(", ")


def test_there_are_sixty_patients_with_names_in_both_scripts() -> None:
    names = [patient.full_name for patient in Patient.objects.all()]
    assert len(names) == len(set(names)) == 60
    cyrillic = sum(bool(CYRILLIC.search(name)) for name in names)
    assert 20 <= cyrillic <= 50
    assert set(Patient.objects.values_list("language", flat=True)) == {"en", "ru", "uk"}


def test_nobody_can_be_reached_by_their_telephone_or_mail() -> None:
    for patient in Patient.objects.all():
        assert patient.email.endswith(".example")
        assert patient.phone.startswith("+38044000")


# What stops a needle


def findings() -> Iterator[dict[str, object]]:
    for made in Screening.objects.all():
        yield from made.findings


def test_the_findings_cover_every_contraindication_that_can_fire() -> None:
    can_fire = {rule.card.rule for rule in catalogue.rulebook(current()).rules}
    wanted = set(load().contraindications) & can_fire
    assert set(load().contraindications) - can_fire == EVERYBODY, "all but the talk are rules"
    found = {str(finding["rule"]) for finding in findings()}
    assert wanted - found == set()


def test_words_nobody_understood_wait_for_the_doctor() -> None:
    assert any(str(finding["rule"]).startswith("unresolved:") for finding in findings())


def test_a_doctor_differed_with_a_reason() -> None:
    decided = Override.objects.all()
    assert decided.count() >= 2
    assert all(one.reason for one in decided)


# Plans and consents


def test_plans_stand_in_every_state() -> None:
    states = {
        "draft": Plan.objects.current().filter(signed_off_at=None),
        "signed off": Plan.objects.current().exclude(signed_off_at=None),
        "superseded": Plan.objects.exclude(superseded_at=None),
        "closed": Plan.objects.exclude(closed_at=None),
    }
    assert {state for state, plans in states.items() if not plans.exists()} == set()


def test_consents_stand_in_every_state_that_lasts() -> None:
    states = set(ConsentDocument.objects.values_list("state", flat=True))
    assert states == set(ConsentState) - PASSING


def test_every_sealed_paper_is_genuine_and_its_bytes_are_kept(
    demonstration: Demonstration,
) -> None:
    verdicts = {
        ConsentState.SEALED: Verdict.GENUINE,
        ConsentState.WITHDRAWN: Verdict.WITHDRAWN,
        ConsentState.SUPERSEDED: Verdict.SUPERSEDED,
    }
    papers = ConsentDocument.objects.with_file()
    assert papers.count() >= 20
    for document in papers:
        answer = verification.check(export.verified(document), at=demonstration.now)
        assert answer.verdict == verdicts[ConsentState(document.state)], document.code


def test_papers_carry_a_seal_of_ours_and_one_is_printed_whole(
    demonstration: Demonstration,
) -> None:
    papers = [export.verified(one) for one in ConsentDocument.objects.with_file().order_by("pk")]
    for pdf in papers[:3]:
        seal = inspection.seal_of(pdf, at=demonstration.now)
        assert seal is not None
        assert seal.ours, seal.reason
    long = [pdf for pdf in papers if inspection.page_count(pdf) > 1]
    assert len(long) == PRINTED_WHOLE


# Today


def visits(now: datetime) -> list[Appointment]:
    start = datetime.combine(timezone.localdate(now), time.min, timezone.get_current_timezone())
    found = Appointment.objects.filter(slot__startswith__range=(start, start + timedelta(days=1)))
    return list(found)


def test_today_is_full(demonstration: Demonstration) -> None:
    today = visits(demonstration.now)
    assert len(today) >= 8
    assert {visit.kind for visit in today} >= {
        AppointmentKind.SESSION,
        AppointmentKind.CONSULTATION,
    }
    assert {visit.status for visit in today} >= {
        AppointmentStatus.BOOKED,
        AppointmentStatus.ARRIVED,
        AppointmentStatus.NO_SHOW,
    }


def test_there_is_a_course_of_every_progress() -> None:
    done = AppointmentStatus.COMPLETED
    courses: dict[int, list[bool]] = {}
    for course, status in Session.objects.values_list("course_id", "appointment__status"):
        courses.setdefault(course, []).append(status == done)
    assert any(all(sessions) for sessions in courses.values()), "finished"
    assert any(any(sessions) and not all(sessions) for sessions in courses.values()), "on the way"
    assert any(not any(sessions) for sessions in courses.values()), "not begun"


# Afterwards


def test_patients_are_inside_their_window_with_advice_and_messages(
    demonstration: Demonstration,
) -> None:
    now = demonstration.now
    ago = {
        (timezone.localdate(now) - timezone.localdate(plan.session.appointment.slot.lower)).days
        for plan in AftercarePlan.objects.select_related("session__appointment")
    }
    assert ago >= {1, 2, 3, 4, 5, 6}
    for plan in AftercarePlan.objects.select_related("session"):
        assert Restriction.objects.filter(plan=plan).exists()
        about = Message.objects.filter(subject=f"session:{plan.session.uuid}")
        assert about.exists()
    completed = Session.objects.filter(appointment__status=AppointmentStatus.COMPLETED)
    assert completed.count() == AftercarePlan.objects.count() >= 10
    assert Message.objects.filter(state=MessageState.OWED, due_at__gt=now).exists()


def test_a_warning_sign_became_an_urgent_task() -> None:
    reported = CheckIn.objects.filter(triage__in=[Triage.CONTACT_CLINIC, Triage.URGENT])
    assert reported.exists()
    for check_in in reported:
        tasks = Task.objects.filter(kind=TaskKind.RED_FLAG, subject_uuid=check_in.uuid)
        assert {task.role for task in tasks} >= {Role.CLINICAL_LEAD}


def test_there_are_photos_to_compare_with() -> None:
    photographed = Photo.objects.kept().values_list("patient", flat=True).distinct()
    assert len(photographed) >= 15


def test_a_reaction_holds_a_course_until_the_doctor_decides(demonstration: Demonstration) -> None:
    assert CourseHold.objects.in_force(at=demonstration.now).exists()
    assert Reaction.objects.exists()


# On the record


def test_the_chain_of_the_record_holds() -> None:
    assert AuditEntry.objects.count() > 800
    assert audit.verify() == []


def test_nothing_is_dated_after_now(demonstration: Demonstration) -> None:
    assert not AuditEntry.objects.filter(at__gt=demonstration.now).exists()
    assert not Plan.objects.filter(created_at__gt=demonstration.now).exists()


def test_every_patient_and_plan_is_on_the_record() -> None:
    registered = set(
        AuditEntry.objects.filter(action="patient.registered").values_list(
            "subject_uuid", flat=True
        )
    )
    assert registered == set(Patient.objects.values_list("uuid", flat=True))


def test_seeding_a_second_time_changes_nothing(demonstration: Demonstration) -> None:
    before, tomorrow = written(), demonstration.now + timedelta(days=1)
    assert not seeding.seed(tomorrow, say=demonstration.said.append)
    assert written() == before


# How it was made


BY_HAND = re.compile(
    r"create\(|bulk_|get_or_|(?<!intake)(?<!picture)\.save\(|\.update\(|\.delete\(|cursor|setattr"
)


def test_nothing_was_made_by_hand() -> None:
    """Every row came through a use case, so that it is checked and on the record."""
    files = {file.name: file.read_text() for file in HERE.glob("*.py")}
    assert "intake.save(" in files["visits.py"], "a use case of that name is no by-hand save"
    assert [name for name, text in files.items() if BY_HAND.search(text)] == []


def test_the_cast_is_the_same_every_day() -> None:
    first, second = cast.characters(), cast.characters()
    assert first == second
    numbers = Patient.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(numbers[0], numbers[0] + len(first)))
    assert {who.names for who in first} == set(
        Patient.objects.values_list("family_name", "given_name")
    )
