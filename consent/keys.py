"""The clinic's seal: one certificate and its key, in a PKCS#12 file that the settings name.

In development a missing file is made: a tiny authority whose own key is forgotten at once, and a
leaf. In production nothing is made: a clinic brings its key, and one that is wrong, past its date
or revoked stops signing before it starts.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from consent.tokens import TokenFault, TokenKey

FileKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PrivateKey = FileKey | TokenKey
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
PEM = b"-----BEGIN"


class SealNotReady(ClinicError):
    code = "seal-not-ready"
    text = _(
        "The clinic's seal cannot be used: %(reason)s. Until it works nothing can be signed. "
        "Tell the administrator."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKey:
    """What a seal is made with, and whom it is believed for."""

    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...]
    private: PrivateKey

    def prove(self) -> None:
        """A key in a token answers, and is this certificate's; one in a file came with it."""
        if isinstance(self.private, TokenKey):
            try:
                self.private.prove(self.certificate)
            except TokenFault as error:
                raise SealNotReady(reason=_("its token does not answer with this key")) from error

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.certificate)

    @property
    def expires_at(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def roots(self) -> list[x509.Certificate]:
        """Whom our own check believes: the authorities that came with the key."""
        return [one for one in self.issuers if is_authority(one)] or [self.certificate]


def ready(*, at: datetime) -> bool:
    """Whether a document signed at that moment could be sealed; for the health check."""
    try:
        check(at=at)
    except SealNotReady:
        return False
    return True


def check(*, at: datetime) -> None:
    """Refuse the start of signing while the seal is missing, locked, past its date or revoked."""
    own = key(at=at)
    own.prove()
    if own.expires_at <= at:
        raise SealNotReady(reason=_("its certificate is past its date"))
    if own.certificate.not_valid_before_utc > at:
        raise SealNotReady(reason=_("its certificate is not valid yet"))
    if any(_revokes(listed, own) for listed in revocations()):
        raise SealNotReady(reason=_("its certificate was revoked"))


def key(*, at: datetime) -> SealKey:
    """Loaded once per process, and again when the file changes."""
    path = Path(settings.SEAL_FILE)
    if settings.SEAL_TOKEN_LIBRARY:
        return _load_chain(path, _place())
    if not path.exists():
        ensure_key(at=at)
    return _load(path, path.stat().st_mtime_ns, settings.SEAL_PASSWORD)


def revocations() -> list[x509.CertificateRevocationList]:
    """The lists of revoked certificates that the clinic keeps beside its key."""
    try:
        return [_crl(path, path.stat().st_mtime_ns) for path in map(Path, settings.SEAL_CRLS)]
    except (ValueError, OSError) as error:
        raise SealNotReady(reason=_("a list of revoked certificates cannot be read")) from error


def authorities(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file."""
    return x509.load_pem_x509_certificates(path.read_bytes())


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


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


def _place() -> TokenKey:
    return TokenKey(
        library=settings.SEAL_TOKEN_LIBRARY,
        token=settings.SEAL_TOKEN,
        label=settings.SEAL_TOKEN_KEY,
        pin=settings.SEAL_TOKEN_PIN,
    )


def _load_chain(path: Path, place: TokenKey) -> SealKey:
    """The certificates beside a token: the clinic's own first, then who issued it."""
    try:
        own, *issuers = authorities(path)
    except (ValueError, OSError) as error:
        raise SealNotReady(reason=_("its certificates cannot be read")) from error
    return SealKey(certificate=own, issuers=tuple(issuers), private=place)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int, password: str) -> SealKey:
    try:
        bundle = pkcs12.load_pkcs12(path.read_bytes(), password.encode())
    except (ValueError, OSError) as error:
        raise SealNotReady(reason=_("its file cannot be opened with the password")) from error
    if bundle.cert is None or not isinstance(bundle.key, FileKey):
        raise SealNotReady(reason=_("its file holds no key"))
    issuers = tuple(one.certificate for one in bundle.additional_certs)
    return SealKey(certificate=bundle.cert.certificate, issuers=issuers, private=bundle.key)


@lru_cache(maxsize=8)
def _crl(path: Path, _changed: int) -> x509.CertificateRevocationList:
    data = path.read_bytes()
    is_pem = data.lstrip().startswith(PEM)
    return (x509.load_pem_x509_crl if is_pem else x509.load_der_x509_crl)(data)


def _revokes(listed: x509.CertificateRevocationList, own: SealKey) -> bool:
    """Only the word of an authority that came with the key counts."""
    number = own.certificate.serial_number
    if listed.get_revoked_certificate_by_serial_number(number) is None:
        return False
    return any(_signed(listed, one) for one in own.issuers)


def _signed(listed: x509.CertificateRevocationList, by: x509.Certificate) -> bool:
    try:
        return listed.is_signature_valid(by.public_key())  # type: ignore[arg-type]  # any kind
    except (InvalidSignature, TypeError):
        return False


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
