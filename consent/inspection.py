"""What a PDF itself says: whether its seal holds, and which words its text layer has.

A reader's exit code proves nothing: a forged page on top of a valid seal is "valid" for many. So
the seal counts only with the whole file covered and no change after it.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from asn1crypto import cms  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import (
    PdfSignatureStatus,
    SignatureCoverageLevel,
    TimestampSignatureStatus,
)
from pyhanko_certvalidator import ValidationContext

from consent import keys

T = TypeVar("T")
BROKEN = (PdfError, SigningError, SignatureValidationError, ValueError, KeyError, IndexError)


class Level(StrEnum):
    """How much a seal proves by itself."""

    BASIC = "PAdES B-B"
    TIMED = "PAdES B-T"  # and when, by somebody else's clock
    LASTING = "PAdES B-LT"  # and that nothing was revoked then


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What became of the one seal of a file."""

    ours: bool  # made with a certificate of this clinic
    whole: bool  # it holds, it covers every byte, nothing came after it
    certificate: str  # SHA-256 of it
    reason: str  # why it is not whole; for a log, never for a person
    level: Level = Level.BASIC
    stamped_at: datetime | None = None  # by a time-stamp authority; None: no such time is known


def seal_of(pdf: bytes, *, at: datetime, earlier: Iterable[x509.Certificate] = ()) -> Seal | None:
    """The seal as it stands in these bytes; None where there is none, or this is no PDF.

    `earlier` are authorities of keys that were in use before.
    """
    return apart(lambda: _seal_of(pdf, [*keys.key(at=at).roots, *earlier], at=at))


def lasting_trust(*, at: datetime) -> ValidationContext:
    """Whom to believe when a seal is made to last: each certificate needs its list."""
    listed = [one.public_bytes(Encoding.DER) for one in keys.revocations()]
    return ValidationContext(
        trust_roots=[*map(as_asn1, keys.key(at=at).roots), *map(as_asn1, _clocks())],
        crls=listed,
        allow_fetching=False,
        revocation_mode="require",
    )


def time_of(token: bytes, digest: bytes) -> datetime | None:
    """The moment a time-stamp token names, if it is about this hash and from whom we believe."""
    trust = ValidationContext(trust_roots=list(map(as_asn1, _clocks())), allow_fetching=False)

    def work() -> datetime | None:
        signed = cms.ContentInfo.load(token)["content"]
        facts = asyncio.run(validate_tst_signed_data(signed, trust, lambda _kind: digest))
        status = TimestampSignatureStatus(**facts)
        believed = status.intact and status.valid and status.trusted
        return status.timestamp if believed else None

    try:
        return apart(work)
    except BROKEN:
        return None


def as_asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))


def apart(work: Callable[[], T]) -> T:
    """In a thread of its own: pyHanko runs an event loop, and a test's browser has one already."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(work).result()


def _seal_of(pdf: bytes, roots: list[x509.Certificate], *, at: datetime) -> Seal | None:
    try:
        reader = PdfFileReader(BytesIO(pdf))
        seals = reader.embedded_signatures
    except BROKEN:
        return None
    if not seals:
        return None
    certificate = x509.load_der_x509_certificate(seals[0].signer_cert.dump())
    seal = Seal(
        ours=_is_ours(certificate, roots),
        whole=False,
        certificate=keys.fingerprint(certificate),
        reason="",
    )
    try:
        status = _validated(seals[0], roots, at=at)
    except BROKEN as error:
        return replace(seal, reason=type(error).__name__)
    reason = _fault(status) if len(seals) == 1 else "more than one seal"
    stamp = status.timestamp_validity
    has_lists = "/DSS" in reader.root
    level = Level.LASTING if has_lists else Level.TIMED
    return replace(
        seal,
        whole=not reason,
        reason=reason,
        level=Level.BASIC if stamp is None else level,
        stamped_at=None if stamp is None else stamp.timestamp,
    )


def _validated(
    seal: EmbeddedPdfSignature, roots: list[x509.Certificate], *, at: datetime
) -> PdfSignatureStatus:
    trust = ValidationContext(
        trust_roots=list(map(as_asn1, roots)), moment=at, allow_fetching=False
    )
    clocks = ValidationContext(trust_roots=list(map(as_asn1, _clocks())), allow_fetching=False)
    return validate_pdf_signature(seal, trust, clocks, skip_diff=True)


def _fault(status: PdfSignatureStatus) -> str:
    """Nothing at all may come after the seal, so nobody need look at what came: that takes
    seconds, and anybody may upload a file."""
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        return "something came after the seal"
    if not status.bottom_line or not status.docmdp_ok:
        return "the seal does not hold"
    return ""


def _clocks() -> list[x509.Certificate]:
    """The authorities whose time is believed."""
    path = settings.SEAL_TSA_ROOTS
    return keys.authorities(Path(path)) if path else []


def _is_ours(certificate: x509.Certificate, roots: list[x509.Certificate]) -> bool:
    for root in roots:
        if certificate == root:
            return True
        with suppress(InvalidSignature, ValueError, TypeError):
            certificate.verify_directly_issued_by(root)
            return True
    return False


# ---- the text layer: our own files only, as WeasyPrint writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a reader finds in a file of ours."""

    text: str  # the words a screen reader or a search finds, page after page
    pages: int
    foreign_fonts: tuple[str, ...]  # that are not inside the file


