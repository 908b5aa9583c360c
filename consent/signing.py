"""From the link to the countersignature: who was handed what, who signed it, who said no.

Each public function is one transaction. A document is locked before it is looked at, so that two
tablets, two taps or two people at once leave one signature.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from clinic.errors import WrongState
from clinic.messaging import links, outbox
from clinic.messaging.models import PatientLink, Purpose
from clinic.record import audit
from clinic.record.audit import Named
from clinic.record.chain import Fact
from clinic.staff.models import User
from clinic.staff.roles import Permission
from consent import contact, glyphs
from consent.evidence import NOTHING, Evidence, note
from consent.ink import Ink
from consent.models import (
    ConsentDocument,
    ConsentState,
    PhotoUse,
    SignatureEventKind,
    SignerRole,
)
from consent.refusals import (
    AlreadySigned,
    MayNotCountersign,
    NoChannel,
    NoGlyphs,
    NoName,
    NoReason,
    NotSigned,
    PhotosOpen,
    QuestionsOpen,
    SignersMissing,
    TextChanged,
)

LINK_OPEN = timedelta(days=14)
TABLET_OPEN = timedelta(hours=2)
SIGNED = (ConsentState.SIGNED, ConsentState.COUNTERSIGNED, ConsentState.SEALED)
LEAST_LETTERS = 2
Kind = SignatureEventKind

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How somebody signs: a name, and ink or the will to type."""

    signer_name: str
    ink: Ink | None = None
    typed: bool = False  # signs by typing

    @property
    def how(self) -> str:
        return "typed" if self.typed else "drawn"

    def as_data(self) -> dict[str, object]:
        if self.typed:
            return {"kind": "typed", "name": self.signer_name}
        return {"kind": "drawn", "ink": self.ink.as_data() if self.ink else None}

    def refuse_incomplete(self) -> None:
        """A name that can be printed, and a line that goes somewhere."""
        if sum(letter.isalpha() for letter in self.signer_name) < LEAST_LETTERS:
            raise NoName
        refuse_unprintable([self.signer_name])
        if not self.typed and (self.ink is None or not self.ink.is_a_signature()):
            raise NotSigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature(Mark):
    """What the patient gives: the mark, and an answer per photo use."""

    photo_use: Mapping[str, bool]


@transaction.atomic
def send_link(document: ConsentDocument, *, at: datetime, by: User) -> ConsentDocument:
    """Owe the patient a link to read and sign; earlier links go on working until it is done."""
    document = locked(document)
    _must_be(document, ConsentState.OFFERED)
    channel = contact.channel_for(document)
    if channel is None:
        raise NoChannel
    recipient = document.patient.recipient
    sent = document.events.filter(kind=Kind.SENT).count()
    link = links.make(recipient, Purpose.CONSENT, document.cause, expires_at=at + LINK_OPEN, at=at)
    outbox.owe(
        outbox.Owed(
            subject=document.cause,
            occasion=sent,
            message="consent-link",
            recipient=recipient,
            channel=channel,
            due_at=at,
            not_after=at + LINK_OPEN,
            patient_uuid=document.patient.uuid,
            link=link,
            values=contact.words(document),
        ),
        at=at,
    )
    note(document, Kind.SENT, at=at, by=by, how=channel.value, link=str(link.uuid))
    record("consent.sent", document, at=at, by=by, channel=channel.value)
    return document


@transaction.atomic
def open_on_tablet(document: ConsentDocument, *, at: datetime, by: User) -> PatientLink:
    """A link for the device in one's hand: it opens this one document, for a short time.

    For the patient, and after the patient for whoever else has to sign.
    """
    document = locked(document)
    if not (document.state == ConsentState.SIGNED and document.open_signers):
        _must_be(document, ConsentState.OFFERED)
    link = links.make(
        document.patient.recipient,
        Purpose.CONSENT,
        document.cause,
        expires_at=at + TABLET_OPEN,
        at=at,
    )
    note(document, Kind.SENT, at=at, by=by, how="tablet", link=str(link.uuid))
    record("consent.opened-on-tablet", document, at=at, by=by)
    return link


