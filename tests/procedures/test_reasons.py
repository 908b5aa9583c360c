"""Why a finding stands: readable by whoever reads it, and never the spelling of a machine."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from procedures.domain.findings import Finding
from procedures.domain.outcomes import Outcome, OverrideKind
from procedures.domain.words import DOCTOR_DECIDES, INTERVAL
from procedures.views.reasons import in_words, reasons_of

FINDING = Finding(
    rule="CI-POSTPARTUM",
    category="temporary",
    outcome=Outcome.POSTPONE,
    label=INTERVAL,
    because=("delivery_date: 2026-11-02", "as told"),
    lifts_when=DOCTOR_DECIDES,
    override=OverrideKind.NONE,
)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("answer: yes", "answer: yes"),
        ("answer: no, 2026-11-02", "answer: no, 2 November 2026"),
        ("age: 17", "age: 17"),
        ("blood pressure: 150/90", "blood pressure: 150/90 mmHg"),
        ("delivery_date: 2026-11-02", "birth or end of pregnancy: 2 November 2026"),
        ("previous session: 2026-11-20", "previous session: 20 November 2026"),
        ("laser: 2026-11-20", "laser treatment: 20 November 2026"),
        ("laser: ?", "laser treatment: on an unknown day"),
        ("Fractional laser, face: 2026-11-20", "Fractional laser, face: 20 November 2026"),
        ("technique: TE-PAPULE", "planned: Papule"),
        ("planned: ID-RINGWORM", "planned: Ringworm (listed among hair indications)"),
        ("ING-LIDOCAINE", "Lidocaine"),
        ("not registered", "not registered"),
        ("Said by her: it itches", "Said by her: it itches"),
        ("type 2 diabetes", "type 2 diabetes"),
    ],
)
def test_a_reason_is_said_in_plain_words(reason: str, words: str) -> None:
    with override("en"):
        assert in_words(reason) == words


@pytest.mark.parametrize(
    ("language", "component", "day"),
    [("ru", "лидокаин", "2 ноября 2026"), ("uk", "лідокаїн", "2 листопада 2026")],
)
def test_names_and_days_are_those_of_the_reader(language: str, component: str, day: str) -> None:
    with override(language):
        assert in_words("ING-LIDOCAINE") == component
        assert in_words("delivery_date: 2026-11-02").endswith(day)
        assert "2026-11-02" not in in_words("answer: no, 2026-11-02")


def test_what_was_not_asked_is_said_once_by_its_label() -> None:
    assert reasons_of(FINDING)[1] == "as told"
    assert reasons_of(replace(FINDING, rule="not-asked:allergies")) == ()


def test_the_stored_finding_keeps_the_reason_as_it_was_found() -> None:
    assert Finding.from_data(FINDING.as_data()) == FINDING
