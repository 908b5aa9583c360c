"""Whoever wants no more gets no more; what providers report moves forwards only."""

import json
from email.message import Message as Mail

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from clinic.messaging import channels, outbox, receipts, stopping
from clinic.messaging.channels import sms, webhook
from clinic.messaging.models import (
    Channel,
    ChannelConsent,
    Message,
    MessageState,
    Source,
    Suppression,
)
from clinic.record.models import Task
from tests.factories.messaging import Provider, make_recipient, owe
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
SECRET = "a secret of the tests"


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.SMS_SECRET = SECRET


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def handed(provider: Provider, **changes: object) -> Message:
    message = owe(**changes)
    outbox.deliver_due(clock=lambda: NOW)
    message.refresh_from_db()
    return message


def path_of(url: str) -> str:
    return url.partition("localhost:8000")[2]


def test_a_mail_to_a_patient_can_be_stopped_with_one_press(
    client: Client, provider: Provider
) -> None:
    recipient = make_recipient()
    handed(provider, recipient=recipient, patient_uuid=recipient.uuid)
    url = provider.letters[0].unsubscribe
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path_of(url), {"List-Unsubscribe": "One-Click"}).status_code == 200
    after = owe(recipient=recipient, patient_uuid=recipient.uuid, occasion=1)
    outbox.deliver_due(clock=lambda: NOW)
    assert state_of(after) == (MessageState.SKIPPED, "opted-out")
    evidence = ChannelConsent.objects.get()
    assert (evidence.allowed, evidence.source) == (False, Source.UNSUBSCRIBED)


def test_looking_at_the_page_stops_nothing_and_a_wrong_key_tells_nothing(
    client: Client,
) -> None:
    url = path_of(stopping.url(make_recipient()))
    assert client.get(url).status_code == 200
    assert not Suppression.objects.exists()
    assert client.post(reverse("messaging:mail-stop", args=["A" * 64])).status_code == 404


def test_a_mail_to_a_colleague_has_no_such_press(provider: Provider) -> None:
    handed(provider)
    assert provider.letters[0].unsubscribe == ""


def test_the_mail_says_it_in_the_headers_that_mail_programs_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[Mail] = []
    monkeypatch.setattr(
        "django.core.mail.backends.locmem.EmailBackend.send_messages",
        lambda _self, mails: sent.extend(one.message() for one in mails),
    )
    recipient = make_recipient()
    owe(recipient=recipient, patient_uuid=recipient.uuid)
    outbox.deliver_due(clock=lambda: NOW)
    (mail,) = sent
    assert mail["List-Unsubscribe"] == f"<{stopping.url(recipient)}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_stop_and_start_by_sms(client: Client) -> None:
    recipient = make_recipient()
    for word, active in (("Stop.", True), ("START", False)):
        told = {"From": recipient.phone, "Body": word}
        signed = sms.signature(SECRET, "http://localhost:8000/hooks/sms/", told)
        answer = client.post("/hooks/sms/", told, headers={"X-Twilio-Signature": signed})
        assert answer.status_code == 204
        stopped = Suppression.objects.in_force().of(Channel.SMS, recipient.phone)
        assert stopped.exists() is active
    assert list(ChannelConsent.objects.order_by("pk").values_list("allowed", flat=True)) == [
        False,
        True,
    ]


def test_a_forged_report_changes_nothing(client: Client, provider: Provider) -> None:
    message = handed(provider)
    body = json.dumps({"key": str(message.uuid), "status": "delivered"}).encode()
    for signed in ("", "sha256=" + "0" * 64, webhook.signature("another", body)):
        headers = {webhook.SIGNATURE: signed}
        answer = client.post("/hooks/gateway/", body, "application/json", headers=headers)
        assert answer.status_code == 403
    assert state_of(message)[0] == MessageState.ACCEPTED


def test_a_true_report_counts_once_and_never_backwards(client: Client, provider: Provider) -> None:
    message = handed(provider)
    for status in ("delivered", "delivered", "failed", "sent"):
        body = json.dumps({"key": str(message.uuid), "status": status}).encode()
        headers = {webhook.SIGNATURE: webhook.signature(SECRET, body)}
        answer = client.post("/hooks/gateway/", body, "application/json", headers=headers)
        assert answer.status_code == 204
        assert state_of(message)[0] == MessageState.DELIVERED
    assert not Task.objects.exists()


def test_an_unclear_message_that_arrived_is_nobodys_task_any_more(provider: Provider) -> None:
    provider.answers = [channels.Unclear("TimeoutError")]
    message = handed(provider)
    assert Task.objects.open().count() == 1
    assert receipts.report(message.uuid, "delivered", at=NOW)
    assert state_of(message)[0] == MessageState.DELIVERED
    assert not Task.objects.open().exists()


def test_a_message_that_came_back_is_a_task(provider: Provider) -> None:
    message = handed(provider)
    assert receipts.report(message.uuid, "undelivered", at=NOW)
    assert state_of(message) == (MessageState.FAILED, "undelivered")
    assert Task.objects.open().count() == 1
