"""The doorbell, the pulse and the spare dispatcher."""

from datetime import datetime
from io import StringIO

import pytest
from celery import current_app
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from clinic.messaging import outbox, tasks
from clinic.messaging.models import MessageState
from tests.factories.messaging import Provider, owe

pytestmark = pytest.mark.django_db


def test_the_pulse_says_when_worker_and_clock_were_last_alive() -> None:
    before = timezone.now()
    tasks.beat()
    assert before <= datetime.fromisoformat(cache.get("beat")) <= timezone.now()


def test_the_bell_names_a_task_that_exists_and_carries_nothing(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    rung: list[tuple[object, ...]] = []
    monkeypatch.setattr(current_app, "send_task", lambda *told, **_: rung.append(told))
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():  # type: ignore[operator]
        owe()
        owe()
    assert rung == [("clinic.messaging.tasks.deliver_due",)]
    assert tasks.deliver_due.name == rung[0][0]


def test_a_message_for_later_rings_nobody(django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks() as rings:  # type: ignore[operator]
        owe(due_at=timezone.now() + outbox.LEASE, not_after=timezone.now() + 2 * outbox.LEASE)
    assert rings == []


def test_the_task_delivers_what_is_due(provider: Provider) -> None:
    now = timezone.now()
    message = owe(due_at=now, not_after=now + outbox.LEASE)
    tasks.deliver_due()
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED


def test_the_spare_dispatcher_delivers_and_says_how_many(provider: Provider) -> None:
    now = timezone.now()
    owe(due_at=now, not_after=now + outbox.LEASE)
    out = StringIO()
    call_command("outbox", stdout=out)
    assert out.getvalue() == "1 messages handled\n"
    assert len(provider.letters) == 1
