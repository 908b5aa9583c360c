"""R-25, RM-15: one message to ourselves a day; who answers for it hears if it did not go out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from clinic.messaging import canary, channels, outbox, tasks
from clinic.messaging.models import Dispatcher, Message, MessageState
from clinic.record.models import Task
from clinic.staff.roles import Role
from tests.factories.messaging import Provider, owe
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
MORNING = NOW.replace(hour=5)  # seven in Kyiv


@pytest.fixture(autouse=True)
def _ours(settings: Settings) -> None:
    settings.CANARY_EMAIL = "desk@clinic.example"


def test_one_a_day_to_our_own_address(provider: Provider) -> None:
    assert not canary.watch(at=MORNING - MINUTE)
    assert not Message.objects.exists()
    for minutes in (0, 5, 10, 600):
        canary.watch(at=MORNING + minutes * MINUTE)
        outbox.deliver_due(clock=lambda at=MORNING + minutes * MINUTE: at)  # type: ignore[misc]
    canary.watch(at=MORNING + timedelta(days=1))
    outbox.deliver_due(clock=lambda: MORNING + timedelta(days=1))
    assert [letter.to for letter in provider.letters] == ["desk@clinic.example"] * 2
    assert not Task.objects.exists()
    assert canary.condition(at=MORNING + timedelta(days=1)).canary is None


def test_not_accepted_within_a_quarter_of_an_hour_the_administrator_is_asked_once(
    provider: Provider,
) -> None:
    provider.answers = [channels.Unreachable("ConnectError")]
    canary.watch(at=MORNING)
    outbox.deliver_due(clock=lambda: MORNING)
    assert canary.watch(at=MORNING + 14 * MINUTE) == []
    for minutes in (15, 21):  # and the provider tries again meanwhile
        assert len(canary.watch(at=MORNING + minutes * MINUTE)) == 1
    task = Task.objects.get()
    assert (task.role, task.urgent) == ("administrator", True)
    assert canary.condition(at=MORNING + 16 * MINUTE).canary is not None
    outbox.deliver_due(clock=lambda: MORNING + 30 * MINUTE)
    canary.watch(at=MORNING + 31 * MINUTE)
    task.refresh_from_db()
    assert task.done_at is not None
    assert canary.condition(at=MORNING + 31 * MINUTE).canary is None


def test_a_refused_one_is_an_alarm_too(provider: Provider) -> None:
    provider.answers = [channels.Refused("refused-550")]
    canary.watch(at=MORNING)
    outbox.deliver_due(clock=lambda: MORNING)
    canary.watch(at=MORNING + 20 * MINUTE)
    assert Task.objects.filter(role="administrator").get().facts["reason"] == "refused-550"


def test_a_day_without_one_is_seen_by_whoever_opens_a_page(provider: Provider) -> None:
    """The clock that would owe it has stopped, and cannot tell anybody."""
    canary.watch(at=MORNING)
    outbox.deliver_due(clock=lambda: MORNING)
    assert canary.condition(at=MORNING + timedelta(hours=25)).canary is None
    assert canary.condition(at=MORNING + timedelta(hours=27)).canary is not None


def test_five_minutes_late_and_every_page_says_why(client: Client, provider: Provider) -> None:
    """R-25: a dispatcher that has stopped, and one that works off a heap, are two things."""
    client.force_login(make_staff(Role.RECEPTION))
    at = timezone.now()
    owe(due_at=at - 4 * MINUTE, not_after=at + timedelta(days=1))
    assert 'role="alert"' not in client.get("/messages/").content.decode()
    owe(due_at=at - 6 * MINUTE, not_after=at + timedelta(days=1))
    for page in ("/", "/messages/"):
        assert "Messages are not going out" in client.get(page).content.decode()
    Dispatcher.objects.create(ticked_at=at)
    assert "Messages are late" in client.get("/messages/").content.decode()


def test_without_an_address_there_is_none(settings: Settings) -> None:
    settings.CANARY_EMAIL = ""
    tasks.watch()
    assert not Message.objects.exists()


def test_the_words_say_whose_it_is_and_nothing_else(provider: Provider) -> None:
    canary.watch(at=MORNING)
    outbox.deliver_due(clock=lambda: MORNING)
    assert provider.letters[0].text.startswith("This is the daily test message")
    assert Message.objects.get().state == MessageState.ACCEPTED
