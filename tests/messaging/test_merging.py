"""Several messages due to one person on one channel arrive as one, each with its own story."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from clinic.messaging import channels, outbox, receipts
from clinic.messaging.models import Channel, Message, MessageState, Recipient, Template
from tests.factories.messaging import Provider, make_recipient, owe
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PATIENT = uuid4()


@pytest.fixture
def somebody() -> Recipient:
    for name in ("first", "second", "third"):
        Template.objects.create(
            message=name, language="en", channel="email", version=1, text=name, created_at=NOW
        )
    return make_recipient()


def due(name: str, somebody: Recipient, **changes: object) -> Message:
    told: dict[str, object] = {"message": name, "recipient": somebody, "patient_uuid": PATIENT}
    return owe(**told | {"values": {}} | changes)


def deliver(at: datetime = NOW) -> None:
    outbox.deliver_due(clock=lambda: at)


def stories(*rows: Message) -> list[tuple[str, str]]:
    for row in rows:
        row.refresh_from_db()
    return [(row.state, row.reason) for row in rows]


def test_what_is_due_together_goes_out_in_one_text(somebody: Recipient, provider: Provider) -> None:
    rows = [due(name, somebody) for name in ("first", "second", "third")]
    deliver()
    assert [letter.text for letter in provider.letters] == ["first\n\nsecond\n\nthird"]
    assert stories(*rows) == [(MessageState.ACCEPTED, "")] * 3
    assert [row.carried_by for row in rows] == [None, rows[0], rows[0]]
    assert len({row.attempts.get().text_sha256 for row in rows}) == 1
    assert {row.attempts.get().provider_id for row in rows} == {f"id-{rows[0].uuid}"}


def test_what_they_say_alike_is_said_once(somebody: Recipient, provider: Provider) -> None:
    due("first", somebody, subject="a")
    due("first", somebody, subject="b")
    deliver()
    assert [letter.text for letter in provider.letters] == ["first"]


def test_all_at_once_or_one_by_one_is_the_same(somebody: Recipient, provider: Provider) -> None:
    provider.at_once, provider.idempotent = 50, True
    for name in ("first", "second"):
        due(name, somebody)
    due("third", make_recipient())
    deliver()
    assert sorted(letter.text for letter in provider.letters) == ["first\n\nsecond", "third"]


@pytest.mark.parametrize(
    "other",
    [
        {"patient_uuid": uuid4()},
        {"patient_uuid": None},
        {"due_at": NOW + HOUR, "not_after": NOW + 2 * HOUR},
    ],
)
def test_another_patient_or_another_hour_is_another_message(
    somebody: Recipient, provider: Provider, other: dict[str, object]
) -> None:
    due("first", somebody)
    due("second", somebody, **other)
    deliver()
    deliver(NOW + HOUR)
    assert [letter.text for letter in provider.letters] == ["first", "second"]


def test_no_message_carries_more_than_a_person_reads(
    somebody: Recipient, provider: Provider
) -> None:
    for number in range(8):
        due("first" if number % 2 else "second", somebody, subject=f"session:{number}")
    deliver()
    assert len(provider.letters) == 2


def test_one_that_is_not_wanted_holds_nobody_back(somebody: Recipient, provider: Provider) -> None:
    first, second = due("first", somebody, not_after=NOW + HOUR), due("second", somebody)
    deliver(NOW + 2 * HOUR)
    assert [letter.text for letter in provider.letters] == ["second"]
    assert stories(first, second) == [
        (MessageState.EXPIRED, "too-late"),
        (MessageState.ACCEPTED, ""),
    ]
    assert second.carried_by is None


def test_one_with_a_gap_stays_here_alone(somebody: Recipient, provider: Provider) -> None:
    first, gap = due("first", somebody), due("staff-invite", somebody)
    deliver()
    assert [letter.text for letter in provider.letters] == ["first"]
    assert stories(first, gap)[1] == (MessageState.FAILED, "missing-value")


def test_a_busy_provider_gets_each_later_once(somebody: Recipient, provider: Provider) -> None:
    rows = [due("first", somebody), due("second", somebody)]
    provider.answers = [channels.Busy("busy-451")]
    deliver()
    stories(*rows)
    assert [row.carried_by for row in rows] == [None, None]
    deliver(NOW + HOUR)
    assert sorted("\n".join(one.text for one in provider.letters).split()) == ["first", "second"]


def test_an_answer_that_never_came_leaves_all_of_them_uncertain(
    somebody: Recipient, provider: Provider
) -> None:
    rows = [due("first", somebody), due("second", somebody)]
    provider.answers = [channels.Unclear("TimeoutError")]
    deliver()
    deliver(NOW + HOUR)
    assert stories(*rows) == [(MessageState.UNCERTAIN, "TimeoutError")] * 2
    assert provider.letters == []


def test_in_doubt_the_same_text_goes_out_under_the_same_key(
    somebody: Recipient, provider: Provider
) -> None:
    """A third that has become due meanwhile is no part of what the key stands for."""
    provider.idempotent = True
    rows = [due("first", somebody), due("second", somebody)]
    provider.answers = [channels.Unclear("TimeoutError")]
    deliver()
    third = due("third", somebody)
    deliver(NOW + HOUR)
    told = {letter.key: letter.text for letter in provider.letters}
    assert told == {rows[0].uuid: "first\n\nsecond", third.uuid: "third"}
    assert stories(*rows, third) == [(MessageState.ACCEPTED, "")] * 3


def test_in_doubt_and_its_carrier_gone_a_person_decides(
    somebody: Recipient, provider: Provider
) -> None:
    provider.idempotent = True
    first = due("first", somebody, subject="a", not_after=NOW + timedelta(minutes=2))
    second = due("second", somebody, subject="b")
    provider.answers = [channels.Unclear("TimeoutError")]
    deliver()
    deliver(NOW + HOUR)
    deliver(NOW + 2 * HOUR)
    assert stories(first, second)[0][0] == MessageState.EXPIRED
    assert stories(second) == [(MessageState.UNCERTAIN, "no-answer")]
    assert provider.letters == []


def test_a_report_of_the_provider_is_about_all_of_them(
    somebody: Recipient, provider: Provider
) -> None:
    rows = [due("first", somebody), due("second", somebody)]
    deliver()
    receipts.report(rows[0].uuid, "delivered", at=NOW)
    assert [state for state, _reason in stories(*rows)] == [MessageState.DELIVERED] * 2


def test_what_came_back_is_a_task_for_each(somebody: Recipient, provider: Provider) -> None:
    rows = [due("first", somebody), due("second", somebody)]
    deliver()
    receipts.report(rows[0].uuid, "bounced", at=NOW)
    assert [state for state, _reason in stories(*rows)] == [MessageState.FAILED] * 2
    assert Message.objects.filter(channel=Channel.EMAIL).troubled().count() == 2


def test_settled_while_it_goes_along_it_is_not_said(
    somebody: Recipient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = due("first", somebody, subject="a"), due("second", somebody, subject="b")
    outbox.settle("b", at=NOW, reason="cancelled")
    deliver()
    assert [letter.text for letter in provider.letters] == ["first"]
    assert stories(first, second)[1] == (MessageState.CANCELLED, "cancelled")
