"""What providers report later: delivered or not, once, only forwards; and who wants no more."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from clinic.messaging import ledger
from clinic.messaging.models import Attempt, Channel, Message, MessageState, Receipt, Source
from clinic.messaging.stopping import start, stop

DELIVERED = {"delivered", "read"}
FAILED = {"failed", "undelivered", "bounced", "rejected"}
STOP_WORDS = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "стоп"}
START_WORDS = {"start", "unstop", "yes", "старт"}
STATUS_LENGTH = 40


@transaction.atomic
def report(key: UUID, status: str, *, at: datetime) -> bool:
    """Whether it told something new. Unknown keys, doubles and steps back change nothing."""
    status = status.strip().casefold()[:STATUS_LENGTH]
    row = Message.objects.select_for_update(no_key=True).filter(uuid=key).first()
    attempt = Attempt.objects.filter(message=row).order_by("-number").first() if row else None
    if row is None or attempt is None or not status:
        return False
    _receipt, new = Receipt.objects.get_or_create(
        attempt=attempt, status=status, defaults={"at": at}
    )
    return new and _moved(row, status, at=at)


def _moved(row: Message, status: str, *, at: datetime) -> bool:
    """A worker that is still waiting for its answer finds the row as it was."""
    if row.state not in {MessageState.ACCEPTED, MessageState.UNCERTAIN, MessageState.FAILED}:
        return False
    if status in DELIVERED:
        ledger.confirmed(row, at=at)
        return True
    if status in FAILED and row.state != MessageState.FAILED:
        for one in (row, *ledger.went_along(row)):
            ledger.failed(one, status, at=at)
        return True
    return False


def hear(channel: Channel, address: str, words: str, *, at: datetime) -> str:
    """STOP and START in the words of a patient: what was done, or nothing."""
    word = words.strip().casefold().rstrip(".!")
    if word in STOP_WORDS:
        stop(channel, address, Source.STOP, at=at)
        return "stopped"
    if word in START_WORDS:
        start(channel, address, Source.START, at=at)
        return "started"
    return ""
