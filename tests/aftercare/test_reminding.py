"""Messages before a session: owed with the booking, once per occasion, settled with it."""

from datetime import datetime

import pytest
from django.db import transaction

from aftercare import reminding
from clinic.messaging import links, outbox
from clinic.messaging.models import Message, MessageState, PatientLink
from procedures import booking
from procedures.models import Session
from tests.factories.aftercare import A_DAY, AN_HOUR, SUN_TIME, book_session
from tests.factories.messaging import Provider
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
START = SUN_TIME + 5 * A_DAY


def move(session: Session, start: datetime, *, at: datetime) -> None:
    appointment = session.appointment
    appointment.refresh_from_db()
    booking.move(
        appointment,
        start=start,
        room=appointment.room,
        practitioner=appointment.practitioner,
        version=appointment.version,
        at=at,
        by=appointment.practitioner,
    )


def test_a_booked_session_owes_a_message_three_days_and_one_day_before() -> None:
    session = book_session(start=START)
    rows = Message.objects.filter(patient_uuid=session.patient.uuid).order_by("due_at")
    assert [(row.message, START - row.due_at) for row in rows] == [
        ("RP-DM3", 3 * A_DAY),
        ("RP-DM1", A_DAY),
    ]
    assert rows[0].not_after == rows[1].due_at
    assert {row.link for row in rows} == {PatientLink.objects.get()}
    assert {row.location for row in rows} == {session.appointment.room.location}


def test_booked_for_tomorrow_only_the_last_message_is_owed_and_at_once() -> None:
    book_session(start=NOW + 20 * AN_HOUR)
    row = Message.objects.get()
    assert (row.message, row.due_at) == ("RP-DM1", NOW)


def test_booked_for_now_nothing_is_owed() -> None:
    book_session(start=NOW + AN_HOUR)
    assert not Message.objects.exists()


def test_hearing_of_it_twice_owes_it_once() -> None:
    session = book_session(start=START)
    reminding.remind(session, at=NOW)
    assert Message.objects.count() == 2
    assert PatientLink.objects.count() == 1


def test_moved_twice_the_patient_is_reminded_once_of_each_time(provider: Provider) -> None:
    session = book_session(start=START)
    for number in (1, 2, 3):
        sent_at = START + 7 * (number - 1) * A_DAY - 20 * AN_HOUR
        for _ in range(3):
            outbox.deliver_due(clock=lambda at=sent_at: at)  # type: ignore[misc]
        if number < 3:  # each time after the reminder went out
            move(session, START + 7 * number * A_DAY, at=sent_at + AN_HOUR)
    rows = Message.objects.filter(message="RP-DM1").order_by("occasion")
    assert [(row.occasion, row.state) for row in rows] == [
        (0, MessageState.ACCEPTED),
        (1, MessageState.ACCEPTED),
        (2, MessageState.ACCEPTED),
    ]
    assert len(provider.letters) == 3


def test_moved_after_the_reminder_went_out_it_goes_out_again_once(provider: Provider) -> None:
    session = book_session(start=START)
    outbox.deliver_due(clock=lambda: START - 23 * AN_HOUR)
    sent = len(provider.letters)
    move(session, START + A_DAY, at=START - 22 * AN_HOUR)
    for hours in range(-25, 1):
        outbox.deliver_due(clock=lambda at=START + A_DAY + hours * AN_HOUR: at)  # type: ignore[misc]
    rows = Message.objects.filter(message="RP-DM1").order_by("occasion")
    assert [row.state for row in rows] == [MessageState.ACCEPTED, MessageState.ACCEPTED]
    assert len(provider.letters) - sent == 2  # it is two days ahead again, then one
    assert len({letter.key for letter in provider.letters}) == len(provider.letters)


def test_moved_before_anything_went_out_the_old_messages_never_do(provider: Provider) -> None:
    session = book_session(start=START)
    move(session, START + 2 * A_DAY, at=NOW)
    old = Message.objects.filter(occasion=0)
    assert {(row.state, row.reason) for row in old} == {(MessageState.CANCELLED, "session-moved")}
    new = Message.objects.filter(occasion=1).order_by("due_at")
    assert [row.due_at for row in new] == [START - A_DAY, START + A_DAY]
    with pytest.raises(links.LinkRevoked):
        links.open(links.token(PatientLink.objects.order_by("pk")[0]), at=NOW)


def test_cancelled_nothing_is_sent_and_nothing_opens(provider: Provider) -> None:
    session = book_session(start=START)
    booking.cancel(session.appointment, "Patient is away", at=NOW, by=session.appointment.booked_by)
    outbox.deliver_due(clock=lambda: START - A_DAY)
    assert {row.state for row in Message.objects.all()} == {MessageState.CANCELLED}
    assert provider.letters == []
    assert not PatientLink.objects.alive(at=NOW).exists()


def test_a_booking_that_is_rolled_back_owes_nothing() -> None:
    def booked_and_failed() -> None:
        with transaction.atomic():
            book_session(start=START)
            raise LookupError

    with pytest.raises(LookupError):
        booked_and_failed()
    assert not Message.objects.exists()


def test_a_failing_listener_fails_the_booking(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("clinic.messaging.outbox.owe", broken)
    with pytest.raises(RuntimeError):
        book_session(start=START)
    assert not Session.objects.exists()


def test_the_reminder_says_day_and_hour_on_the_clock_of_the_clinic(provider: Provider) -> None:
    book_session(start=START)
    outbox.deliver_due(clock=lambda: START - 2 * A_DAY - AN_HOUR)
    assert "Monday, 9 March at 13:00" in provider.letters[0].text
