"""The audit trail: acts and reads, written with what they describe and chained at commit."""

from collections.abc import Iterator
from contextvars import ContextVar
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import UUID

from django.db import connection
from django.db.models.options import Options

from clinic.record import chain
from clinic.record.chain import Fact
from clinic.record.models import AuditEntry, AuditLink

origin: ContextVar[str | None] = ContextVar("origin", default=None)

COLUMNS = (
    "uuid",
    "at",
    "action",
    "actor_kind",
    "actor_uuid",
    "actor_name",
    "subject_kind",
    "subject_uuid",
    "patient_uuid",
    "address",
    "facts",
)
BATCH = 2000


class Named(Protocol):
    """A row that has a name outside the database: who did it, or what it is about."""

    _meta: "ClassVar[Options[Any]]"

    @property
    def uuid(self) -> UUID: ...


class Fault(NamedTuple):
    """A place where the chain does not hold; an entry that was never linked has no position."""

    position: int | None
    reason: str


def record(
    action: str,
    subject: Named,
    *,
    at: datetime,
    by: Named | None,
    patient: UUID | None = None,
    **facts: Fact,
) -> AuditEntry:
    """Append to the trail in the caller's transaction, so that both happen or neither."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"audit.record({action!r}) outside a transaction")
    entry = AuditEntry(
        at=at,
        action=action,
        actor_kind=kind_of(by) if by else "system",
        actor_uuid=by.uuid if by else None,
        actor_name=name_of(by) if by else "",
        subject_kind=kind_of(subject),
        subject_uuid=subject.uuid,
        patient_uuid=patient,
        address=chain.address(origin.get()),
        facts=facts,
    )
    entry.digest = digest(entry)
    entry.save(force_insert=True)
    return entry


def verify() -> list[Fault]:
    """Recompute the whole chain; empty means that nothing was changed, removed or slipped in."""
    return [*broken_links(), *unlinked_entries()]


def broken_links() -> Iterator[Fault]:
    previous, expected = chain.GENESIS, 1
    links = AuditLink.objects.select_related("entry").order_by("position")
    for link in links.iterator(chunk_size=BATCH):
        if reason := fault_of(link, previous, expected):
            yield Fault(link.position, reason)
        previous, expected = link.hash, link.position + 1


def unlinked_entries() -> Iterator[Fault]:
    """Entries that are committed, and yet no link holds them."""
    for uuid in AuditEntry.objects.filter(link=None).order_by("pk").values_list("uuid", flat=True):
        yield Fault(None, f"entry {uuid} stands outside the chain")


def fault_of(link: AuditLink, previous: str, expected: int) -> str:
    """Empty where this link holds."""
    if link.position != expected:
        return f"position {expected} is missing"
    if link.previous != previous:
        return "it does not continue the link before it"
    if link.entry.digest != digest(link.entry):
        return f"entry {link.entry.uuid} was changed"
    if link.hash != chain.link(previous, link.entry.digest):
        return "its hash was changed"
    return ""


def head() -> str:
    """The hash of the newest link: printed elsewhere, it proves what stood before."""
    newest = AuditLink.objects.order_by("-position").first()
    return newest.hash if newest else chain.GENESIS


def length() -> int:
    """How many entries the chain holds."""
    return AuditLink.objects.count()


def digest(entry: AuditEntry) -> str:
    return chain.digest({name: getattr(entry, name) for name in COLUMNS})


def kind_of(row: Named) -> str:
    return row._meta.label_lower


def name_of(actor: Named) -> str:
    """Staff are named; a patient who comes by a link is not."""
    return getattr(actor, "full_name", "patient, by link")
