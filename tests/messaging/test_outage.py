"""RM-16: two days of messages are due at once, and it is no flood."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from clinic.messaging import outbox
from clinic.messaging.channels import Letter
from clinic.messaging.models import Message, MessageState, Priority
from tests.factories.messaging import Provider, make_recipient, owe
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
BACK = NOW + timedelta(days=2)
A_SECOND = 20


class Clock:
    """Stands still while work is done, and goes on while somebody waits."""

    def __init__(self) -> None:
        self.now = BACK

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Paced(Provider):
    """A provider that takes twenty a second, and notes when."""

    per_second = float(A_SECOND)

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.taken: list[tuple[datetime, Letter]] = []

    def send(self, letter: Letter) -> str:
        self.taken.append((self.clock(), letter))
        return super().send(letter)


def heap() -> dict[str, list[Message]]:
    """What two days have left: too late, urgent, usual and what can wait."""
    usual = {"recipient": make_recipient(), "not_after": BACK + timedelta(days=1)}
    late = {"recipient": make_recipient(), "not_after": BACK - timedelta(hours=1)}
    return {
        "late": [owe(subject=f"late:{n}", **late) for n in range(60)],
        "last": [owe(subject=f"last:{n}", priority=Priority.LAST, **usual) for n in range(20)],
        "usual": [owe(subject=f"usual:{n}", **usual) for n in range(60)],
        "first": [owe(subject=f"first:{n}", priority=Priority.FIRST, **usual) for n in range(20)],
    }


def test_too_late_expires_and_the_rest_goes_by_priority_at_the_pace_of_the_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, clock = heap(), Clock()
    provider = Paced(clock)
    monkeypatch.setattr("clinic.messaging.channels.ADAPTERS", {"email": provider})
    for _round in range(3):
        outbox.deliver_due(clock=clock, wait=clock.wait)
    kind_of = {row.uuid: kind for kind, those in rows.items() for row in those}
    order = [kind_of[letter.key] for _at, letter in provider.taken]
    assert order == ["first"] * 20 + ["usual"] * 60 + ["last"] * 20
    seconds = Counter(int((at - BACK).total_seconds()) for at, _letter in provider.taken)
    assert max(seconds.values()) <= 2 * A_SECOND  # a full second in hand, and the one that runs
    assert provider.taken[-1][0] - BACK >= timedelta(seconds=100 / A_SECOND - 1)
    states = Counter(Message.objects.values_list("state", "reason"))
    assert states == {
        (MessageState.EXPIRED, "too-late"): 60,
        (MessageState.ACCEPTED, ""): 100,
    }
    assert not Message.objects.filter(state=MessageState.EXPIRED, attempts__isnull=False).exists()
