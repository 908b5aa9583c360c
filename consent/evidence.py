"""The evidence of a signature: each step is a link that continues the one before it."""

from datetime import UTC, datetime
from typing import NamedTuple

from clinic.record import audit
from clinic.record.audit import Named
from clinic.record.chain import Fact
from consent.content import digest
from consent.models import ConsentDocument, SignatureEvent, SignatureEventKind

FIRST = "0" * 64


class Evidence(NamedTuple):
    """From where somebody did something. Empty means: not recorded."""

    address: str | None = None
    device: str = ""


NOTHING = Evidence()


def note(
    document: ConsentDocument,
    kind: SignatureEventKind,
    *,
    at: datetime,
    by: Named | None,
    evidence: Evidence = NOTHING,
    **facts: Fact,
) -> SignatureEvent:
    """Add a link; the caller holds the document's lock, so numbers follow each other."""
    last = document.events.order_by("-number").first()
    event = SignatureEvent(
        document=document,
        number=last.number + 1 if last else 1,
        kind=kind,
        at=at,
        actor_kind=audit.kind_of(by) if by else "system",
        actor_uuid=by.uuid if by else None,
        actor_name=audit.name_of(by) if by else "",
        address=evidence.address,
        device=evidence.device[:300],
        facts=facts,
        document_sha256=document.content_sha256,
        previous=last.hash if last else FIRST,
    )
    event.hash = hash_of(event)
    event.save(force_insert=True)
    return event


def hash_of(event: SignatureEvent) -> str:
    return digest({"previous": event.previous, "event": as_data(event)})


def as_data(event: SignatureEvent) -> dict[str, object]:
    """What the hash covers, and what the sealed file carries of it."""
    return {
        "number": event.number,
        "kind": str(event.kind),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_kind": event.actor_kind,
        "actor": str(event.actor_uuid) if event.actor_uuid else None,
        "actor_name": event.actor_name,
        "address": event.address,
        "device": event.device,
        "facts": event.facts,
        "document_sha256": event.document_sha256,
    }


def breaks(document: ConsentDocument) -> list[int]:
    """The numbers of the links that do not hold; empty means that the chain is whole."""
    broken, previous = [], FIRST
    for expected, event in enumerate(document.events.order_by("number"), start=1):
        whole = event.number == expected and event.previous == previous
        if not whole or event.hash != hash_of(event):
            broken.append(event.number)
        previous = event.hash
    return broken


def before_seal(document: ConsentDocument) -> list[SignatureEvent]:
    """The links up to the countersignature: what the sealed file carries."""
    events = list(document.events.order_by("number"))
    ends = [n for n, event in enumerate(events) if event.kind == SignatureEventKind.COUNTERSIGNED]
    return events[: ends[-1] + 1] if ends else events
