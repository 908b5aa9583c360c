"""The seal: a countersigned consent becomes one file that nobody can change unseen.

The heavy part (print, seal, look at the result) runs outside of any transaction. The file is kept
write-once under the document's own name, so a worker that dies between file and row leaves a file
that the next one looks at and takes over: there is never a second one.
"""

from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from io import BytesIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter

from clinic.errors import ClinicError, WrongState
from clinic.messaging import links, outbox
from clinic.messaging.models import Channel, Purpose
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent import evidence, inspection, keys, rendering
from consent.content import digest_of_bytes
from consent.models import ConsentDocument, ConsentState, SignatureEventKind
from consent.signals import consent_signed
from consent.text import text_of

COPY_OPEN = timedelta(days=30)
GRACE = timedelta(seconds=30)  # the bell rings at once; the sweep takes what nobody came for
RESERVED = 16384  # bytes for the signature: no trial run is needed to find the size
FIELD = "ClinicSeal"
LEVEL = "PAdES B-B"


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
    pdf = _kept(document)
    if pdf is None:
        pdf = certify(rendering.render(document), at=at)
        check(pdf, document, at=at)
        pdf = _keep(document, pdf)
    else:
        check(pdf, document, at=at)
    return _mark(document, pdf, at=at)


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


def certify(pdf: bytes, *, at: datetime) -> bytes:
    """The clinic's electronic seal over the whole file; no change is permitted after it."""
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signer = signers.PdfSigner(
        metadata, keys.signer(at=at), new_field_spec=SigFieldSpec(sig_field_name=FIELD)
    )

    def work() -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        return bytes(signer.sign_pdf(writer, bytes_reserved=RESERVED).getbuffer())

    return inspection.apart(work)


def check(pdf: bytes, document: ConsentDocument, *, at: datetime) -> None:
    """A file counts only when its seal holds and the words of this document are found in it."""
    seal = inspection.seal_of(pdf, at=at)
    if seal is None or not seal.whole:
        raise NotSealed(reason=_("its own check failed"))
    layer = inspection.text_of(pdf)
    text = text_of(document)
    content = text.content
    wanted = [drug.name for drug in content.drugs]
    wanted += [
        document.content_sha256,
        content.patient.name,
        f"{text.labels['sessions']} {content.sessions.count}",
    ]
    if not all(inspection.holds(layer, phrase) for phrase in wanted):
        raise NotSealed(
            reason=_("a product, the sessions, the name or the fingerprint is missing in it")
        )


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
    return pdf


@transaction.atomic
def _mark(document: ConsentDocument, pdf: bytes, *, at: datetime) -> ConsentDocument:
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
        "certificate": keys.fingerprint(keys.signer(at=at).signing_cert),
        "level": LEVEL,
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
    channel = channel_for(document)
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
            values=contact(document),
        ),
        at=at,
    )


def channel_for(document: ConsentDocument) -> Channel | None:
    """How the patient allows us to write to them; mail first, because it costs them nothing."""
    recipient = document.patient.recipient
    return next((c for c in (Channel.EMAIL, Channel.SMS) if recipient.allows(c)), None)


def contact(document: ConsentDocument) -> dict[str, str]:
    """Whom the message tells to call: the clinic as the document names it."""
    clinic = document.clinic
    return {
        "clinic": clinic.name,
        "clinic_phone": clinic.phone,
        "urgent_phone": clinic.urgent_phone,
        "emergency_number": clinic.emergency_number,
    }
