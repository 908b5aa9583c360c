"""A worker killed at any step, two workers at once, real commits and a real mail server."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.message import Message as Mail
from socket import socket
from threading import Barrier, Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from clinic.messaging import channels, last_look, ledger, outbox, outcomes
from clinic.messaging.channels import Letter
from clinic.messaging.leases import claim
from clinic.messaging.models import Channel, Message, MessageState
from clinic.record.models import Task, TaskKind
from tests.factories.messaging import Provider, make_recipient, owe
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
really_committed = pytest.mark.django_db(transaction=True)
AFTER_LEASE = NOW + outbox.LEASE


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def killed(*_: object, **__: object) -> None:
    raise SystemExit


def killed_after(step: Callable[..., object]) -> Callable[..., object]:
    def run(*args: object, **kwargs: object) -> object:
        step(*args, **kwargs)
        raise SystemExit

    return run


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


@really_committed
def test_a_message_is_owed_only_inside_a_transaction_of_the_business() -> None:
    owed = outbox.Owed(
        subject="session:1",
        message="staff-invite",
        recipient=make_recipient(),
        due_at=NOW,
        not_after=NOW,
    )
    with pytest.raises(RuntimeError):
        outbox.owe(owed, at=NOW)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("step", "how"),
    [
        ("clinic.messaging.dispatch.deliver", killed),  # right after the lease
        ("clinic.messaging.ledger.held", killed),  # before it looks again
        ("clinic.messaging.wording.compose", killed),  # before it says so in the row
    ],
)
def test_killed_before_handing_over_somebody_else_sends_it(
    step: str, how: Callable[..., None], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    with monkeypatch.context() as patch:
        patch.setattr(step, how)
        with pytest.raises(SystemExit):
            outbox.deliver_due(clock=at(NOW))
    assert (state_of(message), provider.letters) == (MessageState.LEASED, [])
    outbox.deliver_due(clock=at(NOW + timedelta(minutes=1)))
    assert provider.letters == []  # somebody may still hold it
    outbox.deliver_due(clock=at(AFTER_LEASE))
    assert (state_of(message), len(provider.letters)) == (MessageState.ACCEPTED, 1)


def test_killed_between_saying_so_and_the_provider_nobody_knows(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    with monkeypatch.context() as patch:
        patch.setattr(last_look, "hand_over", killed_after(last_look.hand_over))
        with pytest.raises(SystemExit):
            outbox.deliver_due(clock=at(NOW))
    outbox.deliver_due(clock=at(AFTER_LEASE))
    assert (state_of(message), provider.letters) == (MessageState.UNCERTAIN, [])
    assert Task.objects.get().kind == TaskKind.MESSAGE_UNCERTAIN


@pytest.mark.parametrize("step", ["write", "_accept"])
def test_killed_after_the_provider_took_it_it_is_never_sent_twice(
    step: str, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    with monkeypatch.context() as patch:
        patch.setattr(f"clinic.messaging.outcomes.{step}", killed)
        with pytest.raises(SystemExit):
            outbox.deliver_due(clock=at(NOW))
    outbox.deliver_due(clock=at(AFTER_LEASE))
    outbox.deliver_due(clock=at(AFTER_LEASE + outbox.LEASE))
    assert (state_of(message), len(provider.letters)) == (MessageState.UNCERTAIN, 1)
    assert message.attempts.get().outcome == "no-answer"
    assert Task.objects.count() == 1


def test_a_provider_that_knows_keys_gets_the_same_key_again(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.idempotent = True
    owe()
    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "write", killed)
        with pytest.raises(SystemExit):
            outbox.deliver_due(clock=at(NOW))
    outbox.deliver_due(clock=at(AFTER_LEASE))
    assert len(provider.letters) == 2
    assert len({letter.key for letter in provider.letters}) == 1


@really_committed
def test_two_workers_at_once_share_the_work_and_send_nothing_twice(provider: Provider) -> None:
    for _ in range(60):
        owe()
    start = Barrier(2)

    def work() -> None:
        try:
            start.wait()
            outbox.deliver_due(clock=at(NOW))
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(provider.letters) == len({letter.key for letter in provider.letters}) == 60
    assert Message.objects.filter(state=MessageState.ACCEPTED, attempt=1).count() == 60


@really_committed
def test_a_row_that_somebody_locks_is_left_to_them() -> None:
    owe()
    taken: list[int] = []

    def work() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")  # whoever waits has lost
            taken.append(len(claim(Channel.EMAIL, 10, at=NOW)))
        finally:
            connection.close()

    with transaction.atomic():
        Message.objects.select_for_update().get()
        worker = Thread(target=work)
        worker.start()
        worker.join()
    assert taken == [0]
    assert len(claim(Channel.EMAIL, 10, at=NOW)) == 1


@really_committed
def test_others_see_the_attempt_before_the_provider_sees_the_message(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    seen: list[int] = []

    def look() -> None:
        try:
            seen.append(Message.objects.get().attempts.filter(ended_at=None).count())
        finally:
            connection.close()

    def send(letter: Letter) -> str:
        somebody_else = Thread(target=look)
        somebody_else.start()
        somebody_else.join()
        return "taken"

    monkeypatch.setattr(provider, "send", send)
    outbox.deliver_due(clock=at(NOW))
    assert seen == [1]
    assert state_of(message) == MessageState.ACCEPTED


class Mailbox(Handler):
    """A mail server's memory."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Mail] = []
        self.answer = ""

    def handle_message(self, message: Mail) -> None:
        self.mails.append(message)

    async def handle_RCPT(  # noqa: N802  aiosmtpd's own name and arguments
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """A real SMTP server on loopback; Django talks to it."""
    handler = Mailbox()
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    yield handler
    server.stop()


def test_a_mail_server_gets_one_mail_with_a_name_that_stays(mailbox: Mailbox) -> None:
    message = owe()
    outbox.deliver_due(clock=at(NOW))
    outbox.deliver_due(clock=at(NOW))
    (mail,) = mailbox.mails
    assert mail["Message-ID"] == f"<{message.uuid}@localhost>"
    assert mail["To"] == message.recipient.email
    assert state_of(message) == MessageState.ACCEPTED


def test_handed_over_twice_the_mail_keeps_its_name(mailbox: Mailbox) -> None:
    letter = Letter(key=owe().uuid, to="somebody@patients.example", title="A", text="B")
    assert channels.Smtp().send(letter) == channels.Smtp().send(letter)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ("550 No such user", MessageState.FAILED, "refused-550"),
        ("451 Try again later", MessageState.OWED, "busy-451"),
    ],
)
def test_a_mail_servers_no_is_for_ever_or_for_now(
    answer: str, state: MessageState, reason: str, mailbox: Mailbox
) -> None:
    mailbox.answer = answer
    message = owe()
    outbox.deliver_due(clock=at(NOW))
    assert (state_of(message), message.reason) == (state, reason)


def test_a_mail_server_that_is_not_there_leaves_it_owed(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 9
    message = owe()
    outbox.deliver_due(clock=at(NOW))
    assert (state_of(message), message.reason) == (MessageState.OWED, "ConnectionRefusedError")
    assert ledger.was_handed(message)


def test_a_mail_server_that_falls_silent_leaves_it_uncertain(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()

    def silent(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("smtplib.SMTP.data", silent)
    outbox.deliver_due(clock=at(NOW))
    assert (state_of(message), message.reason) == (MessageState.UNCERTAIN, "TimeoutError")
