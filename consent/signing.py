"""From the offer to the countersignature: who was shown what, who signed it, who took it back.

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
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from clinic.errors import ClinicError, WrongState
from clinic.messaging import links, outbox
from clinic.messaging.models import PatientLink, Purpose
from clinic.record import audit
from clinic.record.audit import Named
from clinic.record.chain import Fact
from clinic.staff.models import User
from clinic.staff.roles import Permission
from consent import glyphs, keys, sealing
from consent.content import ConsentContent
from consent.evidence import NOTHING, Evidence, note
from consent.ink import Ink
from consent.models import (
    ConsentDocument,
    ConsentState,
    PhotoUse,
    SignatureEventKind,
    Withdrawal,
)
from consent.signals import consent_withdrawn
from consent.text import ORDER, fingerprint, latest_template
from patients.models import Patient

LINK_OPEN = timedelta(days=14)
TABLET_OPEN = timedelta(hours=2)
SIGNED = (ConsentState.SIGNED, ConsentState.COUNTERSIGNED, ConsentState.SEALED)
LEAST_LETTERS = 2
SECTIONS = frozenset(key for key, _part, _needs in ORDER)
Kind = SignatureEventKind

logger = logging.getLogger(__name__)


class NoGlyphs(ClinicError):
    code = "no-glyphs"
    text = _(
        "These characters cannot be printed: %(characters)s. Correct the name or the text in which "
        "they stand, then try again."
    )


class TextChanged(ClinicError):
    code = "text-changed"
    text = _("The text is no longer the one you read. Reload the page and read it again.")


class NotSigned(ClinicError):
    code = "not-signed"
    text = _("There is no signature yet: draw it with a line, or sign by typing your name.")


class NoName(ClinicError):
    code = "no-name"
    text = _("Write your full name.")


class PhotosOpen(ClinicError):
    code = "photos-open"
    text = _("Answer each question about photos with yes or no.")


class AlreadySigned(ClinicError):
    code = "already-signed"
    text = _("This consent is already signed. Nothing more is needed.")


class NoReason(ClinicError):
    code = "no-reason"
    text = _("Write the reason in a few words.")


class NoChannel(ClinicError):
    code = "no-channel"
    text = _(
        "The patient has not allowed us to write by mail or SMS. Hand over the tablet, or ask for "
        "permission and note it in the patient's details."
    )


class MayNotCountersign(ClinicError):
    code = "may-not-countersign"
    text = _("Only a cosmetologist or a doctor countersigns a consent.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the patient gives: a name, an answer per photo use, and ink or the will to type."""

    signer_name: str
    photo_use: Mapping[str, bool]
    ink: Ink | None = None
    typed: bool = False  # the patient chose to sign by typing

    def as_data(self) -> dict[str, object]:
        if self.typed:
            return {"kind": "typed", "name": self.signer_name}
        return {"kind": "drawn", "ink": self.ink.as_data() if self.ink else None}


@transaction.atomic
def offer(
    patient: Patient,
    subject: str,
    content: ConsentContent,
    *,
    replaces: ConsentDocument | None = None,
    at: datetime,
    by: User,
) -> ConsentDocument:
    """Freeze the text for this patient; the one it follows is superseded in the same moment."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    template = latest_template(content.language)
    _refuse_unprintable([content.as_data(), template.texts])
    keys.check(at=at)
    earlier = _earlier(subject, replaces)
    if earlier is not None:
        _supersede(earlier, at=at, by=by)
    document = ConsentDocument.objects.create(
        patient=patient,
        subject=subject,
        template=template,
        language=content.language,
        content=content.as_data(),
        content_sha256=fingerprint(content, template),
        terms_sha256=content.terms_sha256(),
        state=ConsentState.OFFERED,
        created_at=at,
        created_by=by,
        offered_at=at,
        supersedes=earlier,
    )
    note(document, Kind.CREATED, at=at, by=by, subject=subject)
    _record("consent.offered", document, at=at, by=by, language=content.language)
    return document


@transaction.atomic
def send_link(document: ConsentDocument, *, at: datetime, by: User) -> ConsentDocument:
    """Owe the patient a link to read and sign; earlier links go on working until it is done."""
    document = locked(document)
    _must_be(document, ConsentState.OFFERED)
    channel = sealing.channel_for(document)
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
            values=sealing.contact(document),
        ),
        at=at,
    )
    note(document, Kind.SENT, at=at, by=by, how=channel.value, link=str(link.uuid))
    _record("consent.sent", document, at=at, by=by, channel=channel.value)
    return document


@transaction.atomic
def open_on_tablet(document: ConsentDocument, *, at: datetime, by: User) -> PatientLink:
    """A link for the device in one's hand: it opens this one document, for a short time."""
    document = locked(document)
    _must_be(document, ConsentState.OFFERED)
    link = links.make(
        document.patient.recipient,
        Purpose.CONSENT,
        document.cause,
        expires_at=at + TABLET_OPEN,
        at=at,
    )
    note(document, Kind.SENT, at=at, by=by, how="tablet", link=str(link.uuid))
    _record("consent.opened-on-tablet", document, at=at, by=by)
    return link


