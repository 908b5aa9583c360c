"""What became of each message: its states, its attempts, and the task for a person.

The first half is for the outbox and runs in its transactions; the second is what staff decide.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.leases import Held
from clinic.messaging.models import Attempt, Message, MessageState
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.models import Location, User
from clinic.staff.roles import Role

VOID = "void"
TOGETHER = {
    MessageState.OWED,
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.UNCERTAIN,
}  # in which a message still belongs to the one it went out with
AGAIN_WITHIN = timedelta(hours=24)


class LinkGone(ClinicError):
    code = "link-gone"
    text = _(
        "The link in this message no longer opens anything. Call the patient, or send a new one."
    )


def mine(message: Message) -> Message | None:
    """The row, locked, if this worker still holds it: the attempt is the fence."""
    return (
        Message.objects.select_for_update(no_key=True, of=("self",))
        .select_related("recipient", "link", "location")
        .filter(pk=message.pk, attempt=message.attempt, state=MessageState.LEASED)
        .first()
    )


def held(everything: Sequence[Held]) -> list[Message]:
    """The rows, locked, that this worker still holds, in the order in which they were leased."""
    rows = (
        Message.objects.select_for_update(no_key=True, of=("self",))
        .select_related("recipient", "link")
        .filter(pk__in=[one.pk for one in everything], state=MessageState.LEASED)
        .order_by("pk")
        .in_bulk()
    )
    places = Location.objects.in_bulk({row.location_id for row in rows.values()} - {None})
    mine = [rows[one.pk] for one in everything if _is_mine(rows.get(one.pk), one)]
    for row in mine:
        if row.location_id is not None:
            row.location = places[row.location_id]
    return mine


def _is_mine(row: Message | None, one: Held) -> bool:
    return row is not None and row.attempt == one.attempt


def was_handed(row: Message) -> bool:
    """Whether its present attempt went to a provider."""
    return row.attempts.filter(number=row.attempt).exists()


def is_void(row: Message) -> bool:
    """Its cause went away while a provider had it."""
    return row.reason.startswith(f"{VOID}:")


def move(row: Message, state: MessageState, *, at: datetime, reason: str = "") -> None:
    row.move_to(state, at=at, reason=reason)
    if state not in TOGETHER:
        row.carried_by = None
    row.save(update_fields=["state", "state_at", "reason", "lease_until", "carried_by"])


def back(
    row: Message,
    *,
    at: datetime,
    reason: str,
    due_at: datetime | None = None,
    in_doubt: bool = False,
) -> None:
    """Owed again, now or later; void ones are not. In doubt it stays in the text it went in."""
    if is_void(row):
        move(row, MessageState.CANCELLED, at=at, reason=row.reason)
        return
    row.due_at = due_at or row.due_at
    if not in_doubt:
        row.carried_by = None
    row.save(update_fields=["due_at"])
    move(row, MessageState.OWED, at=at, reason=reason)


def end_attempt(row: Message, outcome: str, *, at: datetime, provider_id: str = "") -> None:
    open_one = Attempt.objects.filter(message=row, number=row.attempt, ended_at=None)
    open_one.update(ended_at=at, outcome=outcome, provider_id=provider_id)


def failed(row: Message, reason: str, *, at: datetime, instead: bool = False) -> None:
    """It will not go out by itself any more; a person looks unless another channel does it."""
    move(row, MessageState.FAILED, at=at, reason=reason)
    if not instead:
        ask(row, TaskKind.MESSAGE_FAILED, at=at)


def unclear(row: Message, outcome: str, *, at: datetime) -> None:
    """Handed over without an answer: a person finds out; it is never sent twice by itself."""
    end_attempt(row, outcome, at=at)
    move(row, MessageState.UNCERTAIN, at=at, reason=outcome)
    ask(row, TaskKind.MESSAGE_UNCERTAIN, at=at)


def skipped(row: Message, reason: str, *, at: datetime, instead: bool = False) -> None:
    """It must not or cannot be sent: somebody calls instead, once for all messages of one cause."""
    move(row, MessageState.SKIPPED, at=at, reason=reason)
    if instead:
        return
    kind = TaskKind.CALL_PATIENT if row.patient_uuid else TaskKind.MESSAGE_FAILED
    ask(row, kind, at=at, cause=f"skipped:{row.subject}:{row.recipient.uuid}")


def confirmed(row: Message, *, at: datetime) -> None:
    """The provider says that it arrived: what somebody was to find out is found out."""
    for one in (row, *went_along(row)):
        move(one, MessageState.DELIVERED, at=at)
        worklist.settle(f"message:{one.uuid}:", at=at)


def went_along(row: Message) -> list[Message]:
    """What a provider took in the text of this message, locked."""
    taken = [MessageState.ACCEPTED, MessageState.UNCERTAIN]
    rows = Message.objects.filter(carried_by=row, state__in=taken).order_by("pk")
    return list(rows.select_for_update(no_key=True))


def ask(row: Message, kind: TaskKind, *, at: datetime, cause: str = "") -> None:
    worklist.ask(
        kind,
        cause or f"message:{row.uuid}:{row.attempt}:{row.state}",
        row,
        role=Role.RECEPTION,
        patient=row.patient_uuid,
        due_at=at,
        at=at,
        message=row.message,
        reason=row.reason,
    )


@transaction.atomic
def send_again(message: Message, *, at: datetime, by: User) -> Message:
    """Staff decide that it goes out once more."""
    row = _locked(message)
    if row.link and (row.link.revoked_at or row.link.expires_at <= at):
        raise LinkGone
    row.carried_by = None
    row.due_at, row.not_after = at, max(row.not_after, at + AGAIN_WITHIN)
    row.save(update_fields=["due_at", "not_after"])
    move(row, MessageState.OWED, at=at, reason="sent-again")
    return _decided(row, "message.sent-again", at=at, by=by)


@transaction.atomic
def mark_delivered(message: Message, *, at: datetime, by: User) -> Message:
    """Staff know that it arrived, or have said the same by telephone."""
    row = _locked(message)
    move(row, MessageState.DELIVERED, at=at, reason="by-staff")
    return _decided(row, "message.marked-delivered", at=at, by=by)


def _locked(message: Message) -> Message:
    rows = Message.objects.select_for_update(no_key=True, of=("self",)).select_related("link")
    return rows.get(pk=message.pk)


def _decided(row: Message, action: str, *, at: datetime, by: User) -> Message:
    worklist.settle(f"message:{row.uuid}:", at=at)
    audit.record(action, row, at=at, by=by, patient=row.patient_uuid, message=row.message)
    return row
