"""The clinic's seal: one key with its certificate, in a PKCS#12 file that the settings name.

In development a missing file is made: a tiny authority whose own key is forgotten at once, and a
leaf. In production nothing is made: a clinic brings its key, and a wrong one stops
signing before it starts.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from asn1crypto import x509 as asn1  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from pyhanko.sign import SimpleSigner

from clinic.errors import ClinicError

USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
VALID = timedelta(days=3 * 365)
BEFORE = timedelta(days=10 * 365)  # a demo signs in the past


class SealNotReady(ClinicError):
    code = "seal-not-ready"
    text = _(
        "The clinic's seal cannot be used: %(reason)s. Until it works nothing can be signed. "
        "Tell the administrator."
    )


def ready(*, at: datetime) -> bool:
    """Whether a document signed at that moment could be sealed; for the health check."""
    try:
        check(at=at)
    except SealNotReady:
        return False
    return True


def check(*, at: datetime) -> None:
    """Refuse the start of signing while the seal is missing, locked or past its date."""
    if expires_at(signer(at=at).signing_cert) <= at:
        raise SealNotReady(reason=_("its certificate is past its date"))


def signer(*, at: datetime) -> SimpleSigner:
    """The key, loaded once per process and again when the file changes."""
    path = Path(settings.SEAL_FILE)
    if not path.exists():
        ensure_key(at=at)
    return _load(path, path.stat().st_mtime_ns, settings.SEAL_PASSWORD)


def roots(*, at: datetime) -> list[asn1.Certificate]:
    """Whom our own check believes: the authorities that came with the key."""
    own = signer(at=at)
    others = [cert for cert in own.cert_registry if cert.ca]
    return others or [own.signing_cert]


def fingerprint(certificate: asn1.Certificate) -> str:
    return str(certificate.sha256.hex())


def expires_at(certificate: asn1.Certificate) -> datetime:
    ends: datetime = certificate.not_valid_after
    return ends


def ensure_key(*, at: datetime) -> None:
    """Make a key where there is none yet; a second process that does the same changes nothing."""
    path = Path(settings.SEAL_FILE)
    if path.exists():
        return
    if settings.PRODUCTION:
        raise SealNotReady(reason=_("there is no key file"))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.parent / f".{uuid4()}.draft"
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_new_key(at))
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int, password: str) -> SimpleSigner:
    try:
        data = path.read_bytes()
        signer: SimpleSigner = SimpleSigner.load_pkcs12_data(data, [], password.encode())
    except (ValueError, OSError) as error:
        raise SealNotReady(reason=_("its file cannot be opened with the password")) from error
    return signer


def _new_key(at: datetime) -> bytes:
    root_key, leaf_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    root_name = _name(f"{settings.CLINIC_NAME} Root")
    root = _certificate(root_name, root_name, root_key.public_key(), root_key, at)
    leaf = _certificate(
        _name(f"{settings.CLINIC_NAME} Seal"), root_name, leaf_key.public_key(), root_key, at
    )
    return pkcs12.serialize_key_and_certificates(
        b"seal", leaf_key, leaf, [root], BestAvailableEncryption(settings.SEAL_PASSWORD.encode())
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    by: ec.EllipticCurvePrivateKey,
    at: datetime,
) -> x509.Certificate:
    is_root = subject == issuer
    allowed = (
        {"key_cert_sign", "crl_sign"} if is_root else {"digital_signature", "content_commitment"}
    )
    usage = x509.KeyUsage(**{use: use in allowed for use in USES})
    seal_key = x509.SubjectKeyIdentifier.from_public_key(key)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    basic = x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at.astimezone(UTC) - BEFORE)
        .not_valid_after(at.astimezone(UTC) + VALID)
        .add_extension(basic, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(seal_key, critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(by, hashes.SHA256())
    )
