"""What a screen reader says, in the order in which it says it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import pikepdf
import pytest

from consent import inspection, rendering
from consent.text import Text, text_of
from tests.consent.conftest import Sample
from tests.factories.consent import make_content, make_countersigned, with_name
from tests.factories.patients import make_patient

HEADINGS = {"H1", "H2", "H3"}
INSIDE = {"Span", "Strong", "NonStruct"}  # say nothing of their own


class Said(NamedTuple):
    """A piece of text as it is read aloud."""

    tag: str
    words: str
    language: str  # empty: that of the document


def read_aloud(pdf: bytes) -> list[Said]:
    """Every piece in the order of the tree of tags."""
    with pikepdf.open(BytesIO(pdf)) as file:
        words = words_of(file)
        numbers = {page.obj.objgen: number for number, page in enumerate(file.pages)}

        def walk(node: Any, above: Said) -> Iterator[Said]:
            name = str(node.S)[1:] if "/S" in node else ""
            here = Said(
                tag=above.tag if name in INSIDE else name,
                words="",
                language=str(node.get("/Lang", above.language)),
            )
            kids: Any = node.get("/K", [])
            for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
                if isinstance(kid, int):
                    yield here._replace(words=words[numbers[node.Pg.objgen], kid])
                elif "/S" in kid:
                    yield from walk(kid, here)

        said = list(walk(file.Root.StructTreeRoot, Said("", "", "")))
    return [one for one in said if one.words.strip()]


def words_of(file: pikepdf.Pdf) -> dict[tuple[int, int], str]:
    """The words of every marked piece, by page and number."""
    found: dict[tuple[int, int], str] = defaultdict(str)
    for number, page in enumerate(file.pages):
        maps = {
            name: inspection.unicode_map(font.ToUnicode.read_bytes())
            for name, font in page.Resources.Font.items()
        }
        piece, glyphs = -1, {}
        instructions: Iterable[Any] = pikepdf.parse_content_stream(page)
        for operands, operator in instructions:
            match str(operator):
                case "BDC":
                    piece = int(operands[1].get("/MCID", -1))
                case "Tf":
                    glyphs = maps[str(operands[0])]
                case "TJ":
                    codes = b"".join(bytes(s) for s in operands[0] if isinstance(s, pikepdf.String))
                    found[number, piece] += inspection.decoded(codes.hex().encode(), glyphs)
    return found


def headings(said: list[Said]) -> list[tuple[str, str]]:
    """Each heading with its level; one of two lines is one."""
    groups = groupby(said, key=lambda one: (one.tag, one.language))
    return [
        (tag, squeezed("".join(one.words for one in group)))
        for (tag, _), group in groups
        if tag in HEADINGS
    ]


def squeezed(words: str) -> str:
    return "".join(words.split())


def numbered(text: Text) -> list[str]:
    sections = [*text.sections, text.statement]
    return [squeezed(f"{one.number}. {one.heading}") for one in sections]


def test_headings_are_read_in_order_and_no_level_is_left_out(sample: Sample) -> None:
    said = headings(read_aloud(sample.pdf))
    text = text_of(sample.document)
    assert said[0] == ("H1", squeezed(text.title))
    assert [tag for tag, _ in said].count("H1") == 1
    second = [words for tag, words in said if tag == "H2"]
    assert second[: len(text.sections) + 1] == numbered(text)
    assert second[-1] == squeezed(text.labels["evidence"])
    levels = [int(tag[1]) for tag, _ in said]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_paragraph_is_read_once_under_its_heading(sample: Sample) -> None:
    text = text_of(sample.document)
    aloud = squeezed("".join(words for _, words, _ in read_aloud(sample.pdf)))
    wanted = [
        squeezed(words)
        for section in (*text.sections, text.statement)
        for words in (f"{section.number}. {section.heading}", *section.paragraphs)
    ]
    places = [aloud.find(words) for words in wanted]
    assert -1 not in places
    assert places == sorted(places)
    assert [words for words in wanted if aloud.count(words) > 1] == []


@pytest.mark.django_db
def test_two_languages_are_read_section_by_section_each_in_its_own() -> None:
    patient = make_patient()
    document = make_countersigned(
        patient,
        content=make_content(patient, language="uk"),
        asking={"beside": make_content(patient, language="en")},
    )
    text = text_of(document)
    assert text.beside is not None
    pdf = rendering.render(document)
    said = read_aloud(pdf)
    second = [words for tag, words in headings(said) if tag == "H2"]
    pairs = list(zip(numbered(text), numbered(text.beside), strict=True))
    expected = [words for pair in pairs for words in pair][:-1]  # the signature in one language
    assert "".join(second).startswith("".join(expected))
    voices = {squeezed(one.words): one.language for one in said}
    assert set(voices.values()) == {"", "en", "uk"}
    for one, other in pairs[:-1]:
        assert (voices[one], voices[other]) == ("uk", "en")


@pytest.mark.django_db
def test_names_in_every_script_that_we_print_are_found_and_read() -> None:
    patient = make_patient()
    names = "Łucja Fikcyjna, Ελένη Φανταστική, רות דמיונית, فاطمة خيالية"
    document = make_countersigned(patient, content=with_name(make_content(patient), names))
    pdf = rendering.render(document)
    assert inspection.holds(inspection.text_of(pdf), names)
    with pikepdf.open(BytesIO(pdf)) as file:
        used = {str(one.BaseFont) for one in file.objects if is_font(one)}
    assert any("Hebrew" in name for name in used)
    assert any("Arab" in name for name in used)


def is_font(one: object) -> bool:
    return isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"
