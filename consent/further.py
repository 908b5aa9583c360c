"""Others who sign beside the patient, where the clinic's rules ask for it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from clinic.messaging.models import PatientLink
from clinic.staff.models import User
from consent.evidence import NOTHING, Evidence, note
from consent.models import (
    ConsentDocument,
    ConsentState,
    FurtherSignature,
    SignatureEventKind,
    SignerRole,
)
from consent.refusals import NotAsked, SameSigner, TextChanged
from consent.signing import Mark, locked, record, refuse_unprintable


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherMark(Mark):
    """How somebody beside the patient signs, and as what."""

    role: SignerRole
    relation: str = ""


@transaction.atomic
def sign(
    document: ConsentDocument,
    mark: FurtherMark,
    *,
    content_sha256: str,
    evidence: Evidence = NOTHING,
    at: datetime,
    by: PatientLink | User,
) -> FurtherSignature:
    """The same text, after the patient; the same signature sent again changes nothing."""
    document, role = locked(document), mark.role
    there = document.further_signatures.filter(role=role).first()
    if there is not None and there.signature == mark.as_data():
        return there
    if document.state != ConsentState.SIGNED or role not in document.open_signers:
        raise NotAsked
    if content_sha256 != document.content_sha256:
        raise TextChanged
    mark.refuse_incomplete()
    refuse_unprintable([mark.relation])
    _refuse_the_same(document, mark.signer_name)
    signature = FurtherSignature.objects.create(
        document=document,
        role=role,
        name=mark.signer_name,
        relation=mark.relation.strip()[:200],
        signature=mark.as_data(),
        signed_at=at,
    )
    kind = SignatureEventKind.FURTHER_SIGNED
    note(document, kind, at=at, by=by, evidence=evidence, role=role.value, how=mark.how)
    record("consent.further-signed", document, at=at, by=by, role=role.value)
    return signature


def _refuse_the_same(document: ConsentDocument, name: str) -> None:
    """Nobody is their own witness."""
    names = [document.signer_name, *document.further_signatures.values_list("name", flat=True)]
    if name.casefold().split() in [one.casefold().split() for one in names]:
        raise SameSigner
