"""The ledger: every message with its story, trouble first, and what staff decide."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.messaging import channels, ledger, links, outbox
from clinic.messaging.models import Message, MessageState
from clinic.record.models import AuditEntry, Task
from clinic.staff.roles import Role
from tests.factories.messaging import Provider, make_link, owe
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LIST = "/messages/"


def sign_in(client: Client, role: Role) -> None:
    client.force_login(make_staff(role))


def troubled(provider: Provider, error: Exception, **changes: object) -> Message:
    message = owe(**changes)
    provider.answers = [error]
    outbox.deliver_due(clock=lambda: NOW)
    message.refresh_from_db()
    return message


def act(client: Client, message: Message, name: str) -> int:
    return client.post(reverse(f"messaging:message-{name}", args=[message.uuid])).status_code


@pytest.mark.parametrize("role", list(Role))
def test_every_role_sees_the_ledger(client: Client, role: Role) -> None:
    message = owe()
    sign_in(client, role)
    assert client.get(LIST).status_code == 200
    detail = client.get(reverse("messaging:message-detail", args=[message.uuid]))
    assert detail.status_code == 200


def test_nobody_sees_it_without_signing_in(client: Client) -> None:
    assert client.get(LIST).status_code == 302


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_does_not_work_with_patients_sends_nothing_again(
    client: Client, provider: Provider, role: Role
) -> None:
    message = troubled(provider, channels.Refused("refused-550"))
    sign_in(client, role)
    assert act(client, message, "send-again") == 403
    assert act(client, message, "mark-delivered") == 403
    assert (
        "Send again"
        not in client.get(reverse("messaging:message-detail", args=[message.uuid])).content.decode()
    )


def test_trouble_comes_first(client: Client, provider: Provider) -> None:
    bad = troubled(provider, channels.Refused("refused-550"), message="consent-copy", values={})
    failed = troubled(provider, channels.Refused("refused-550"))
    owe(due_at=NOW + timedelta(hours=5))
    sign_in(client, Role.RECEPTION)
    sent = owe()
    ledger_page = client.get(LIST).context
    assert set(ledger_page["first"]) == {bad, failed}
    assert sent in ledger_page["page"].object_list
    assert not {bad, failed} & set(ledger_page["page"].object_list)


def test_the_list_is_filtered_by_state_and_day(client: Client, provider: Provider) -> None:
    failed = troubled(provider, channels.Refused("refused-550"))
    owed = owe(due_at=NOW + timedelta(days=1), not_after=NOW + timedelta(days=2))
    sign_in(client, Role.RECEPTION)

    def shown(**wanted: str) -> list[Message]:
        return list(client.get(LIST, wanted).context["page"].object_list)

    assert shown(state="troubled") == [failed]
    assert shown(state="owed") == [owed]
    assert shown(day="2026-03-05") == [owed]
    assert shown(state="failed") == [failed]
    assert shown(state="nonsense") == [owed]


def test_the_rows_alone_are_a_fragment(client: Client) -> None:
    owe()
    sign_in(client, Role.RECEPTION)
    fragment = client.get(LIST, headers={"HX-Request": "true"}).content.decode()
    assert "<table" in fragment
    assert "<html" not in fragment


def test_an_empty_ledger_says_when_there_will_be_messages(client: Client) -> None:
    sign_in(client, Role.RECEPTION)
    assert "messages are owed when sessions are booked" in client.get(LIST).content.decode()


def test_a_banner_says_when_nothing_goes_out(client: Client) -> None:
    now = timezone.now()
    sign_in(client, Role.RECEPTION)
    owe(due_at=now - timedelta(minutes=4), not_after=now)
    assert client.get(LIST).context["outbox"].late is None
    late = owe(due_at=now - timedelta(minutes=6), not_after=now)
    answer = client.get(LIST)
    assert answer.context["outbox"].late == late
    assert "Messages are not going out" in answer.content.decode()


def test_the_story_shows_attempts_and_words_without_the_patients_link(
    client: Client, provider: Provider
) -> None:
    link = make_link(subject="consent:1")
    message = owe(
        message="consent-link", link=link, recipient=link.recipient, values={"clinic_phone": "1"}
    )
    outbox.deliver_due(clock=lambda: NOW)
    sign_in(client, Role.RECEPTION)
    page = client.get(reverse("messaging:message-detail", args=[message.uuid])).content.decode()
    assert f"id-{message.uuid}" in page
    assert "A document is ready for you to read" in page
    assert links.token(link) in provider.letters[0].text
    assert links.token(link) not in page


def test_a_failed_message_is_sent_again_once_and_its_task_is_closed(
    client: Client, provider: Provider
) -> None:
    message = troubled(provider, channels.Refused("refused-550"))
    sign_in(client, Role.RECEPTION)
    assert Task.objects.open().count() == 1
    assert act(client, message, "send-again") == 302
    assert not Task.objects.open().exists()
    assert AuditEntry.objects.filter(action="message.sent-again").count() == 1
    assert act(client, message, "send-again") == 409
    outbox.deliver_due(clock=timezone.now)
    assert [letter.key for letter in provider.letters] == [message.uuid]
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED


def test_a_second_failure_asks_a_second_time(provider: Provider) -> None:
    message = troubled(provider, channels.Refused("refused-550"))
    ledger.send_again(message, at=NOW, by=make_staff())
    provider.answers = [channels.Refused("refused-550")]
    outbox.deliver_due(clock=lambda: NOW)
    assert Task.objects.open().count() == 1
    assert Task.objects.count() == 2


def test_an_uncertain_message_is_marked_delivered(client: Client, provider: Provider) -> None:
    message = troubled(provider, channels.Unclear("TimeoutError"))
    sign_in(client, Role.COSMETOLOGIST)
    assert act(client, message, "mark-delivered") == 302
    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.DELIVERED, "by-staff")
    assert AuditEntry.objects.filter(action="message.marked-delivered").exists()
    assert not Task.objects.open().exists()


def test_a_message_whose_link_is_dead_is_not_sent_again(provider: Provider) -> None:
    link = make_link()
    message = troubled(
        provider, channels.Refused("refused-550"), link=link, recipient=link.recipient
    )
    links.revoke("session:1", at=NOW)
    with pytest.raises(ledger.LinkGone):
        ledger.send_again(message, at=NOW, by=make_staff())
