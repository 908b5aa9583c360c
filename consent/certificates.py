"""The certificates that sealed here, now and before; and whoever has to renew one in time."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction

from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role
from consent import keys
from consent.models import SealCertificate

RENEWAL = timedelta(days=60)  # buying a seal takes weeks


@transaction.atomic
def remember(*, at: datetime) -> SealCertificate:
    """Keep the certificate that is in use now; a new one is on the record once."""
    own = keys.key(at=at)
    row, is_new = SealCertificate.objects.get_or_create(
        fingerprint=own.fingerprint,
        defaults={
            "pem": b"".join(
                one.public_bytes(Encoding.PEM) for one in (own.certificate, *own.issuers)
            ).decode(),
            "first_used_at": at,
            "expires_at": own.expires_at,
        },
    )
    if is_new:
        audit.record("consent.seal-changed", row, at=at, by=None, fingerprint=row.fingerprint)
    return row


@transaction.atomic
def remind(*, at: datetime) -> SealCertificate:
    """Ask for a new certificate before this one ends; when there is one, the task is done."""
    row = remember(at=at)
    for other in SealCertificate.objects.exclude(pk=row.pk).order_by("pk"):
        worklist.settle(_cause(other), at=at)
    if row.expires_at - at <= RENEWAL:
        worklist.ask(
            TaskKind.CONSENT_PROBLEM,
            _cause(row),
            row,
            role=Role.ADMINISTRATOR,
            due_at=at,
            at=at,
            code="seal-renewal",
            ends=row.expires_at.date().isoformat(),
        )
    return row


def authorities() -> list[x509.Certificate]:
    """Whom a seal of this clinic may name as its issuer, those of earlier keys too."""
    rows = SealCertificate.objects.order_by("pk").values_list("pem", flat=True)
    found: list[x509.Certificate] = []
    for pem in rows:
        own, *issuers = x509.load_pem_x509_certificates(pem.encode())
        found += [one for one in issuers if keys.is_authority(one)] or [own]
    return found


def _cause(row: SealCertificate) -> str:
    return f"seal-renewal:{row.fingerprint}"