@transaction.atomic
def opened(
    document: ConsentDocument, evidence: Evidence, *, at: datetime, by: PatientLink
) -> ConsentDocument:
    """The patient sees it; the first time per link is kept."""
    document = locked(document)
    seen = document.events.filter(kind=Kind.OPENED, actor_uuid=by.uuid)
    if document.state == ConsentState.OFFERED and not seen.exists():
        note(document, Kind.OPENED, at=at, by=by, evidence=evidence)
        _record("consent.opened", document, at=at, by=by)
    return document


@transaction.atomic
def section_reached(
    document: ConsentDocument, section: str, *, at: datetime, by: PatientLink
) -> ConsentDocument:
    """How far the patient came; each section once per link, and only before signing."""
    document = locked(document)
    seen = document.events.filter(
        kind=Kind.SECTION_REACHED, actor_uuid=by.uuid, facts__section=section
    )
    if document.state == ConsentState.OFFERED and section in SECTIONS and not seen.exists():
        note(document, Kind.SECTION_REACHED, at=at, by=by, section=section)
        _record("consent.section-reached", document, at=at, by=by, section=section)
    return document


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
    how = "typed" if signature.typed else "drawn"
    note(document, Kind.SIGNED, at=at, by=by, evidence=evidence, how=how)
    _record("consent.signed", document, at=at, by=by, how=how)
    _settle(document, at=at, reason="signed")
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
    _record("consent.declined", document, at=at, by=by)
    _settle(document, at=at, reason="declined")
    return document


@transaction.atomic
def countersign(document: ConsentDocument, *, at: datetime, by: User) -> ConsentDocument:
    """Whoever treats confirms that the talk took place; the seal follows by itself."""
    document = locked(document)
    if not by.may(Permission.COUNTERSIGN):
        raise MayNotCountersign
    _refuse_unprintable([by.signature_name])
    document.move_to(ConsentState.COUNTERSIGNED)
    document.countersigned_at, document.countersigned_by = at, by
    document.save()
    note(document, Kind.COUNTERSIGNED, at=at, by=by)
    _record("consent.countersigned", document, at=at, by=by)
    transaction.on_commit(partial(_ring, document.pk), robust=True)
    return document


@transaction.atomic
def supersede(document: ConsentDocument, *, at: datetime, by: User | None) -> ConsentDocument:
    """Something newer has taken its place; it stays readable as it was."""
    return _supersede(document, at=at, by=by)


@transaction.atomic
def withdraw(
    document: ConsentDocument, reason: str, *, at: datetime, by: PatientLink | User
) -> ConsentDocument:
    """The patient takes it back, from this moment on. A reason may be given, none is asked for."""
    document = locked(document)
    document.move_to(ConsentState.WITHDRAWN)
    document.save()
    Withdrawal.objects.create(
        document=document,
        at=at,
        reason=reason.strip()[:500],
        recorded_by=by if isinstance(by, User) else None,
    )
    note(document, Kind.WITHDRAWN, at=at, by=by)
    _record("consent.withdrawn", document, at=at, by=by)
    _settle(document, at=at, reason="withdrawn")
    transaction.on_commit(
        partial(consent_withdrawn.send_robust, ConsentDocument, document_id=document.pk)
    )
    return document


def locked(document: ConsentDocument) -> ConsentDocument:
    """The row as it stands now, ours until the end of the transaction."""
    return (
        ConsentDocument.objects.select_for_update(no_key=True, of=("self",))
        .select_related("patient__recipient", "template")
        .get(pk=document.pk)
    )


def _earlier(subject: str, replaces: ConsentDocument | None) -> ConsentDocument | None:
    """The one that a new document follows: the one named, else the last of the same subject."""
    if replaces is not None:
        return replaces
    return ConsentDocument.objects.filter(subject=subject).order_by("-pk").first()


def _supersede(document: ConsentDocument, *, at: datetime, by: User | None) -> ConsentDocument:
    document = locked(document)
    if document.state in {ConsentState.SUPERSEDED, ConsentState.WITHDRAWN}:
        return document
    document.move_to(ConsentState.SUPERSEDED)
    document.save()
    note(document, Kind.SUPERSEDED, at=at, by=by)
    _record("consent.superseded", document, at=at, by=by)
    _settle(document, at=at, reason="superseded")
    return document


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
    if sum(letter.isalpha() for letter in signature.signer_name) < LEAST_LETTERS:
        raise NoName
    _refuse_unprintable([signature.signer_name])
    if not signature.typed and (signature.ink is None or not signature.ink.is_a_signature()):
        raise NotSigned


def _refuse_unprintable(words: object) -> None:
    """Before anybody signs: a character without a glyph would be a box on the sealed paper."""
    if found := glyphs.missing(words):
        raise NoGlyphs(characters=glyphs.named(found))


def _settle(document: ConsentDocument, *, at: datetime, reason: str) -> None:
    """What was still to be sent about signing has lost its cause."""
    outbox.settle(document.cause, at=at, reason=reason)


def _record(
    action: str, document: ConsentDocument, *, at: datetime, by: Named | None, **facts: Fact
) -> None:
    audit.record(action, document, at=at, by=by, patient=document.patient.uuid, **facts)


def _ring(pk: int) -> None:
    """Wake a worker; a broker that is away costs a minute, never the signature."""
    try:
        current_app.send_task("consent.tasks.seal", [pk], retry=False, ignore_result=True)
    except (OperationalError, OSError):
        logger.warning("the broker cannot be reached; the next sweep seals", extra={"id": pk})
