"""A consent is taken back: at once, and then on a sealed page of its own.

The page is printed and sealed like the consent itself, outside of any transaction, write-once; a
worker that dies in between leaves a file that the next one takes over.
"""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from clinic.messaging.models import PatientLink
from clinic.record import audit, worklist
from clinic.record.audit import Named
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent import certificates, glyphs, inspection, keys, pades, rendering, sealing
from consent.content import digest_of_bytes
from consent.evidence import note
from consent.export import DamagedFile
from consent.models import (
    ConsentDocument,
    ConsentState,
    SignatureEventKind,
    Withdrawal,
)
from consent.signals import consent_withdrawn
from consent.signing import locked, record, ring, settle
from consent.text import Text, text_of

Kind = SignatureEventKind


@transaction.atomic
def withdraw(
    document: ConsentDocument, reason: str, *, at: datetime, by: PatientLink | User
) -> ConsentDocument:
    """The patient takes it back, from this moment on. A reason may be given, none is asked for."""
    document = locked(document)
    document.move_to(ConsentState.WITHDRAWN)
    document.save()
    withdrawal = Withdrawal.objects.create(
        document=document,
        at=at,
        reason=reason.strip()[:500],
        recorded_by=by if isinstance(by, User) else None,
    )
    note(document, Kind.WITHDRAWN, at=at, by=by)
    record("consent.withdrawn", document, at=at, by=by)
    settle(document, at=at, reason="withdrawn")
    bell = partial(ring, "consent.tasks.seal_withdrawal", withdrawal.pk)
    transaction.on_commit(bell, robust=True)
    transaction.on_commit(
        partial(consent_withdrawn.send_robust, ConsentDocument, document_id=document.pk)
    )
    return document


def seal(withdrawal: Withdrawal, *, at: datetime) -> Withdrawal:
    """Print its page, seal it, look at it, keep it, and only then say so. Twice makes one page."""
    withdrawal = Withdrawal.objects.select_related(
        "document__template", "document__patient", "recorded_by"
    ).get(pk=withdrawal.pk)
    if withdrawal.sealed_at is not None:
        return withdrawal
    certificates.remember(at=at)
    name, storage = file_name(withdrawal), EncryptedStorage()
    if not storage.exists(name):
        pdf = pades.certify(render(withdrawal), at=at)
        _check(pdf, withdrawal, at=at)
        try:
            storage.save_once(name, pdf)
        except FileExistsError:
            pass  # another worker was faster; its page was checked there
        except OSError as error:
            raise sealing.NotSealed(reason=_("the file could not be stored")) from error
    return _mark(withdrawal, digest_of_bytes(storage.read(name)), at=at)


def seal_or_ask(withdrawal: Withdrawal, *, at: datetime) -> Withdrawal:
    """Seal it; where that fails, a person learns of it and the sweep tries again."""
    try:
        return seal(withdrawal, at=at)
    except (sealing.NotSealed, rendering.NotRendered, keys.SealNotReady) as error:
        document = withdrawal.document
        worklist.ask(
            TaskKind.CONSENT_PROBLEM,
            f"seal:{withdrawal.cause}",
            document,
            role=Role.ADMINISTRATOR,
            patient=document.patient.uuid,
            due_at=at,
            at=at,
            code=error.code,
        )
        raise


@transaction.atomic
def read(withdrawal: Withdrawal, *, at: datetime, by: Named) -> bytes:
    """Its sealed page, compared with the hash of the seal; every reading is on the record."""
    pdf = EncryptedStorage().read(withdrawal.file)
    if digest_of_bytes(pdf) != withdrawal.pdf_sha256:
        raise DamagedFile
    document = withdrawal.document
    audit.record("consent.withdrawal-read", document, at=at, by=by, patient=document.patient.uuid)
    return pdf


def render(withdrawal: Withdrawal) -> bytes:
    """The page as a file, in the language that was signed."""
    text = text_of(withdrawal.document)
    return rendering.print_pdf(page(withdrawal, text), [])


def page(withdrawal: Withdrawal, text: Text) -> str:
    reason = withdrawal.reason
    for character in glyphs.missing([reason]):  # a withdrawal is never refused for a sign
        reason = reason.replace(character, "?")
    context = {
        "withdrawal": withdrawal,
        "document": withdrawal.document,
        "text": text,
        "reason": reason,
    }
    with translation.override(text.language):
        return render_to_string("pdf/consent/withdrawal.html", context)


def file_name(withdrawal: Withdrawal) -> str:
    return f"withdrawals/{withdrawal.uuid}"


def waiting(*, at: datetime) -> QuerySet[Withdrawal]:
    """Taken back a while ago, and the page is not sealed yet."""
    rows = Withdrawal.objects.filter(sealed_at=None, at__lte=at - sealing.GRACE)
    return rows.select_related("document__patient").order_by("pk")


def _check(pdf: bytes, withdrawal: Withdrawal, *, at: datetime) -> None:
    """It counts only when its seal holds and it says which consent of whom was taken back."""
    seal = inspection.seal_of(pdf, at=at, earlier=certificates.authorities())
    layer = inspection.text_of(pdf)
    wanted = [withdrawal.document.code, withdrawal.document.content["patient"]["name"]]
    if seal is None or not seal.whole:
        raise sealing.NotSealed(reason=_("its own check failed"))
    if not all(inspection.holds(layer, phrase) for phrase in wanted):
        raise sealing.NotSealed(reason=_("the name or the code is missing in it"))


@transaction.atomic
def _mark(withdrawal: Withdrawal, pdf_sha256: str, *, at: datetime) -> Withdrawal:
    document = locked(withdrawal.document)
    withdrawal = Withdrawal.objects.select_for_update(no_key=True).get(pk=withdrawal.pk)
    if withdrawal.sealed_at is not None:
        return withdrawal
    withdrawal.sealed_at, withdrawal.pdf_sha256 = at, pdf_sha256
    withdrawal.file = file_name(withdrawal)
    withdrawal.save(update_fields=["sealed_at", "pdf_sha256", "file"])
    note(document, Kind.WITHDRAWAL_SEALED, at=at, by=None, pdf_sha256=pdf_sha256)
    record("consent.withdrawal-sealed", document, at=at, by=None, pdf_sha256=pdf_sha256)
    worklist.settle(f"seal:{withdrawal.cause}", at=at)
    return withdrawal
