"""Owed in the business transaction, sent once, settled with its cause."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from hashlib import sha256

import pytest
from django.db import transaction

from clinic.messaging import channels, dispatch, ledger, links, outbox, wording
from clinic.messaging.leases import claim
from clinic.messaging.models import Channel, Message, MessageState, Suppression, Template
from clinic.record.models import Task, TaskKind
from tests.factories.messaging import Provider, make_link, make_recipient, owe
from tests.factories.staff import NOW, make_location

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def test_owing_the_same_twice_is_owing_it_once_whatever_the_new_time_is() -> None:
    recipient = make_recipient()
    first = owe(recipient=recipient)
    second = owe(recipient=recipient, due_at=NOW + HOUR)
    assert first.pk == second.pk
    assert Message.objects.get().due_at == NOW


def test_another_occasion_is_another_message(provider: Provider) -> None:
    recipient = make_recipient()
    owe(recipient=recipient)
    owe(recipient=recipient, occasion=1)
    outbox.deliver_due(clock=at(NOW))
    assert len(provider.letters) == 2


def test_what_is_due_is_sent_once_however_often_somebody_looks(provider: Provider) -> None:
    message = owe()
    owe(due_at=NOW + HOUR)
    for _ in range(3):
        outbox.deliver_due(clock=at(NOW))
    assert [letter.key for letter in provider.letters] == [message.uuid]
    assert state_of(message) == (MessageState.ACCEPTED, "")
    attempt = message.attempts.get()
    assert (attempt.outcome, attempt.provider_id) == ("accepted", f"id-{message.uuid}")
    assert (
        attempt.text_sha256
        == sha256(f"{provider.letters[0].title}\n{provider.letters[0].text}".encode()).hexdigest()
    )


def test_nobody_lives_twice_in_a_batch_and_the_limit_is_kept(provider: Provider) -> None:
    for _ in range(25):
        owe()
    assert outbox.deliver_due(clock=at(NOW), limit=12) == 12
    assert outbox.deliver_due(clock=at(NOW)) == 13
    assert len({letter.key for letter in provider.letters}) == 25


def test_a_message_after_its_window_expires(provider: Provider) -> None:
    message = owe(not_after=NOW + HOUR)
    outbox.deliver_due(clock=at(NOW + 2 * HOUR))
    assert state_of(message) == (MessageState.EXPIRED, "too-late")
    assert provider.letters == []
    assert not message.attempts.exists()


def test_quiet_hours_put_a_message_off_without_an_attempt(provider: Provider) -> None:
    place = make_location()  # quiet from 21:00 until 08:00
    night = NOW.replace(hour=21)  # 23:00 in Kyiv
    message = owe(location=place, due_at=night, not_after=night + 24 * HOUR)
    outbox.deliver_due(clock=at(night))
    assert state_of(message) == (MessageState.OWED, "quiet-hours")
    assert message.due_at == (NOW + timedelta(days=1)).replace(hour=6)
    assert not message.attempts.exists()
    outbox.deliver_due(clock=at(message.due_at))
    assert state_of(message)[0] == MessageState.ACCEPTED


def test_quiet_hours_that_swallow_the_window_ask_for_a_call(provider: Provider) -> None:
    night = NOW.replace(hour=21)
    patient = make_recipient().uuid
    message = owe(
        location=make_location(), due_at=night, not_after=night + 2 * HOUR, patient_uuid=patient
    )
    outbox.deliver_due(clock=at(night))
    assert state_of(message) == (MessageState.SKIPPED, "quiet-hours")
    assert Task.objects.get().kind == TaskKind.CALL_PATIENT


def test_quiet_hours_follow_the_clock_of_the_recipient(provider: Provider) -> None:
    place = make_location()
    awake = make_recipient(time_zone="America/New_York")
    message = owe(location=place, recipient=awake, due_at=NOW.replace(hour=19))  # 14:00 there
    outbox.deliver_due(clock=at(NOW.replace(hour=19)))
    assert state_of(message)[0] == MessageState.ACCEPTED


def test_who_does_not_allow_mail_gets_a_call(provider: Provider) -> None:
    recipient = make_recipient(email_allowed=False)
    message = owe(recipient=recipient, patient_uuid=recipient.uuid)
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.SKIPPED, "not-allowed")
    task = Task.objects.get()
    assert (task.kind, task.role, task.patient_uuid) == (
        TaskKind.CALL_PATIENT,
        "reception",
        recipient.uuid,
    )


def test_a_missing_address_gets_a_call(provider: Provider) -> None:
    recipient = make_recipient(email_allowed=False)
    message = owe(recipient=recipient, patient_uuid=recipient.uuid)
    recipient.email = ""
    recipient.save()
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.SKIPPED, "no-address")


def test_a_channel_the_clinic_does_not_have_gets_a_call(provider: Provider) -> None:
    message = owe(channel=Channel.SMS)
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.SKIPPED, "no-channel")


def test_an_address_that_opted_out_is_not_written_to_until_it_is_lifted(
    provider: Provider,
) -> None:
    recipient = make_recipient()
    stop = Suppression.objects.create(
        channel=Channel.EMAIL,
        address_sha256=sha256(recipient.email.encode()).hexdigest(),
        source="STOP",
        created_at=NOW,
    )
    message = owe(recipient=recipient)
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.SKIPPED, "opted-out")
    stop.lifted_at = NOW
    stop.save()
    owe(recipient=recipient, occasion=1)
    outbox.deliver_due(clock=at(NOW))
    assert len(provider.letters) == 1


def test_the_address_at_the_time_of_sending_counts(provider: Provider) -> None:
    recipient = make_recipient()
    owe(recipient=recipient)
    recipient.email = "moved@patients.example"
    recipient.save()
    outbox.deliver_due(clock=at(NOW))
    assert provider.letters[0].to == "moved@patients.example"


def test_a_message_whose_link_was_revoked_does_not_go_out(provider: Provider) -> None:
    link = make_link()
    message = owe(link=link, recipient=link.recipient)
    links.revoke("session:1", at=NOW)
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.CANCELLED, "link-dead")


def test_settling_cancels_what_is_owed_and_nothing_else(provider: Provider) -> None:
    kept, gone = owe(subject="session:2"), owe(subject="session:1")
    with transaction.atomic():
        assert outbox.settle("session:1", at=NOW, reason="cancelled") == 1
    outbox.deliver_due(clock=at(NOW))
    assert state_of(gone) == (MessageState.CANCELLED, "cancelled")
    assert state_of(kept)[0] == MessageState.ACCEPTED


def test_settling_can_name_the_messages() -> None:
    one, other = owe(message="staff-invite"), owe(message="reminder")
    outbox.settle("session:1", at=NOW, reason="moved", messages=["reminder"])
    assert state_of(one)[0] == MessageState.OWED
    assert state_of(other)[0] == MessageState.CANCELLED


def test_settled_between_lease_and_hand_over_it_stays_here(provider: Provider) -> None:
    message = owe()
    (leased,) = claim(Channel.EMAIL, 10, at=NOW)
    outbox.settle("session:1", at=NOW, reason="cancelled")
    dispatch.deliver([leased], Channel.EMAIL, clock=at(NOW))
    assert provider.letters == []
    assert state_of(message) == (MessageState.CANCELLED, "cancelled")


def test_settled_after_hand_over_it_is_on_record_as_sent_after_void(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()

    def settled_meanwhile(letter: channels.Letter) -> str:
        outbox.settle("session:1", at=NOW, reason="cancelled")
        return "taken"

    monkeypatch.setattr(provider, "send", settled_meanwhile)
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.ACCEPTED, "sent-after-void")


def test_settled_while_the_provider_is_busy_it_is_not_tried_again(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()

    def settled_meanwhile(letter: channels.Letter) -> str:
        outbox.settle("session:1", at=NOW, reason="cancelled")
        raise channels.Busy("busy-451")

    monkeypatch.setattr(provider, "send", settled_meanwhile)
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.CANCELLED, "void:cancelled")


def test_a_busy_provider_is_tried_again_after_one_five_fifteen_and_sixty_minutes(
    provider: Provider,
) -> None:
    message = owe()
    provider.answers = [channels.Busy("busy-451")] * 5
    now, waits = NOW, []
    for _ in range(5):
        outbox.deliver_due(clock=at(now))
        message.refresh_from_db()
        waits.append((message.due_at - now) // timedelta(minutes=1))
        now = message.due_at
    assert waits == [1, 5, 15, 60, 60]
    outbox.deliver_due(clock=at(now))
    assert state_of(message)[0] == MessageState.ACCEPTED
    assert message.attempts.count() == 6


def test_a_provider_that_stays_busy_past_the_window_makes_a_task(provider: Provider) -> None:
    message = owe(not_after=NOW + timedelta(seconds=30))
    provider.answers = [channels.Busy("busy-451")]
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.FAILED, "busy-451")
    assert Task.objects.get().kind == TaskKind.MESSAGE_FAILED


def test_a_refusal_for_ever_makes_a_task(provider: Provider) -> None:
    message = owe()
    provider.answers = [channels.Refused("refused-550")]
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.FAILED, "refused-550")
    assert Task.objects.get().facts == {"message": "staff-invite", "reason": "refused-550"}


def test_an_answer_that_never_came_makes_a_task_and_no_second_mail(provider: Provider) -> None:
    message = owe()
    provider.answers = [channels.Unclear("TimeoutError")]
    outbox.deliver_due(clock=at(NOW))
    outbox.deliver_due(clock=at(NOW + HOUR))
    assert state_of(message) == (MessageState.UNCERTAIN, "TimeoutError")
    assert Task.objects.get().kind == TaskKind.MESSAGE_UNCERTAIN
    assert provider.letters == []


def test_where_nobody_listens_the_rest_is_left_alone(provider: Provider) -> None:
    rows = [owe() for _ in range(3)]
    provider.answers = [channels.Unreachable("ConnectionRefusedError")]
    assert outbox.deliver_due(clock=at(NOW)) == 1
    assert {state_of(row)[0] for row in rows} == {MessageState.OWED}
    assert sum(row.attempts.count() for row in rows) == 1
    outbox.deliver_due(clock=at(NOW + HOUR))
    assert len(provider.letters) == 3


def test_words_with_a_gap_are_not_sent(provider: Provider) -> None:
    message = owe(values={})
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.FAILED, "missing-value")
    assert Task.objects.get().kind == TaskKind.MESSAGE_FAILED
    assert provider.letters == []


def test_a_message_that_breaks_the_sender_is_a_task_and_the_others_go_out(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, good = owe(message="broken"), owe()
    compose = wording.compose

    def composed(message: Message, *, link: str, book: wording.Book) -> wording.Wording:
        if message.message == "broken":
            raise ZeroDivisionError
        return compose(message, link=link, book=book)

    monkeypatch.setattr(wording, "compose", composed)
    outbox.deliver_due(clock=at(NOW))
    assert state_of(broken) == (MessageState.FAILED, "ZeroDivisionError")
    assert state_of(good)[0] == MessageState.ACCEPTED
    assert Task.objects.get().subject_uuid == broken.uuid


def test_a_provider_that_breaks_after_the_hand_over_leaves_it_uncertain(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    provider.answers = [ZeroDivisionError()]
    outbox.deliver_due(clock=at(NOW))
    assert state_of(message) == (MessageState.UNCERTAIN, "ZeroDivisionError")


def test_the_clinics_own_words_win_and_the_newest_of_them(provider: Provider) -> None:
    for version, text in [(1, "Old"), (2, "Welcome: {url}")]:
        Template.objects.create(
            message="staff-invite",
            language="en",
            channel=Channel.EMAIL,
            version=version,
            text=text,
            created_at=NOW,
        )
    owe()
    outbox.deliver_due(clock=at(NOW))
    assert provider.letters[0].text == "Welcome: https://clinic.example/welcome/"


def test_a_broker_that_is_away_never_fails_the_business(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    def down(*_: object, **__: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("clinic.messaging.outbox.current_app.send_task", down)
    with django_capture_on_commit_callbacks(execute=True) as rings:  # type: ignore[operator]
        owe()
    assert len(rings) == 1


def test_the_same_hour_twice_means_no_quiet_hours(provider: Provider) -> None:
    place = make_location(quiet=False)
    assert place.quiet_from == place.quiet_until == time(0, 0)
    message = owe(location=place, due_at=NOW.replace(hour=1))
    outbox.deliver_due(clock=at(NOW.replace(hour=1)))
    assert state_of(message)[0] == MessageState.ACCEPTED


def test_a_lost_lease_writes_nothing(provider: Provider) -> None:
    message = owe()
    (slow,) = claim(Channel.EMAIL, 10, at=NOW)
    later = NOW + outbox.LEASE
    dispatch.reclaim(at=later)
    (quick,) = claim(Channel.EMAIL, 10, at=later)
    dispatch.deliver([slow], Channel.EMAIL, clock=at(later))
    assert provider.letters == []
    dispatch.deliver([quick], Channel.EMAIL, clock=at(later))
    assert len(provider.letters) == 1
    assert ledger.held([slow]) == []
    assert state_of(message)[0] == MessageState.ACCEPTED
