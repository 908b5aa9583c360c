"""A consent in two languages: side by side, one fingerprint over both, whole on paper."""

import re
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import pikepdf
import pytest
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string

from clinic.knowledge.loader import load
from consent import inspection, rendering
from consent.models import ConsentDocument
from consent.text import text_of
from tests.factories.consent import make_content, make_countersigned, make_drug, make_offered
from tests.factories.patients import make_patient

pytestmark = pytest.mark.django_db
ORDER_READ = ("About this paper", "Про цей документ", "How many sessions", "Скільки сеансів")


def in_two(language: str = "uk", **changes: object) -> dict[str, object]:
    patient = make_patient()
    content = make_content(patient, language="en", **changes)
    beside = make_content(patient, language=language, **changes)
    return {"patient": patient, "content": content, "asking": {"beside": beside}}


def test_each_section_stands_beside_its_like() -> None:
    document = make_offered(**in_two())  # type: ignore[arg-type]
    text = text_of(document)
    assert text.beside is not None
    assert len(text.pairs) == len(text.beside.sections) == len(text.sections)
    assert all(other and one.key == other.key for one, other in text.pairs)
    page = render_to_string("consent/text/sections.html", {"text": text})
    assert page.count('lang="uk"') == page.count('lang="en"') == len(text.sections)
    assert page.index("How many sessions") < page.index("Скільки сеансів")


def test_the_fingerprint_covers_both_and_the_second_never_changes() -> None:
    facts = in_two()
    document = make_offered(**facts)  # type: ignore[arg-type]
    alone = make_offered(content=facts["content"])  # type: ignore[arg-type]
    assert document.content_sha256 != alone.content_sha256
    assert document.terms_sha256 == alone.terms_sha256
    other = replace(facts["asking"]["beside"], goal="Інша мета")  # type: ignore[index]
    changed = make_offered(content=facts["content"], asking={"beside": other})  # type: ignore[arg-type]
    assert changed.content_sha256 != document.content_sha256
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentDocument.objects.filter(pk=document.pk).update(second_content={})


def test_both_are_whole_in_the_file_section_by_section() -> None:
    drugs = tuple(make_drug(n, name=f"Product{n:03}") for n in range(40))
    document = make_countersigned(**in_two(drugs=drugs))  # type: ignore[arg-type]
    pdf = rendering.render(document)
    layer, text = inspection.text_of(pdf), text_of(document)
    assert text.beside is not None
    for one in (text, text.beside):
        said = [s.heading for s in one.sections] + [risk.label for risk in one.content.risks]
        said += [item.text for item in one.content.aftercare]
        assert [words for words in said if not inspection.holds(layer, words)] == []
    found = re.sub(r"\s+", "", layer)
    assert all(found.count(drug.name) >= 2 for drug in drugs)
    places = [found.index(re.sub(r"\s+", "", words)) for words in ORDER_READ]
    assert places == sorted(places)


def test_headings_follow_each_other_and_tables_have_their_heads() -> None:
    with pikepdf.open(BytesIO(rendering.render(make_countersigned()))) as pdf:
        order = [kind for kind in kinds_of(pdf) if re.fullmatch("H[1-6]", kind)]
        assert order[0] == "H1"
        assert order.count("H1") == 1
        levels = [int(kind[1]) for kind in order]
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
        assert order.count("H2") >= len(load().consent_contents) - 3
        assert {"TH", "TD", "Table"} <= set(kinds_of(pdf))


def kinds_of(pdf: pikepdf.Pdf) -> list[str]:
    """The kinds of all tags, in the order in which they are read aloud."""
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append(str(node.S).lstrip("/"))
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot.K)
    return found
