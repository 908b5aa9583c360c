"""An emergency reaches the staff by two channels until somebody takes it."""

from datetime import timedelta

import pytest

from aftercare import alerts, check_ins, tasks
from aftercare.models import CheckIn, Feeling
from clinic.messaging.models import Message, MessageState
from clinic.record import worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from tests.factories.aftercare import AN_HOUR, make_aftercare, make_aftercare_link
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db
QUARTER = timedelta(minutes=15)


@pytest.fixture
def doctor() -> User:
    return make_staff(Role.CLINICAL_LEAD)


@pytest.fixture
def told(doctor: User) -> CheckIn:
    plan = make_aftercare()
    link, at = make_aftercare_link(plan), plan.session_ended_at + AN_HOUR
    return check_ins.check_in(plan, Feeling.WORSE, ["SE-ALLERGY-ACUTE"], at=at, by=link)


def mails(told: CheckIn, colleague: User) -> list[Message]:
    rows = Message.objects.filter(message="staff-alert", subject=alerts.subject_of(told))
    return list(rows.filter(recipient__email=colleague.email).order_by("occasion"))


def test_task_and_mail_are_owed_in_the_same_moment(told: CheckIn, doctor: User) -> None:
    assert Task.objects.filter(kind=TaskKind.RED_FLAG, subject_uuid=told.uuid).count() == 2
    (mail,) = mails(told, doctor)
    assert (mail.due_at, mail.patient_uuid, mail.location) == (told.at, None, None)


def test_it_comes_again_every_quarter_of_an_hour_and_never_twice(
    told: CheckIn, doctor: User
) -> None:
    for minutes in (1, 5, 16, 20, 31):
        assert alerts.repeat(at=told.at + timedelta(minutes=minutes)) == 1
    assert [mail.occasion for mail in mails(told, doctor)] == [0, 1, 2]


def test_who_takes_the_task_ends_the_alerts(told: CheckIn, doctor: User) -> None:
    task = Task.objects.filter(kind=TaskKind.RED_FLAG, role=Role.CLINICAL_LEAD).get()
    at = told.at + timedelta(minutes=2)
    worklist.take(task, at=at, by=doctor)
    assert alerts.repeat(at=told.at + QUARTER) == 0
    (mail,) = mails(told, doctor)
    assert (mail.state, mail.reason) == (MessageState.CANCELLED, "taken")


def test_after_a_day_nobody_is_told_any_more(told: CheckIn) -> None:
    assert alerts.repeat(at=told.at + 25 * AN_HOUR) == 0


def test_the_words_of_an_alert_name_nobody(told: CheckIn, doctor: User) -> None:
    (mail,) = mails(told, doctor)
    person = told.plan.patient
    assert person.family_name not in str(mail.values)
    assert set(mail.values) == {"tasks"}


def test_what_is_only_to_be_watched_alerts_nobody(doctor: User) -> None:
    plan = make_aftercare()
    link, at = make_aftercare_link(plan), plan.session_ended_at + AN_HOUR
    check_ins.check_in(plan, Feeling.FADING, [], at=at, by=link)
    assert not Message.objects.filter(message="staff-alert").exists()


def test_the_task_of_the_clock_does_all_of_it() -> None:
    tasks.watch()
    assert not Task.objects.exists()