@transaction.atomic
def sign(
    document: ConsentDocument,
    signature: Signature,
    *,
    content_sha256: str,
    evidence: Evidence = NOTHING,
    at: datetime,
    by: PatientLink | User,
) -> ConsentDocument:
    """The patient agrees to exactly this text. The same signature sent again changes nothing."""
    document = locked(document)
    if document.state in SIGNED:
        if document.signature == signature.as_data():
            return document
        raise AlreadySigned
    _must_be(document, ConsentState.OFFERED)
    _refuse_incomplete(document, signature, content_sha256)
    document.move_to(ConsentState.SIGNED)
    document.signed_at, document.signer_name = at, signature.signer_name
    document.signature = signature.as_data()
    document.photo_use = {use: bool(signature.photo_use[use]) for use in PhotoUse.values}
    document.save()
    note(document, Kind.SIGNED, at=at, by=by, evidence=evidence, how=signature.how)
    record("consent.signed", document, at=at, by=by, how=signature.how)
    settle(document, at=at, reason="signed")
    return document


@transaction.atomic
def decline(
    document: ConsentDocument,
    reason: str,
    *,
    evidence: Evidence = NOTHING,
    at: datetime,
    by: PatientLink | User,
) -> ConsentDocument:
    """No is an answer like yes; the reason helps whoever treats."""
    document = locked(document)
    if not reason.strip():
        raise NoReason
    document.move_to(ConsentState.DECLINED)
    document.declined_reason = reason.strip()[:500]
    document.save()
    note(document, Kind.DECLINED, at=at, by=by, evidence=evidence)
    record("consent.declined", document, at=at, by=by)
    settle(document, at=at, reason="declined")
    return document


@transaction.atomic
def countersign(document: ConsentDocument, *, at: datetime, by: User) -> ConsentDocument:
    """Whoever treats confirms that the talk took place; the seal follows by itself."""
    document = locked(document)
    if not by.may(Permission.COUNTERSIGN):
        raise MayNotCountersign
    refuse_unprintable([by.signature_name])
    if missing := document.open_signers:
        raise SignersMissing(who=", ".join(str(SignerRole(role).label) for role in missing))
    if document.questions.filter(answered_at=None).exists():
        raise QuestionsOpen
    document.move_to(ConsentState.COUNTERSIGNED)
    document.countersigned_at, document.countersigned_by = at, by
    document.save()
    note(document, Kind.COUNTERSIGNED, at=at, by=by)
    record("consent.countersigned", document, at=at, by=by)
    transaction.on_commit(partial(ring, "consent.tasks.seal", document.pk), robust=True)
    return document


def locked(document: ConsentDocument) -> ConsentDocument:
    """The row as it stands now, ours until the end of the transaction."""
    return (
        ConsentDocument.objects.select_for_update(no_key=True, of=("self",))
        .select_related("patient__recipient", "template")
        .get(pk=document.pk)
    )


def _must_be(document: ConsentDocument, state: ConsentState) -> None:
    if document.state in SIGNED and state == ConsentState.OFFERED:
        raise AlreadySigned
    if document.state != state:
        raise WrongState(state=ConsentState(document.state).label)


def _refuse_incomplete(
    document: ConsentDocument, signature: Signature, content_sha256: str
) -> None:
    if content_sha256 != document.content_sha256:
        raise TextChanged
    if signature.photo_use.keys() != set(PhotoUse.values):
        raise PhotosOpen
    signature.refuse_incomplete()


def refuse_unprintable(words: object) -> None:
    """Before anybody signs: a character without a glyph would be a box on the sealed paper."""
    if found := glyphs.missing(words):
        raise NoGlyphs(characters=glyphs.named(found))


def settle(document: ConsentDocument, *, at: datetime, reason: str) -> None:
    """What was still to be sent about signing has lost its cause."""
    outbox.settle(document.cause, at=at, reason=reason)


def record(
    action: str, document: ConsentDocument, *, at: datetime, by: Named | None, **facts: Fact
) -> None:
    audit.record(action, document, at=at, by=by, patient=document.patient.uuid, **facts)


def ring(task: str, pk: int) -> None:
    """Wake a worker; a broker that is away costs a minute, never the signature."""
    try:
        current_app.send_task(task, [pk], retry=False, ignore_result=True)
    except (OperationalError, OSError):
        logger.warning("the broker cannot be reached; the next sweep seals", extra={"id": pk})
