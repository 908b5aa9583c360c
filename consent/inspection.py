"""What a PDF itself says: whether its seal holds, and which words its text layer has.

A reader's exit code proves nothing: a forged page on top of a valid seal is "valid" for many. So
the seal counts only with the whole file covered and no change after it.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, TypeVar

from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from consent import keys

T = TypeVar("T")
BROKEN = (PdfError, SigningError, SignatureValidationError, ValueError, KeyError, IndexError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What became of the one seal of a file."""

    ours: bool  # made with the clinic's certificate
    whole: bool  # it holds, it covers every byte, nothing came after it
    certificate: str  # SHA-256 of it
    reason: str  # why it is not whole; for a log, never for a person


def seal_of(pdf: bytes, *, at: datetime) -> Seal | None:
    """The seal as it stands in these bytes; None where there is none, or this is no PDF."""
    return apart(lambda: _seal_of(pdf, at=at))


def text_of(pdf: bytes) -> str:
    """The words a screen reader or a search finds, page after page."""
    reader = PdfFileReader(BytesIO(pdf))
    pages = reader.root["/Pages"]["/Kids"]
    return "\n".join(_page_text(page.get_object()) for page in pages)


def holds(text: str, phrase: str) -> bool:
    """Whether the phrase stands in it, across line breaks; right-to-left words may be turned."""
    squeezed = "".join(text.split())
    if "".join(phrase.split()) in squeezed:
        return True
    return all(word in squeezed or word[::-1] in squeezed for word in phrase.split())


def page_count(pdf: bytes) -> int:
    return int(PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"])


def apart(work: Callable[[], T]) -> T:
    """In a thread of its own: pyHanko runs an event loop, and a test's browser has one already."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(work).result()


def _seal_of(pdf: bytes, *, at: datetime) -> Seal | None:
    try:
        seals = PdfFileReader(BytesIO(pdf)).embedded_signatures
    except BROKEN:
        return None
    if not seals:
        return None
    certificate = seals[0].signer_cert
    trust = ValidationContext(trust_roots=keys.roots(at=at), allow_fetching=False)
    try:
        status = validate_pdf_signature(seals[0], signer_validation_context=trust)
    except BROKEN as error:
        return Seal(
            ours=_is_ours(certificate, at=at),
            whole=False,
            certificate=keys.fingerprint(certificate),
            reason=type(error).__name__,
        )
    reason = "" if len(seals) == 1 else "more than one seal"
    if not status.bottom_line:
        reason = "the seal does not hold"
    elif status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        reason = "something came after the seal"
    elif not status.docmdp_ok or status.modification_level != ModificationLevel.NONE:
        reason = "it was changed after the seal"
    return Seal(
        ours=_is_ours(certificate, at=at),
        whole=not reason,
        certificate=keys.fingerprint(certificate),
        reason=reason,
    )


def _is_ours(certificate: Any, *, at: datetime) -> bool:
    issuers = {root.subject.native["common_name"] for root in keys.roots(at=at)}
    return certificate.issuer.native.get("common_name") in issuers


# ---- the text layer: our own files only, as WeasyPrint writes them

SHOWN = re.compile(rb"/(\S+) [\d.]+ Tf|<([0-9a-fA-F]*)>")
PAIR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
SECTION = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)


def _page_text(page: DictionaryObject) -> str:
    fonts = {
        str(name).lstrip("/"): _unicode_map(page["/Resources"]["/Font"][name])
        for name in page["/Resources"]["/Font"]
    }
    stream = page["/Contents"]
    parts = [stream] if isinstance(stream, StreamObject) else [part.get_object() for part in stream]
    return "".join(_words(b"\n".join(part.data for part in parts), fonts))


def _words(content: bytes, fonts: dict[str, dict[bytes, str]]) -> list[str]:
    words: list[str] = []
    glyphs: dict[bytes, str] = {}
    for font, shown in SHOWN.findall(content):
        if font:
            glyphs = fonts.get(font.decode(), {})
            words.append(" ")
            continue
        codes = (shown[start : start + 4].lower() for start in range(0, len(shown), 4))
        words.append("".join(glyphs.get(code, "") for code in codes))
    return words


def _unicode_map(font: DictionaryObject) -> dict[bytes, str]:
    table = font["/ToUnicode"].data
    return {
        code.lower(): bytes.fromhex(text.decode()).decode("utf-16-be")
        for section in SECTION.findall(table)
        for code, text in PAIR.findall(section)
    }