def contents_of(pdf: bytes) -> Contents:
    reader = PdfFileReader(BytesIO(pdf))
    tree = reader.root["/Pages"]
    pages = [page.get_object() for page in tree["/Kids"]]
    fonts: dict[str, DictionaryObject] = {}
    for page in pages:
        named = page["/Resources"]["/Font"]
        fonts |= {str(name).lstrip("/"): named[name] for name in named.keys()}  # noqa: SIM118
    glyphs = {name: unicode_map(font["/ToUnicode"].data) for name, font in fonts.items()}
    return Contents(
        text="\n".join(_page_text(page, glyphs) for page in pages),
        pages=int(tree["/Count"]),
        foreign_fonts=tuple(str(f["/BaseFont"]) for f in fonts.values() if not _is_inside(f)),
    )


def text_of(pdf: bytes) -> str:
    return contents_of(pdf).text


def holds(text: str, phrase: str) -> bool:
    """Whether the phrase stands in it, across line breaks; right-to-left words may be turned."""
    squeezed = "".join(text.split())
    if "".join(phrase.split()) in squeezed:
        return True
    words = [word.strip(",.;:") for word in phrase.split()]
    return all(word in squeezed or word[::-1] in squeezed for word in words)


def page_count(pdf: bytes) -> int:
    return contents_of(pdf).pages


SHOWN = re.compile(rb"/(\S+) [\d.]+ Tf|<([0-9a-fA-F]*)>")
PAIR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
SECTION = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)


def _page_text(page: DictionaryObject, glyphs: dict[str, dict[bytes, str]]) -> str:
    stream = page["/Contents"]
    parts = [stream] if isinstance(stream, StreamObject) else [part.get_object() for part in stream]
    return "".join(_words(b"\n".join(part.data for part in parts), glyphs))


def _is_inside(font: DictionaryObject) -> bool:
    drawn = font["/DescendantFonts"][0] if "/DescendantFonts" in font else font
    if "/FontDescriptor" not in drawn:
        return False
    described = drawn["/FontDescriptor"]
    return any(f"/FontFile{kind}" in described for kind in ("", "2", "3"))


def _words(content: bytes, fonts: dict[str, dict[bytes, str]]) -> list[str]:
    words: list[str] = []
    glyphs: dict[bytes, str] = {}
    for font, shown in SHOWN.findall(content):
        if font:
            glyphs = fonts.get(font.decode(), {})
            words.append(" ")
            continue
        words.append(decoded(shown, glyphs))
    return words


def decoded(shown: bytes, glyphs: dict[bytes, str]) -> str:
    """The words that these glyphs, four hexadecimal digits each, stand for."""
    codes = shown.lower()
    return "".join([glyphs.get(codes[at : at + 4], "") for at in range(0, len(codes), 4)])


def unicode_map(table: bytes) -> dict[bytes, str]:
    """What each glyph means, from a font's own table."""
    return {
        code.lower(): bytes.fromhex(text.decode()).decode("utf-16-be")
        for section in SECTION.findall(table)
        for code, text in PAIR.findall(section)
    }
