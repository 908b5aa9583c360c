"""The seal: a countersigned consent becomes one file that nobody can change unseen.

The heavy part (print, seal, look at the result) runs outside of any transaction. The file is kept
write-once under the document's own name, so a worker that dies between file and row leaves a file
that the next one looks at and takes over: there is never a second one.
"""

from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState
from clinic.messaging import links, outbox
from clinic.messaging.models import Purpose
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent import binding, certificates, contact, evidence, inspection, keys, pades, rendering
from consent.content import digest_of_bytes
from consent.inspection import Seal
from consent.models import ConsentDocument, ConsentState, SignatureEventKind
from consent.signals import consent_signed
from consent.text import text_of

COPY_OPEN = timedelta(days=30)
GRACE = timedelta(seconds=30)  # the bell rings at once; the sweep takes what nobody came for


class NotSealed(ClinicError):
    code = "not-sealed"
    text = _("The document was not sealed: %(reason)s. Nothing was kept; it is tried again.")


def seal(document: ConsentDocument, *, at: datetime) -> ConsentDocument:
    """Print, seal, check, keep, and only then say so. Doing it twice makes one document."""
    document = ConsentDocument.objects.select_related(
        "template", "patient__recipient", "countersigned_by"
    ).get(pk=document.pk)
    if document.state == ConsentState.SEALED:
        return document
    if document.state != ConsentState.COUNTERSIGNED:
        raise WrongState(state=ConsentState(document.state).label)
    certificates.remember(at=at)
    with binding.undisturbed():
        pdf, seal = _sealed(document, at=at)
    return _mark(document, pdf, seal, at=at)


def seal_or_ask(document: ConsentDocument, *, at: datetime) -> ConsentDocument:
    """Seal it; where that fails, a person learns of it and the sweep tries again."""
    try:
        return seal(document, at=at)
    except (NotSealed, rendering.NotRendered, keys.SealNotReady) as error:
        worklist.ask(
            TaskKind.CONSENT_PROBLEM,
            f"seal:{document.cause}",
            document,
            role=Role.ADMINISTRATOR,
            patient=document.patient.uuid,
            due_at=at,
            at=at,
            code=error.code,
        )
        raise


def _sealed(document: ConsentDocument, *, at: datetime) -> tuple[bytes, Seal]:
    """The file that counts, and what its seal says."""
    pdf = _kept(document)
    if pdf is None:
        made = pades.certify(rendering.render(document), at=at)
        seal, pdf = check(made, document, at=at), _keep(document, made)
        if pdf is made:
            return pdf, seal
    return pdf, check(pdf, document, at=at)


def check(pdf: bytes, document: ConsentDocument, *, at: datetime) -> Seal:
    """A file counts only when its seal holds and the words of this document are found in it."""
    seal = inspection.seal_of(pdf, at=at, earlier=certificates.authorities())
    if seal is None or not seal.whole:
        raise NotSealed(reason=_("its own check failed"))
    found = inspection.contents_of(pdf)
    if found.foreign_fonts:
        raise NotSealed(reason=_("a font is missing in it"))
    labels = text_of(document).labels
    last = f"{labels['page']} {found.pages} {labels['of']} {found.pages}"
    if not inspection.holds(found.text, last):
        raise NotSealed(reason=_("a page is missing in it"))
    if not all(inspection.holds(found.text, phrase) for phrase in _wanted(document)):
        raise NotSealed(
            reason=_("a product, the sessions, the name or the fingerprint is missing in it")
        )
    return seal


def _wanted(document: ConsentDocument) -> list[str]:
    """What has to be found in the file: whom, what, how often, and how it was agreed to."""
    text = text_of(document)
    content = text.content
    return [
        *(drug.name for drug in content.drugs),
        document.content_sha256,
        content.patient.name,
        document.signer_name,
        f"{text.labels['sessions']}: {content.sessions.count}",
    ]


def file_name(document: ConsentDocument) -> str:
    return f"consents/{document.uuid}"


def _kept(document: ConsentDocument) -> bytes | None:
    """What an earlier try has left, and was killed before it could say so."""
    storage = EncryptedStorage()
    name = file_name(document)
    return storage.read(name) if storage.exists(name) else None


def _keep(document: ConsentDocument, pdf: bytes) -> bytes:
    """Write it once; where another worker was faster, its file counts: it was checked there."""
    storage = EncryptedStorage()
    try:
        storage.save_once(file_name(document), pdf)
    except FileExistsError:
        return storage.read(file_name(document))
    except OSError as error:
        raise NotSealed(reason=_("the file could not be stored")) from error
    return pdf


@transaction.atomic
def _mark(document: ConsentDocument, pdf: bytes, seal: Seal, *, at: datetime) -> ConsentDocument:
    document = (
        ConsentDocument.objects.select_for_update(no_key=True, of=("self",))
        .select_related("patient__recipient", "template")
        .get(pk=document.pk)
    )
    if document.state == ConsentState.SEALED:
        return document
    document.move_to(ConsentState.SEALED)
    document.sealed_at, document.valid_until = at, document.end_of_validity(at)
    document.file, document.pdf_bytes = file_name(document), len(pdf)
    document.pdf_sha256 = digest_of_bytes(pdf)
    document.seal = {
        "certificate": seal.certificate,
        "level": seal.level,
        "stamped_at": seal.stamped_at.isoformat() if seal.stamped_at else None,
        "pyhanko": version("pyhanko"),
        "weasyprint": version("weasyprint"),
    }
    document.save()
    evidence.note(
        document, SignatureEventKind.SEALED, at=at, by=None, pdf_sha256=document.pdf_sha256
    )
    audit.record(
        "consent.sealed",
        document,
        at=at,
        by=None,
        patient=document.patient.uuid,
        pdf_sha256=document.pdf_sha256,
    )
    worklist.settle(f"seal:{document.cause}", at=at)
    _offer_copy(document, at=at)
    transaction.on_commit(
        partial(consent_signed.send_robust, ConsentDocument, document_id=document.pk)
    )
    return document


def _offer_copy(document: ConsentDocument, *, at: datetime) -> None:
    """The patient gets the paper by a link, where they allow to be written to."""
    recipient = document.patient.recipient
    channel = contact.channel_for(document)
    if channel is None:
        return
    link = links.make(recipient, Purpose.CONSENT, document.cause, expires_at=at + COPY_OPEN, at=at)
    outbox.owe(
        outbox.Owed(
            subject=document.cause,
            message="consent-copy",
            recipient=recipient,
            channel=channel,
            due_at=at,
            not_after=at + COPY_OPEN,
            patient_uuid=document.patient.uuid,
            link=link,
            values=contact.words(document),
        ),
        at=at,
    )
