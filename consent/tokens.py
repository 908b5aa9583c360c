"""A key that never leaves its token: the seal of a clinic whose key lives in hardware (PKCS#11)."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256


class TokenFault(Exception):
    """The token is away, locked, without this key, or it holds another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """Where a key is, and how to reach it; each signature opens a session of its own, so a token
    that was pulled out and put back works again."""

    library: str
    token: str
    label: str
    pin: str = field(repr=False)

    def sign(self, data: bytes, digest_algorithm: str) -> bytes:
        """The signature as a PDF holds it; the kind of the key decides how it is made."""
        import pkcs11  # noqa: PLC0415  only where there is a token
        from pkcs11.util.ec import encode_ecdsa_signature  # noqa: PLC0415

        with self._key() as key:
            if key.key_type == pkcs11.KeyType.EC:
                digest = hashlib.new(digest_algorithm, data).digest()
                raw = key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
                return bytes(encode_ecdsa_signature(raw))
            name = f"{digest_algorithm.upper()}_RSA_PKCS"
            return bytes(key.sign(data, mechanism=pkcs11.Mechanism[name]))

    def prove(self, certificate: x509.Certificate) -> None:
        """Whether the token answers, and its key is the one of this certificate."""
        data = os.urandom(32)
        signature, public = self.sign(data, "sha256"), certificate.public_key()
        try:
            if isinstance(public, ec.EllipticCurvePublicKey):
                public.verify(signature, data, ec.ECDSA(SHA256()))
            else:
                public.verify(signature, data, padding.PKCS1v15(), SHA256())  # type: ignore[union-attr, call-arg, arg-type]  # RSA
        except InvalidSignature as error:
            raise TokenFault from error

    @contextmanager
    def _key(self) -> Iterator[Any]:
        import pkcs11  # noqa: PLC0415

        try:
            token = pkcs11.lib(self.library).get_token(token_label=self.token)
            with token.open(user_pin=self.pin) as session:
                yield session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.label)
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise TokenFault from error
