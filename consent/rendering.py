"""The document as a file: PDF/A-3a and PDF/UA-1 in one, the evidence inside, byte for byte the same
however often it is made. No network, no file but our own fonts and style."""

import base64
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import pydyf  # type: ignore[import-untyped]
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from PIL import Image
from qrcode.constants import ERROR_CORRECT_L
from qrcode.main import QRCode

from clinic.errors import ClinicError
from consent import binding, evidence
from consent.content import canonical
from consent.ink import Ink
from consent.models import ConsentDocument, SignatureEvent, SignatureEventKind
from consent.text import Text, text_of

try:
    from weasyprint import CSS, HTML, Attachment, Document
    from weasyprint.formatting_structure.boxes import LineBox
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher
except OSError as missing:  # a native library; what is said names it
    raise ImproperlyConfigured(
        f"PDFs cannot be drawn: {missing}. On Debian or Ubuntu: "
        "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    ) from missing

FOLDER = Path(settings.ROOT) / "static" / "pdf"
VARIANT = "pdf/a-3a"
NO_FETCHING = URLFetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
ONE_AT_A_TIME = Lock()  # Pango's font maps are not shared between threads
QR_MASK = 2  # any of the eight reads as well; to look for the "best" takes longest
PDF_UA = b"""<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>
"""


class NotRendered(ClinicError):
    code = "not-rendered"
    text = _("The document could not be made: %(reason)s. Nothing was sealed.")


class Press(NamedTuple):
    """What is the same for every document of this process."""

    style: CSS
    fonts: FontConfiguration


def render(document: ConsentDocument) -> bytes:
    """The unsealed PDF of a countersigned document."""
    text = text_of(document)
    steps = evidence.before_seal(document)
    return print_pdf(page(document, text, steps), attachments(document, text, steps))


def page(document: ConsentDocument, text: Text, steps: list[SignatureEvent]) -> str:
    """The HTML that is printed, in the signed language."""
    context = {
        "document": document,
        "text": text,
        "ink": ink_of(document),
        "choices": choices(document, text),
        "further": [
            (one, text.labels[one.role], text.labels["attests"][one.role], ink_in(one.signature))
            for one in document.further_signatures.order_by("pk")
        ],
        "questions": document.questions.select_related("answered_by").order_by("pk"),
        "steps": [_step(event, text) for event in _told(steps)],
        "head": steps[-1].hash if steps else evidence.FIRST,
        "check_url": check_url(),
        "qr": qr_of(f"{check_url()}?code={document.code}"),
    }
    with translation.override(text.language):
        return render_to_string("pdf/consent/document.html", context)


def check_url() -> str:
    """Where anybody may ask whether a paper is ours."""
    return settings.SITE_URL.rstrip("/") + reverse("consent:verify")


def qr_of(words: str) -> str:
    """A QR code as a tiny picture: drawn as lines it would be laid out again on each page."""
    code = QRCode(error_correction=ERROR_CORRECT_L, border=0, mask_pattern=QR_MASK)
    code.add_data(words, optimize=0)
    rows = code.get_matrix()
    picture = Image.new("1", (len(rows), len(rows)), 1)
    picture.putdata([0 if dark else 1 for row in rows for dark in row])
    file = BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def print_pdf(html: str, attached: list[Attachment], *, style: str = "consent") -> bytes:
    """HTML to PDF with our style; whatever asks for a resource from outside is an error."""
    with ONE_AT_A_TIME, binding.undisturbed():
        try:
            return _printed(html, attached, press(style))
        except FatalURLFetchingError as error:  # a BaseException, which nothing above would catch
            raise NotRendered(reason=_("it asks for a resource from outside")) from error


def _printed(html: str, attached: list[Attachment], ready: Press) -> bytes:
    laid_out = HTML(string=html, url_fetcher=NO_FETCHING).render(
        font_config=ready.fonts, stylesheets=[ready.style], pdf_variant=VARIANT
    )
    laid_out.metadata.attachments.extend(attached)
    with warnings.catch_warnings():  # WeasyPrint leaves its colour profile open
        warnings.simplefilter("ignore", ResourceWarning)
        pdf: bytes = laid_out.write_pdf(finisher=_finish, pdf_variant=VARIANT)
    return pdf


@cache
def press(style: str = "consent") -> Press:
    """Parsed style and fonts, once per process: a new font configuration each time leaks."""
    with _our_fonts():
        fonts = FontConfiguration()
    css = (FOLDER / f"{style}.css").read_text(encoding="utf-8")
    return Press(CSS(string=css, font_config=fonts, url_fetcher=NO_FETCHING), fonts)


def attachments(
    document: ConsentDocument, text: Text, steps: list[SignatureEvent]
) -> list[Attachment]:
    """What a court or another program reads: the content, and how it was signed."""
    made = document.countersigned_at or document.created_at
    files = {
        "content.json": (text.content.as_data(), "Content of the consent"),
        "evidence.json": (proof(document, steps), "How it was signed"),
    }
    return [_attachment(name, data, said, made) for name, (data, said) in files.items()]


def proof(document: ConsentDocument, steps: list[SignatureEvent]) -> dict[str, Any]:
    """All that is known of the signature; what is not known is null."""
    return {
        "document": str(document.uuid),
        "subject": document.subject,
        "content_sha256": document.content_sha256,
        "terms_sha256": document.terms_sha256,
        "wording": {
            "language": document.template.language,
            "version": document.template.version,
            "sha256": document.template.sha256,
        },
        "photo_use": document.photo_use,
        "photo_use_default": None,
        "signer_name": document.signer_name,
        "signature": document.signature,
        "further_signatures": [
            {
                "role": one.role,
                "name": one.name,
                "relation": one.relation,
                "signature": one.signature,
            }
            for one in document.further_signatures.order_by("pk")
        ],
        "events": [
            evidence.as_data(event) | {"previous": event.previous, "hash": event.hash}
            for event in steps
        ],
        "made_with": {"weasyprint": version("weasyprint")},
    }


def ink_of(document: ConsentDocument) -> Ink | None:
    """The drawn signature; None where the name was typed."""
    return ink_in(document.signature or {})


def ink_in(signature: dict[str, Any]) -> Ink | None:
    drawn = signature.get("ink")
    return Ink.from_data(drawn) if drawn else None


def choices(document: ConsentDocument, text: Text) -> list[dict[str, str]]:
    """Each photo question with its answer, in the words the patient saw."""
    return [
        {
            "question": said(text, f"photo_{use}"),
            "answer": said(text, "yes" if allowed else "no"),
        }
        for use, allowed in document.photo_answers
    ]


def said(text: Text, label: str) -> str:
    """In both languages where there are two."""
    words = [one.labels[label] for one in (text, text.beside) if one is not None]
    return " / ".join(words)


def _told(steps: list[SignatureEvent]) -> list[SignatureEvent]:
    """Of like steps one after the other (sections reached, questions of understanding) only the
    last; the file inside has them all."""
    alike = {SignatureEventKind.SECTION_REACHED, SignatureEventKind.CHECK_ANSWERED}
    following = [*(event.kind for event in steps[1:]), ""]
    pairs = zip(steps, following, strict=False)
    return [event for event, then in pairs if not (event.kind == then and then in alike)]


def _step(event: SignatureEvent, text: Text) -> dict[str, object]:
    labels = text.labels["events"]
    label = labels.get(event.kind, event.kind)  # a wording of before knows fewer steps
    if event.kind == SignatureEventKind.SECTION_REACHED:
        label = f"{label}: {text.headings.get(str(event.facts['section']), '')}"
    return {
        "label": label,
        "at": event.at,
        "who": _who(event, text),
        "address": event.address,
    }


def _who(event: SignatureEvent, text: Text) -> str:
    if event.actor_kind == "staff.user":
        return event.actor_name
    return str(text.labels["patient" if event.actor_uuid else "system"])


def _attachment(name: str, data: object, said: str, made: datetime) -> Attachment:
    return Attachment(
        string=canonical(data),
        name=name,
        description=said,
        created=made.astimezone(UTC),  # without dates it would take the present one
        modified=made.astimezone(UTC),
        relationship="Data" if name == "content.json" else "Supplement",
        url_fetcher=NO_FETCHING,
    )


def _finish(document: Document, pdf: pydyf.PDF) -> None:
    """What WeasyPrint does not write by itself."""
    _say_pdf_ua(pdf)
    _say_languages(document, pdf)
    pdf.objects = [binding.bound(one) for one in pdf.objects]


def _say_languages(document: Document, pdf: pydyf.PDF) -> None:
    """Each passage in another language is an article: with its language a screen reader changes
    its voice. The tags stand in the order of their boxes."""
    spoken = [
        box.element.get("lang", "")
        for page in document.pages
        for box in page._page_box.descendants()
        if box.element_tag == "article" and not isinstance(box, LineBox)
    ]
    tags = [one for one in pdf.objects if isinstance(one, dict) and one.get("S") == "/Art"]
    if len(tags) != len(spoken):
        raise NotRendered(reason=_("its languages cannot be told apart"))
    for tag, language in zip(tags, spoken, strict=True):
        tag["Lang"] = pydyf.String(language)


def _say_pdf_ua(pdf: pydyf.PDF) -> None:
    """WeasyPrint writes one variant; the second mark goes inside its metadata."""
    number = int(pdf.catalog["Metadata"].split()[0])
    stream = pdf.objects[number]
    whole = b"".join(part if isinstance(part, bytes) else part.encode() for part in stream.stream)
    end = b"</rdf:RDF>"
    if whole.count(end) != 1:
        raise NotRendered(reason=_("its metadata have an unknown form"))
    stream.stream = [whole.replace(end, PDF_UA + end)]
    if "DisplayDocTitle" not in pdf.catalog["ViewerPreferences"]:
        raise NotRendered(reason=_("its title would not be shown"))


@contextmanager
def _our_fonts() -> Iterator[None]:
    """Fontconfig reads its configuration from the environment, once per font map."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(FOLDER / "fonts.conf")
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before
