"""The electronic seal itself: PAdES over the whole file, after which no change is permitted.

With a time stamp where an authority is configured, and with all that a check in many years needs
where the lists of revoked certificates are at hand. What cannot be had is left out, never made up.
"""

import logging
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from io import BytesIO

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import Signer, signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import (
    DSSContentSettings,
    PdfSignatureMetadata,
    SigDSSPlacementPreference,
)
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from consent import inspection, keys, timestamps
from consent.keys import SealKey
from consent.tokens import TokenKey

FIELD = "ClinicSeal"
RESERVED = 8192  # bytes for the signature: no trial run is needed to find the size
RESERVED_WITH_TIME = 32768
IN_ONE_GO = DSSContentSettings(
    include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
)
DIGESTS = {"sha256": SHA256(), "sha384": SHA384(), "sha512": SHA512()}
PLAIN = PdfSignatureMetadata(
    field_name=FIELD,
    md_algorithm="sha256",
    subfilter=SigSeedSubFilter.PADES,
    certify=True,
    docmdp_permissions=MDPPerm.NO_CHANGES,
)

logger = logging.getLogger(__name__)


class KeptKey(Signer):
    """Signs with a key that stays loaded; pyHanko's own loads and checks it each time."""

    def __init__(self, own: SealKey) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(map(inspection.as_asn1, own.issuers))
        super().__init__(signing_cert=inspection.as_asn1(own.certificate), cert_registry=store)
        self.private = own.private

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002  as pyHanko calls it
    ) -> bytes:
        if isinstance(self.private, TokenKey):
            return self.private.sign(data, digest_algorithm)
        digest = DIGESTS[digest_algorithm]
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ec.ECDSA(digest))
        return self.private.sign(data, padding.PKCS1v15(), digest)


def certify(pdf: bytes, *, at: datetime) -> bytes:
    """The file with the clinic's seal, at the highest level that can be had at this moment."""
    own = keys.key(at=at)
    own.prove()
    if settings.SEAL_TSA_URL:
        for lasting in (True, False) if settings.SEAL_CRLS else (False,):
            if (sealed := _stamped(pdf, own, lasting=lasting, at=at)) is not None:
                return sealed
    return _sealed(pdf, own, PLAIN)


def _stamped(pdf: bytes, own: SealKey, *, lasting: bool, at: datetime) -> bytes | None:
    """None where the authority does not answer, or its answer does not hold."""
    how = PLAIN
    if lasting:
        trust = inspection.lasting_trust(at=at)
        how = replace(
            how, embed_validation_info=True, validation_context=trust, dss_settings=IN_ONE_GO
        )
    try:
        sealed = _sealed(pdf, own, how, timestamps.Authority(settings.SEAL_TSA_URL))
    except (*timestamps.NO_TIME, SigningError, PathError, ValidationError) as error:
        logger.warning("sealed without a time stamp: %s", type(error).__name__)
        return None
    seal = inspection.seal_of(sealed, at=at)
    return sealed if seal is not None and seal.whole else None


def _sealed(
    pdf: bytes,
    own: SealKey,
    how: PdfSignatureMetadata,
    authority: timestamps.Authority | None = None,
) -> bytes:
    signer = signers.PdfSigner(
        how,
        _signer(own),
        timestamper=authority,
        new_field_spec=SigFieldSpec(sig_field_name=FIELD),
    )
    reserved = RESERVED_WITH_TIME if authority else RESERVED

    def work() -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        return bytes(signer.sign_pdf(writer, bytes_reserved=reserved).getbuffer())

    return inspection.apart(work)


@lru_cache(maxsize=4)
def _signer(own: SealKey) -> KeptKey:
    return KeptKey(own)
