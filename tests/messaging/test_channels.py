"""Providers over HTTP on loopback, and a gateway that misbehaves on purpose."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from clinic.messaging import channels, outbox
from clinic.messaging.channels import Telegram, Twilio, Webhook, http, webhook
from clinic.messaging.models import Channel, Gateway, Message, MessageState, Recipient
from clinic.record.models import Task
from tests.factories.messaging import Provider, make_recipient, owe
from tests.factories.staff import NOW
from tests.messaging.chaos import gateway as bad
from tests.messaging.chaos.gateway import open_gateway

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[bad.Gateway]:
    """It stands behind SMS, and knows keys; nobody waits long for it."""
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.3))
    http._client.cache_clear()
    with open_gateway() as opened:
        adapter = Webhook(url=opened.url, secret="a secret of the tests")
        monkeypatch.setattr(channels, "ADAPTERS", {Channel.SMS: adapter})
        yield opened
    http._client.cache_clear()


def reachable() -> Recipient:
    recipient = make_recipient()
    recipient.sms_allowed_at = recipient.telegram_allowed_at = NOW
    recipient.telegram_chat = "chat-1"
    recipient.save()
    return recipient


def send(channel: Channel = Channel.SMS, *, recipient: Recipient | None = None) -> Message:
    message = owe(channel=channel, recipient=recipient or reachable())
    outbox.deliver_due(clock=lambda: NOW)
    message.refresh_from_db()
    return message


def test_a_gateway_gets_a_signed_message_under_a_key_that_stays(gateway: bad.Gateway) -> None:
    message = send()
    (request,) = gateway.requests
    assert request.headers["idempotency-key"] == str(message.uuid)
    signed = webhook.signature("a secret of the tests", request.body)
    assert request.headers[webhook.SIGNATURE.lower()] == signed
    assert message.state == MessageState.ACCEPTED
    assert message.attempts.get().provider_id == "taken"


@pytest.mark.parametrize("mood", [bad.RESET, bad.SILENT, 502, 500])
def test_who_knows_keys_gets_the_same_key_again_and_counts_it_once(
    mood: int | str, gateway: bad.Gateway
) -> None:
    moods = iter([mood])
    gateway.decide = lambda _request: next(moods, 200)
    message = send()
    assert message.state == MessageState.OWED
    outbox.deliver_due(clock=lambda: NOW + timedelta(minutes=2))
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED
    assert list(gateway.effects.values()) == [1]


@pytest.mark.parametrize("mood", [bad.RESET, bad.SILENT, 504])
def test_who_knows_no_keys_is_asked_once(
    mood: int | str, gateway: bad.Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram = Telegram(url=gateway.url, token="x")
    monkeypatch.setattr(channels, "ADAPTERS", {Channel.TELEGRAM: telegram})
    gateway.decide = lambda _request: mood
    message = send(Channel.TELEGRAM)
    outbox.deliver_due(clock=lambda: NOW + timedelta(hours=1))
    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN
    assert len(gateway.requests) == 1
    assert Task.objects.count() == 1


def test_a_gateway_that_asks_for_a_pause_gets_it_for_everybody(gateway: bad.Gateway) -> None:
    gateway.decide, gateway.headers = (lambda _request: 429), {"Retry-After": "90"}
    first, second = send(), send()
    assert len(gateway.requests) == 1
    assert Gateway.objects.get().paused_until == NOW + timedelta(seconds=90)
    gateway.decide = lambda _request: 200
    outbox.deliver_due(clock=lambda: NOW + timedelta(seconds=91))
    assert {row.state for row in Message.objects.all()} == {MessageState.ACCEPTED}
    assert first.pk != second.pk


def test_a_number_that_is_wrong_for_good_falls_back_to_another_channel_once(
    gateway: bad.Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = Provider()
    monkeypatch.setitem(channels.ADAPTERS, Channel.EMAIL, mail)
    gateway.decide = lambda _request: 400
    message = send()
    outbox.deliver_due(clock=lambda: NOW)
    assert (message.state, message.reason) == (MessageState.FAILED, "refused-400")
    assert message.fallback.channel == Channel.EMAIL
    assert len(mail.letters) == 1
    assert not Task.objects.exists()


def test_where_the_second_channel_fails_too_a_person_looks(
    gateway: bad.Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(channels.ADAPTERS, Channel.EMAIL, Provider(channels.Refused("refused-550")))
    gateway.decide = lambda _request: 400
    send()
    outbox.deliver_due(clock=lambda: NOW)
    assert Message.objects.count() == 2
    assert Task.objects.count() == 1


def test_a_number_that_answered_stop_gets_no_sms(
    gateway: bad.Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio = Twilio(url=gateway.url, account="AC1", token="x", sender="+380441234567")
    monkeypatch.setattr(channels, "ADAPTERS", {Channel.SMS: twilio})
    gateway.decide, gateway.answer = (lambda _request: 400), {"code": 21610}
    message = send()
    assert (message.state, message.reason) == (MessageState.SKIPPED, "opted-out")


def test_a_pace_is_kept_by_all_workers_together(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Provider()
    slow.per_second = 5
    monkeypatch.setattr(channels, "ADAPTERS", {Channel.EMAIL: slow})
    for _ in range(12):
        owe()
    seen = []
    for seconds in (0, 0, 1, 2):
        outbox.deliver_due(clock=lambda at=NOW + timedelta(seconds=seconds): at)  # type: ignore[misc]
        seen.append(len(slow.letters))
    assert seen == [5, 5, 10, 12]
