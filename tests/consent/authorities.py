"""Imaginary authorities for tests: who issues certificates, takes them back, and tells the time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.timestamps import DummyTimeStamper

from consent import inspection, keys

PASSWORD = "a password of the tests"


@cache
def clock_key() -> rsa.RSAPrivateKey:
    """pyHanko's imaginary clock knows no other kind; drawing one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Authority:
    """A root that issues certificates."""

    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, name: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(name, key, signed(name, name, key, key, {"key_cert_sign", "crl_sign"}))

    def issue(
        self,
        name: str,
        *,
        ends: datetime | None = None,
        tells_time: bool = False,
        key: keys.FileKey | None = None,
    ) -> tuple[keys.FileKey, x509.Certificate]:
        key = key or (clock_key() if tells_time else ec.generate_private_key(ec.SECP256R1()))
        uses = {"digital_signature", "content_commitment"}
        return key, signed(name, self.name, key, self.key, uses, ends=ends, tells_time=tells_time)

    def revoked(self, *certificates: x509.Certificate) -> bytes:
        now = datetime.now(UTC)
        listed = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - timedelta(hours=1))
            .next_update(now + timedelta(days=30))
        )
        for certificate in certificates:
            listed = listed.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certificate.serial_number)
                .revocation_date(now - timedelta(minutes=30))
                .build()
            )
        return listed.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def signed(  # noqa: PLR0913  the words of a certificate
    name: str,
    issuer: str,
    key: keys.FileKey,
    by: ec.EllipticCurvePrivateKey,
    uses: set[str],
    *,
    ends: datetime | None = None,
    tells_time: bool = False,
) -> x509.Certificate:
    is_root = name == issuer
    now = datetime.now(UTC)
    usage = x509.KeyUsage(**{use: use in uses for use in keys.USES})
    builder = (
        x509.CertificateBuilder()
        .subject_name(keys._name(name))
        .issuer_name(keys._name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(ends or now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
    )
    if tells_time:
        clock = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(clock, critical=True)
    return builder.sign(by, hashes.SHA256())


def write_key(file: Path, root: Authority, *, ends: datetime | None = None) -> x509.Certificate:
    """A seal as a clinic would buy it."""
    key, leaf = root.issue("Imaginary Clinic Seal", ends=ends)
    data = pkcs12.serialize_key_and_certificates(
        b"seal", key, leaf, [root.certificate], BestAvailableEncryption(PASSWORD.encode())
    )
    file.write_bytes(data)
    return leaf


class Clock:
    """A time-stamp authority on loopback."""

    def __init__(self, root: Authority) -> None:
        key, leaf = root.issue("Imaginary Clock", tells_time=True)
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self.leaf, self.asked, self.answers = leaf, 0, True
        self.stamper = DummyTimeStamper(
            tsa_cert=inspection.as_asn1(leaf),
            tsa_key=asn1_keys.PrivateKeyInfo.load(der),
        )

    def answer(self, body: bytes) -> bytes:
        request = tsp.TimeStampReq.load(body)
        answer = asyncio.run(self.stamper.async_request_tsa_response(request))
        return bytes(answer.dump())


@contextmanager
def running(clock: Clock) -> Iterator[str]:
    """The address at which it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            clock.asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = clock.answer(body) if clock.answers else b"out of order"
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
