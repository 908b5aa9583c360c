"""Is this paper ours, and does it still hold? Told to anybody, without a word on the patient."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from consent import certificates, inspection, keys
from consent.content import digest_of_bytes
from consent.inspection import Seal
from consent.models import ConsentDocument, ConsentState

CODE_LENGTH = 16
HEX = frozenset("0123456789abcdef")


class Verdict(StrEnum):
    GENUINE = "genuine"  # byte for byte as sealed, and in force
    EXPIRED = "expired"  # byte for byte as sealed, past its validity
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    ALTERED = "altered"  # our seal, and changed bytes
    UNSEALED = "unsealed"  # a code of ours, and not sealed yet
    UNKNOWN = "unknown"  # not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What may be told to anybody: a word and moments."""

    verdict: Verdict
    sealed_at: datetime | None = None
    valid_until: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""  # for the record of whoever asks; names nobody


def check(pdf: bytes, *, at: datetime) -> Answer:
    """By every byte: the hash we kept at the seal, and where that is unknown, the seal itself.

    A hash we know needs no seal that still validates: certificates end, and keys are changed.
    """
    document = ConsentDocument.objects.filter(pdf_sha256=digest_of_bytes(pdf)).first()
    if document is not None:
        return _answer(document, at=at)
    seal = _seal(pdf, at=at)
    if seal is not None and seal.ours:
        return Answer(
            verdict=Verdict.ALTERED, reason=seal.reason or "not the bytes that were sealed"
        )
    return Answer(verdict=Verdict.UNKNOWN)


def check_code(code: str, *, at: datetime) -> Answer:
    """By the code printed on each page: tells the state, not whether the paper was changed."""
    digits = code.replace("-", "").replace(" ", "").lower()
    if len(digits) != CODE_LENGTH or not set(digits) <= HEX:
        return Answer(verdict=Verdict.UNKNOWN)
    first, last = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    document = ConsentDocument.objects.filter(uuid__gte=first, uuid__lte=last).first()
    if document is None:
        return Answer(verdict=Verdict.UNKNOWN)
    return _answer(document, at=at)


def _seal(pdf: bytes, *, at: datetime) -> Seal | None:
    """Without a key of ours nothing can be recognised as ours."""
    try:
        return inspection.seal_of(pdf, at=at, earlier=certificates.authorities())
    except keys.SealNotReady:
        return None


def _answer(document: ConsentDocument, *, at: datetime) -> Answer:
    last = document.events.order_by("-number").first()
    ended = {
        ConsentState.SUPERSEDED: Verdict.SUPERSEDED,
        ConsentState.WITHDRAWN: Verdict.WITHDRAWN,
    }.get(ConsentState(document.state))
    if ended is not None:
        verdict = ended
    elif document.sealed_at is None:
        verdict = Verdict.UNSEALED
    else:
        over = document.valid_until is not None and document.valid_until <= at
        verdict = Verdict.EXPIRED if over else Verdict.GENUINE
    return Answer(
        verdict=verdict,
        sealed_at=document.sealed_at,
        valid_until=document.valid_until,
        ended_at=last.at if ended is not None and last is not None else None,
    )
