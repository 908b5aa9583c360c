"""Two fingerprints: one of every word, one of what must equal the plan."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.content import (
    BrokenContent,
    ConsentContent,
    Ingredient,
    OverrideTerm,
    document_sha256,
)
from tests.factories.consent import make_content, make_drug
from tests.factories.staff import NOW

BASE = make_content()
OTHER_TERMS: list[dict[str, Any]] = [
    {"drugs": (make_drug(1),)},
    {"drugs": (make_drug(1), make_drug(3))},
    {"drugs": (make_drug(1), make_drug(2, name="Vitafict", volume_ml=Decimal("2.6")))},
    {
        "drugs": (
            make_drug(1, ingredients=(Ingredient(name="Lidocaine", role="active"),)),
            make_drug(2, name="Vitafict"),
        )
    },
    {"sessions": replace(BASE.sessions, count=5)},
    {"sessions": replace(BASE.sessions, interval_days=7)},
    {"technique": replace(BASE.technique, id="TE-LINEAR")},
    {"area": replace(BASE.area, id="neck")},
    {"indication": replace(BASE.indication, id="ID-SCARS")},
    {"pain_relief": "Lidocaine injection"},
    {"overrides": ()},
    {"overrides": (OverrideTerm(rule="CI-X", label="A", reason="Another reason", doctor="D"),)},
]
SAME_TERMS: list[dict[str, Any]] = [
    {"language": "uk"},
    {"practitioner": "Somebody Else"},
    {"sessions": replace(BASE.sessions, booked=(NOW,))},
    {"technique": replace(BASE.technique, label="Папули")},
    {"drugs": tuple(reversed(BASE.drugs))},
    {"risks": ()},
]


@pytest.mark.parametrize("change", OTHER_TERMS)
def test_another_treatment_has_other_terms(change: dict[str, Any]) -> None:
    changed = replace(BASE, **change)
    assert changed.terms_sha256() != BASE.terms_sha256()
    assert changed.sha256() != BASE.sha256()


@pytest.mark.parametrize("change", SAME_TERMS)
def test_words_dates_and_staff_are_no_terms(change: dict[str, Any]) -> None:
    changed = replace(BASE, **change)
    assert changed.terms_sha256() == BASE.terms_sha256()
    assert changed.sha256() != BASE.sha256()


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_the_terms_are_the_same_in_every_language(language: str) -> None:
    assert make_content(language=language).terms_sha256() == BASE.terms_sha256()


@given(
    goal=st.text(),
    name=st.text(),
    count=st.integers(1, 99),
    volume=st.decimals("0.01", "50", places=2),
)
def test_what_is_stored_is_read_back_exactly(
    goal: str, name: str, count: int, volume: Decimal
) -> None:
    content = replace(
        BASE,
        goal=goal,
        drugs=(make_drug(1, name=name, volume_ml=volume),),
        sessions=replace(BASE.sessions, count=count),
    )
    again = ConsentContent.from_data(content.as_data())
    assert again == content
    assert again.sha256() == content.sha256()


@given(volume=st.decimals("0.01", "50", places=2), zeros=st.integers(0, 3))
def test_a_volume_is_its_number_however_it_is_written(volume: Decimal, zeros: int) -> None:
    longer = Decimal(f"{volume}{'0' * zeros}")
    one, two = (replace(BASE, drugs=(make_drug(1, volume_ml=v),)) for v in (volume, longer))
    assert one.terms_sha256() == two.terms_sha256()


@pytest.mark.parametrize(
    "breakage",
    [
        {"goal": None},
        {"drugs": {}},
        {"sessions": {"count": 4}},
        {"allergy_test_required": 1},
        {"invented": "key"},
        {"patient": {"name": "A", "birth_date": "not a day", "number": 1}},
    ],
)
def test_data_of_another_shape_is_refused(breakage: dict[str, Any]) -> None:
    with pytest.raises((BrokenContent, ValueError)):
        ConsentContent.from_data(BASE.as_data() | breakage)


def test_the_fingerprint_covers_the_wording_too() -> None:
    one = document_sha256(BASE, wording_sha256="a")
    assert one != document_sha256(BASE, wording_sha256="b")
    assert one != document_sha256(replace(BASE, goal="Another"), wording_sha256="a")


def test_risks_of_this_plan_come_first_and_none_is_lost() -> None:
    ordered = BASE.risks_in_order
    assert ordered[0].id == "RK-SWELL"
    assert set(ordered) == set(BASE.risks)
