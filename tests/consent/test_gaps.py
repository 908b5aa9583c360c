"""Every name that a clinic's sentence may use has its value in a consent."""

from dataclasses import replace

import pytest

from consent import offering
from consent.gaps import KNOWN, LISTS, WORDS, values_of
from consent.models import ConsentDocument
from consent.sandbox import Unfilled, check, fill
from consent.text import compose, text_of
from tests.factories.consent import make_content, make_drug, make_offered, make_wording
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

EVERY = " ".join(f"{{{{ {name} }}}}" for name in WORDS) + "".join(
    f" {{% for one in {name} %}}{{{{ one }}}}, {{% endfor %}}" for name in LISTS
)


def test_every_name_is_known_and_has_its_value() -> None:
    check(EVERY, KNOWN)
    content = make_content(price="2,000 a session")
    values = values_of(content)
    assert values.words.keys() == set(WORDS)
    assert values.lists.keys() == set(LISTS)
    said = fill(EVERY, values)
    assert all(drug.name in said for drug in content.drugs)
    assert "Sodium hyaluronate" in said
    assert str(content.sessions.count) in said


@pytest.mark.django_db
def test_a_document_says_what_its_own_version_says_for_this_plan() -> None:
    make_wording(rights="Dear {{ patient }}, you get {{ session_count }} sessions.")
    document = make_offered()
    make_wording(rights="Something newer")
    [section] = [one for one in text_of(document).sections if one.key == "rights"]
    assert section.paragraphs == (f"Dear {document.patient.full_name}, you get 4 sessions.",)


@pytest.mark.django_db
def test_a_plan_that_leaves_a_gap_open_gets_no_document() -> None:
    make_wording(about="Our aim: {{ goal }}.")
    patient, desk = make_patient(), make_staff()
    proposal = offering.Proposal(content=make_content(patient, goal=""))
    with pytest.raises(Unfilled, match="goal"):
        offering.offer(patient, "plan:x", proposal, at=NOW, by=desk)
    assert not ConsentDocument.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_all_gaps_hold_the_most_a_plan_can_say(language: str) -> None:
    template = make_wording(language, about=EVERY)
    name = ("<img src=x onerror=alert(1)> 😀 שלום " * 20)[:200]
    content = make_content(
        language=language,
        price="1",
        drugs=tuple(make_drug(n, name=f"Product{n:03} " + "x" * 100) for n in range(40)),
        other_conditions=("A condition. " * 800,),
    )
    content = replace(content, patient=replace(content.patient, name=name))
    [about] = [one for one in compose(content, template).sections if one.key == "about"]
    assert name in about.paragraphs[0]
    assert "Product039" in about.paragraphs[0]
