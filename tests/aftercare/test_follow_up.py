"""A completed session begins its aftercare: bans with their ends, messages until day 14."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aftercare import follow_up, tasks
from aftercare.models import AftercarePlan, Restriction
from clinic.knowledge.loader import load
from clinic.messaging import outbox
from clinic.messaging.models import Message, MessageState
from clinic.record.models import AuditEntry, Task, TaskKind
from patients.models import Area
from procedures.models import Session
from tests.factories.aftercare import (
    A_DAY,
    AN_HOUR,
    SUN_TIME,
    book_session,
    carry_out,
    make_aftercare,
    make_course,
)
from tests.factories.messaging import Provider
from tests.factories.patients import make_patient
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
EVERYBODY_IS_TOLD = {0, 1, 2, 3, 4, 5, 6, 7, 10, 14}


def days_of(plan: AftercarePlan) -> dict[int, Message]:
    rows = Message.objects.filter(patient_uuid=plan.patient.uuid, message__startswith="RP-D")
    after = {row.id: row.day_offset for row in load().reminders.values() if row.day_offset >= 0}
    return {after[row.message]: row for row in rows if row.message in after}


def test_every_ban_is_copied_with_its_own_end() -> None:
    plan = make_aftercare()
    ends = {
        row.rule: (row.until - plan.session_ended_at) / A_DAY for row in plan.restrictions.all()
    }
    assert ends["RX-WASH"] == 1
    assert ends["RX-TOUCH"] == ends["RX-ALCOHOL"] == 7
    assert ends["RX-SUN"] == ends["RX-MAKEUP"] == 10
    assert ends["RX-HEAT-SAUNA"] == ends["RX-SOLARIUM"] == 14
    assert "RX-ALCOHOL-BEFORE" not in ends
    assert plan.ends_at == plan.session_ended_at + 14 * A_DAY
    touch = plan.restrictions.get(rule="RX-TOUCH")
    assert touch.release_from == plan.session_ended_at + 4 * A_DAY
    assert set(touch.words["forbidden"]) == {"en", "ru", "uk"}
    assert touch.sources[0]["file"]
    assert plan.restrictions.get(rule="RX-HEAT-SAUNA").release_from is None


def test_sunglasses_are_for_the_eyelids_only() -> None:
    face, lid = make_aftercare(), make_aftercare(area=Area.LOWER_EYELID)
    assert not face.restrictions.filter(rule="RX-SUNGLASSES").exists()
    assert lid.restrictions.filter(rule="RX-SUNGLASSES").exists()


def test_messages_are_owed_on_the_days_of_the_knowledge_and_no_others() -> None:
    plan = make_aftercare()
    rows = days_of(plan)
    assert set(rows) == EVERYBODY_IS_TOLD
    for day, row in rows.items():
        assert row.due_at - plan.session_ended_at == (day * A_DAY or timedelta(hours=2.5))
        assert row.not_after > row.due_at
        assert row.link is not None
    assert not Message.objects.filter(message__startswith="RP-V").exists()


def test_the_patients_page_is_sent_before_the_patient_has_left() -> None:
    plan = make_aftercare()
    first = Message.objects.get(message=follow_up.AT_ONCE)
    assert first.due_at == plan.session_ended_at
    assert first.link is not None


def test_beginning_twice_begins_once() -> None:
    plan = make_aftercare()
    again = follow_up.begin(plan.session, at=plan.session_ended_at + AN_HOUR)
    assert again.pk == plan.pk
    owed = Message.objects.filter(state=MessageState.OWED)
    assert len(days_of(plan)) == owed.exclude(message=follow_up.AT_ONCE).count()
    assert AuditEntry.objects.filter(action="aftercare.begun").count() == 1


def test_a_session_that_is_not_over_begins_nothing() -> None:
    with pytest.raises(follow_up.NotCompleted):
        follow_up.begin(book_session(), at=NOW)


def test_the_reminders_of_a_session_end_with_it() -> None:
    session = book_session(start=SUN_TIME + 5 * A_DAY)
    carry_out(session, ended_at=SUN_TIME)  # it was done earlier than planned
    before = Message.objects.filter(message__in=["RP-DM3", "RP-DM1"])
    assert {(row.state, row.reason) for row in before} == {
        (MessageState.CANCELLED, "session-completed")
    }


def test_a_lost_signal_is_caught_up_once() -> None:
    session = carry_out(book_session(start=SUN_TIME), ended_at=SUN_TIME + AN_HOUR, told=False)
    assert not AftercarePlan.objects.exists()
    assert follow_up.catch_up(at=SUN_TIME) == 0
    later = SUN_TIME + 3 * A_DAY
    assert follow_up.catch_up(at=later) == 1
    assert follow_up.catch_up(at=later) == 0
    plan = AftercarePlan.objects.get(session=session)
    assert set(days_of(plan)) == {3, 4, 5, 6, 7, 10, 14}  # what is too late is not said


def test_one_session_that_cannot_begin_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = (SUN_TIME, SUN_TIME + AN_HOUR)
    bad, good = (carry_out(book_session(start=end), ended_at=end, told=False) for end in ends)
    begin = follow_up.begin

    def begin_the_others(session: Session, *, at: datetime) -> AftercarePlan:
        if session == bad:
            raise LookupError
        return begin(session, at=at)

    monkeypatch.setattr(follow_up, "begin", begin_the_others)
    with pytest.raises(ExceptionGroup):
        follow_up.catch_up(at=SUN_TIME + A_DAY)
    assert AftercarePlan.objects.get().session == good


def test_the_task_catches_up_by_the_clock() -> None:
    carry_out(book_session(start=SUN_TIME), ended_at=SUN_TIME + AN_HOUR, told=False)
    tasks.catch_up()
    assert AftercarePlan.objects.exists()


def test_a_new_session_inside_two_weeks_ends_the_messages_of_the_one_before(
    provider: Provider,
) -> None:
    course = make_course()
    first = make_aftercare(course, ended_at=SUN_TIME)
    outbox.deliver_due(clock=lambda: SUN_TIME + 2 * A_DAY)
    second = make_aftercare(course, ended_at=SUN_TIME + 7 * A_DAY)
    old = Message.objects.filter(
        subject=f"session:{first.session.uuid}", message__startswith="RP-D"
    )
    assert not old.filter(state=MessageState.OWED).exists()
    assert old.filter(reason="new-session").exists()
    new = Message.objects.filter(subject=f"session:{second.session.uuid}")
    owed = new.filter(state=MessageState.OWED)
    assert owed.exclude(message=follow_up.AT_ONCE).count() == len(EVERYBODY_IS_TOLD)


def test_found_late_an_older_session_brings_bans_and_no_messages() -> None:
    course = make_course()
    lost = book_session(course, start=SUN_TIME, at=SUN_TIME - 5 * AN_HOUR)
    carry_out(lost, ended_at=SUN_TIME + AN_HOUR, told=False)
    make_aftercare(course, ended_at=SUN_TIME + 7 * A_DAY)
    follow_up.catch_up(at=SUN_TIME + 7 * A_DAY)
    plan = AftercarePlan.objects.get(session=lost)
    assert plan.restrictions.exists()
    assert not Message.objects.filter(
        subject=f"session:{lost.uuid}", state=MessageState.OWED
    ).exists()


def test_on_the_eve_of_the_next_session_its_reminder_is_sent_instead() -> None:
    course = make_course()
    plan = make_aftercare(course, ended_at=SUN_TIME)
    assert 6 in days_of(plan)
    book_session(course, start=SUN_TIME + 7 * A_DAY, at=SUN_TIME + AN_HOUR)
    assert days_of(plan)[6].state == MessageState.CANCELLED


def test_booked_before_the_eve_is_not_owed_at_all() -> None:
    course = make_course()
    book_session(course, start=SUN_TIME + 7 * A_DAY)
    plan = make_aftercare(course, ended_at=SUN_TIME)
    assert set(days_of(plan)) == EVERYBODY_IS_TOLD - {6}


def test_hours_are_real_hours_when_the_clocks_change() -> None:
    zone = ZoneInfo("Europe/Kyiv")
    ended_at = datetime(2026, 3, 28, 18, tzinfo=zone)  # the night before they are put forward
    plan = make_aftercare(ended_at=ended_at)
    wash = Restriction.objects.get(plan=plan, rule="RX-WASH")
    assert wash.until.astimezone(zone) == datetime(2026, 3, 29, 19, tzinfo=zone)
    assert wash.until - plan.session_ended_at == 24 * AN_HOUR


def test_whoever_allows_no_message_is_called_once_for_the_whole_session(
    provider: Provider,
) -> None:
    patient = make_patient(email_allowed=False)
    plan = make_aftercare(make_course(patient))
    for day in range(8):
        outbox.deliver_due(clock=lambda at=plan.session_ended_at + day * A_DAY + 3 * AN_HOUR: at)  # type: ignore[misc]
    assert provider.letters == []
    calls = Task.objects.filter(kind=TaskKind.CALL_PATIENT, patient_uuid=patient.uuid)
    assert calls.count() == 1
