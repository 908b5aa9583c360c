"""RM-08, RM-09: after a jump of clock or database nothing goes out until somebody looks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from clinic.messaging import outbox, pausing, tasks
from clinic.messaging.models import Dispatcher, Message, MessageState
from clinic.messaging.pausing import Signs
from clinic.record.models import AuditEntry, Task
from clinic.staff.models import User
from clinic.staff.roles import Role
from tests.factories.messaging import Provider, owe
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db(transaction=False)
A_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _remembered(
    django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """What is said after commit is said at once: a test never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, **_: call())
    yield
    cache.clear()


def seen(at: datetime = NOW, **changes: Any) -> Signs:
    """A machine that has been up since midnight, with clocks that agree."""
    midnight = NOW.replace(hour=0).timestamp()
    found = Signs(at, at, "server:base:table", "boot-1", midnight)
    return found._replace(**changes)


def test_ticking_on_nothing_pauses() -> None:
    assert pausing.tick(seen())
    assert pausing.tick(seen(NOW + MINUTE))
    assert pausing.paused() is None


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (seen(NOW - A_DAY, booted_at=NOW.replace(hour=0).timestamp() - 86400), "clock-back"),
        (seen(NOW + A_DAY, booted_at=NOW.replace(hour=0).timestamp() + 86400), "clock-jumped"),
        (seen(NOW + A_DAY, database_at=NOW), "clocks-apart"),
        (seen(NOW + MINUTE, home="server:other:table"), "restored"),
    ],
)
def test_a_jump_pauses_everything_and_asks_once(provider: Provider, later: Signs, why: str) -> None:
    pausing.tick(seen())
    message = owe(due_at=NOW - 2 * A_DAY, not_after=NOW + 3 * A_DAY)
    assert not pausing.tick(later)
    assert not pausing.tick(later)
    outbox.deliver_due(clock=lambda: later.at)
    message.refresh_from_db()
    assert (message.state, message.attempts.count(), provider.letters) == ("owed", 0, [])
    assert Dispatcher.objects.get().pause == why
    task = Task.objects.get()
    assert (task.role, task.urgent, task.facts) == ("administrator", True, {"reason": why})
    assert AuditEntry.objects.filter(action="messages.paused").count() == 1


@pytest.mark.parametrize("boot", ["boot-1", "boot-2"])
def test_a_server_that_was_away_for_two_days_goes_on(boot: str) -> None:
    pausing.tick(seen())
    back = seen(NOW + 2 * A_DAY, boot=boot)
    assert pausing.tick(back if boot == "boot-1" else back._replace(booted_at=back.at.timestamp()))


def test_a_corrected_second_is_no_jump() -> None:
    pausing.tick(seen())
    assert pausing.tick(seen(NOW - MINUTE, booted_at=NOW.replace(hour=0).timestamp() - 60))


def test_yesterdays_backup_is_noticed_by_what_the_cache_remembers(provider: Provider) -> None:
    pausing.tick(seen(NOW - A_DAY))
    pausing.tick(seen())
    Dispatcher.objects.update(ticked_at=NOW - A_DAY)  # as the backup says
    assert not pausing.tick(seen(NOW + MINUTE))
    assert Dispatcher.objects.get().pause == "restored"


def restored(lead: User, *, doubtful: bool) -> list[Message]:
    pausing.tick(seen())
    rows = [owe(subject="due"), owe(subject="later", due_at=NOW + timedelta(hours=2))]
    pausing.tick(seen(NOW + MINUTE, home="elsewhere"))
    pausing.resume(seen(NOW + 2 * MINUTE, home="elsewhere"), doubtful=doubtful, by=lead)
    return rows


def test_what_was_due_is_maybe_sent_and_what_comes_goes_out(provider: Provider) -> None:
    due, later = restored(make_staff(Role.ADMINISTRATOR), doubtful=True)
    for at in (NOW + 3 * MINUTE, NOW + timedelta(hours=2)):
        assert pausing.tick(seen(at, home="elsewhere"))
        outbox.deliver_due(clock=lambda at=at: at)  # type: ignore[misc]
    due.refresh_from_db()
    assert (due.state, due.reason) == (MessageState.UNCERTAIN, "restored")
    assert [letter.key for letter in provider.letters] == [later.uuid]
    assert AuditEntry.objects.get(action="messages.resumed").facts["doubtful"] == 1
    assert not Task.objects.open().exists()


def test_if_nothing_has_gone_out_it_is_sent(provider: Provider) -> None:
    due, _later = restored(make_staff(Role.ADMINISTRATOR), doubtful=False)
    outbox.deliver_due(clock=lambda: NOW + 3 * MINUTE)
    assert [letter.key for letter in provider.letters] == [due.uuid]


def test_the_task_looks_at_the_real_clocks(provider: Provider) -> None:
    tasks.deliver_due()
    row = Dispatcher.objects.get()
    assert row.home.count(":") == 2
    assert row.pause == ""
    Dispatcher.objects.update(home="somewhere else")
    owe()
    tasks.deliver_due()
    assert Dispatcher.objects.get().pause == "restored"
    assert provider.letters == []


def test_the_pages_say_so_and_the_lead_goes_on(client: Client) -> None:
    pausing.tick(seen())
    pausing.tick(seen(NOW + MINUTE, home="elsewhere"))
    owe()
    client.force_login(make_staff(Role.RECEPTION))
    for page in ("/", "/messages/"):
        assert "Messages are paused" in client.get(page).content.decode()
    assert client.post("/messages/paused/resume/").status_code == 403
    assert 'name="doubtful"' not in client.get("/messages/paused/").content.decode()
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    page = client.get("/messages/paused/").content.decode()
    assert "the database was restored or has moved" in page
    assert client.post("/messages/paused/resume/", {"doubtful": "1"}).status_code == 302
    assert Message.objects.get().state == MessageState.UNCERTAIN
    assert client.post("/messages/paused/resume/", {"doubtful": "1"}).status_code == 409
    assert "Messages are paused" not in client.get("/messages/").content.decode()
