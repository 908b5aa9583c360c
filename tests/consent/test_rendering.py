"""The printed document: the same bytes each time, our fonts alone, nothing from outside."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC
from io import BytesIO

import pikepdf
import pytest
from qrcode.constants import ERROR_CORRECT_L
from qrcode.main import QRCode

from consent import glyphs, inspection, rendering
from consent.text import text_of
from tests.consent.conftest import Sample
from tests.factories.consent import (
    make_content,
    make_countersigned,
    make_drug,
    make_offered,
    make_signature,
    with_name,
)
from tests.factories.patients import make_patient

LONG = "Оксана-Вікторія Пересада " * 8


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ru", "uk"])
def test_the_same_document_is_the_same_bytes_and_holds_every_word(language: str) -> None:
    document = make_countersigned(language=language)
    pdf = rendering.render(document)
    assert rendering.render(document) == pdf
    layer = inspection.text_of(pdf)
    text = text_of(document)
    said = [text.title, *[s.heading for s in text.sections], text.statement.heading]
    said += [p for s in (*text.sections, text.statement) for p in s.paragraphs]
    said += [d.name for d in text.content.drugs] + [r.label for r in text.content.risks]
    said += [a.text for a in text.content.aftercare] + [text.content.patient.name]
    said += [text.labels[f"photo_{use}"] for use in ("record", "teaching", "marketing")]
    assert [words for words in said if not inspection.holds(layer, words)] == []


def test_the_file_says_that_it_is_archived_and_accessible(sample: Sample) -> None:
    with pikepdf.open(BytesIO(sample.pdf)) as pdf:
        metadata = pdf.Root.Metadata.read_bytes()
        assert re.search(rb'pdfaid:part="3"[^>]*pdfaid:conformance="A"', metadata)
        assert b'pdfuaid:part="1"' in metadata
        assert metadata.index(b'pdfuaid:part="1"') < metadata.index(b"</rdf:RDF>")
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in pdf.Root
        assert pdf.Root.OutputIntents[0].OutputConditionIdentifier


def test_each_font_is_ours_and_embedded_with_its_meaning(sample: Sample) -> None:
    with pikepdf.open(BytesIO(sample.pdf)) as pdf:
        fonts = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and is_font(o)]
        assert fonts
        for font in fonts:
            assert "Noto" in str(font.BaseFont)
            assert "/ToUnicode" in font
            assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor


def is_font(thing: pikepdf.Dictionary) -> bool:
    return thing.get("/Type") == "/Font" and thing.get("/Subtype") == "/Type0"


def test_the_evidence_travels_inside_with_dates_of_its_own(sample: Sample) -> None:
    with pikepdf.open(BytesIO(sample.pdf)) as pdf:
        assert set(pdf.attachments) == {"content.json", "evidence.json"}
        content = json.loads(pdf.attachments["content.json"].get_file().read_bytes())
        proof = json.loads(pdf.attachments["evidence.json"].get_file().read_bytes())
        made = pdf.attachments["evidence.json"].get_file().creation_date
    assert content == sample.document.content
    assert [event["kind"] for event in proof["events"]][-1] == "countersigned"
    assert proof["content_sha256"] == sample.document.content_sha256
    assert proof["signature"]["ink"] == make_signature().as_data()["ink"]
    assert made is not None
    assert sample.document.countersigned_at is not None
    assert made.astimezone(UTC) == sample.document.countersigned_at


def test_ink_is_drawn_as_lines_with_words_for_who_cannot_see_it(sample: Sample) -> None:
    with pikepdf.open(BytesIO(sample.pdf)) as pdf:
        pictures = [page.get_images() for page in pdf.pages]
        alts = [
            str(o.Alt)
            for o in pdf.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"
        ]
    assert {len(found) for found in pictures} == {1}  # the QR code, and no other
    assert "Signature drawn by hand by Testova Fictiona" in alts


def test_a_code_on_each_page_leads_to_the_check_of_this_document(sample: Sample) -> None:
    dots = QRCode(error_correction=ERROR_CORRECT_L, border=0, mask_pattern=rendering.QR_MASK)
    dots.add_data(f"{rendering.check_url()}?code={sample.document.code}", optimize=0)
    expected = [[not dark for dark in row] for row in dots.get_matrix()]
    with pikepdf.open(BytesIO(sample.pdf)) as pdf:
        for page in pdf.pages:
            (raw,) = page.get_images().values()
            assert isinstance(raw, pikepdf.Stream)
            assert not raw.Interpolate
            seen = pikepdf.PdfImage(raw).as_pil_image().convert("1")
            pixels = [
                [bool(seen.getpixel((x, y))) for x in range(seen.width)] for y in range(seen.height)
            ]
            assert pixels == expected


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://example.com/a.png" alt="">',
        '<img src="file:///etc/hostname" alt="">',
        '<link rel="stylesheet" href="https://example.com/a.css">',
        '<link rel="attachment" href="file:///etc/hostname">',
        "<style>@import url(https://example.com/a.css);</style>",
        '<p style="background: url(file:///etc/hostname)">x</p>',
        "<style>@font-face { font-family: x; src: url(https://example.com/x.woff) }</style>"
        '<p style="font-family: x">x</p>',
    ],
)
def test_whatever_asks_for_something_outside_is_refused(html: str) -> None:
    with pytest.raises(rendering.NotRendered):
        rendering.print_pdf(f"<html><title>t</title><body>{html}</body></html>", [])


@pytest.mark.django_db
def test_strange_words_are_printed_as_they_are() -> None:
    patient = make_patient()
    name = (LONG + LONG)[:200]
    strange = ("<img src=x onerror=alert(1)>", "{{ settings.SECRET_KEY }}", 'O\'Brien & "Söhne"')
    content = with_name(make_content(patient, other_conditions=strange), name)
    layer = inspection.text_of(rendering.render(make_countersigned(patient, content=content)))
    assert [words for words in (name, *strange) if not inspection.holds(layer, words)] == []


@pytest.mark.django_db
def test_forty_products_and_a_long_text_are_printed_whole() -> None:
    drugs = tuple(make_drug(n, name=f"Product{n:03}") for n in range(40))
    long = "A condition that goes on and on. " * 620  # 20 KB
    document = make_countersigned(drugs=drugs, other_conditions=(long,))
    pdf = rendering.render(document)
    layer = inspection.text_of(pdf)
    assert all(inspection.holds(layer, drug.name) for drug in drugs)
    assert layer.count("goes on and on") >= 500
    assert inspection.page_count(pdf) > 10


@pytest.mark.django_db
def test_no_word_that_was_offered_lacks_a_glyph() -> None:
    document = make_offered(language="uk")
    html = rendering.page(document, text_of(document), [])
    assert glyphs.missing(html) == []


def test_right_to_left_words_are_found_turned_or_not() -> None:
    assert inspection.holds("name: לארשי", "ישראל")
    assert not inspection.holds("name: Anna", "Anne")


@pytest.mark.django_db
def test_a_typed_name_stands_where_the_ink_would() -> None:
    document = make_offered()
    document.signature = {"kind": "typed", "name": "Testova Fictiona"}
    document.signer_name = "Testova Fictiona"
    html = rendering.page(document, text_of(document), [])
    assert "<svg" not in html
    assert "Signed by typing the name" in html


def test_a_missing_native_library_names_the_package_to_install() -> None:
    """In a process of its own, in which WeasyPrint finds no Pango."""
    code = (
        "import sys, types\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'weasyprint':\n"
        "            raise OSError(\"cannot load library 'libpango-1.0-0'\")\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import django; django.setup()\n"
        "import consent.rendering\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "cannot load library 'libpango-1.0-0'" in ran.stderr
    assert "apt-get install libpango-1.0-0" in ran.stderr
