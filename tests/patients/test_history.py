"""Statements: made, corrected, ended, withdrawn, and never overwritten."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clinic.errors import Stale
from clinic.knowledge.vocabulary import vocabulary
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import history, meaning
from patients.history import EndsBeforeItBegan, InTheFuture, NoText, StillOnRecord
from patients.models import (
    Asserter,
    ClinicalStatus,
    HistoryItem,
    HistoryKind,
    Patient,
    Verification,
)
from patients.signals import history_changed
from tests.factories.patients import LONG_AGO, make_history, make_patient
from tests.factories.staff import NOW, make_location, make_staff

TODAY = NOW.date()
UNKNOWN = "blorbitis of the third kind"


@pytest.fixture
def patient(db: None) -> Patient:
    return make_patient()


@pytest.fixture
def by(db: None) -> User:
    return make_staff(Role.COSMETOLOGIST)


def current(patient: Patient) -> list[HistoryItem]:
    return list(patient.history.current().order_by("pk"))


def test_the_text_stays_as_it_was_typed(patient: Patient, by: User) -> None:
    item = history.add(patient, "condition", "  СД2 ", asserted_by="patient", at=NOW, by=by)
    assert item.text == "СД2"
    assert item.concept == meaning.understood("diabetes", among=vocabulary())[0].id


def test_what_nothing_matches_is_kept_and_understood_as_nothing(patient: Patient, by: User) -> None:
    item = history.add(patient, "condition", UNKNOWN, asserted_by="patient", at=NOW, by=by)
    assert (item.text, item.concept) == (UNKNOWN, "")
    assert meaning.understood(item.text, among=vocabulary()) == ()


def test_a_chosen_concept_stands_beside_the_words(patient: Patient, by: User) -> None:
    diabetes = meaning.understood("diabetes", among=vocabulary())[0]
    item = history.add(
        patient,
        "condition",
        UNKNOWN,
        concept=diabetes.id,
        asserted_by="patient",
        at=NOW,
        by=by,
    )
    assert item.text == UNKNOWN
    assert meaning.understood(item.text, item.concept, among=vocabulary()) == (diabetes,)


@pytest.mark.parametrize("text", ["HIV", "ВИЧ", "no HIV", "HIV, since some year"])
def test_whatever_names_a_confidential_condition_is_for_doctors(
    patient: Patient, by: User, text: str
) -> None:
    item = history.add(patient, "condition", text, asserted_by="patient", at=NOW, by=by)
    assert item.sensitive


def test_a_concept_chosen_for_odd_words_is_confidential_too(patient: Patient, by: User) -> None:
    hiv = meaning.understood("HIV", among=vocabulary())[0].id
    item = history.add(
        patient, "condition", UNKNOWN, concept=hiv, asserted_by="patient", at=NOW, by=by
    )
    assert item.sensitive


def test_a_statement_without_words_is_none(patient: Patient, by: User) -> None:
    with pytest.raises(NoText):
        history.add(patient, "allergy", "   ", asserted_by="patient", at=NOW, by=by)


def test_none_known_is_an_assertion_with_a_date(patient: Patient, by: User) -> None:
    item = history.assert_none(
        patient, HistoryKind.ALLERGY, asserted_by=Asserter.PATIENT, at=NOW, by=by
    )
    assert (item.none_known, item.text, item.recorded_at) == (True, "", NOW)


def test_an_allergy_ends_none_known_of_its_own_list_only(patient: Patient, by: User) -> None:
    for kind in ("allergy", "medicine"):
        history.assert_none(patient, kind, asserted_by="patient", at=LONG_AGO, by=by)
    item = history.add(patient, "allergy", "fish", asserted_by="patient", at=NOW, by=by)
    assert [(one.kind, one.none_known) for one in current(patient)] == [
        ("medicine", True),
        ("allergy", False),
    ]
    assert item.supersedes.none_known


def test_none_known_beside_an_entry_is_refused(patient: Patient, by: User) -> None:
    item = make_history(patient, "allergy", "fish")
    with pytest.raises(StillOnRecord):
        history.assert_none(patient, "allergy", asserted_by="patient", at=NOW, by=by)
    history.withdraw(item, "refuted", at=NOW, by=by)
    history.assert_none(patient, "allergy", asserted_by="patient", at=NOW, by=by)


def test_asked_again_the_newer_assertion_holds(patient: Patient, by: User) -> None:
    for at in (LONG_AGO, NOW):
        history.assert_none(patient, "allergy", asserted_by="patient", at=at, by=by)
    assert [one.recorded_at for one in current(patient)] == [NOW]
    assert patient.history.count() == 2


def test_a_correction_supersedes_and_never_overwrites(patient: Patient, by: User) -> None:
    old = make_history(patient, "condition", UNKNOWN)
    new = history.correct(old, text="diabetes", onset_date=TODAY, at=NOW, by=by)
    old.refresh_from_db()
    assert (old.text, old.superseded_by) == (UNKNOWN, new)
    assert new.concept == meaning.understood("diabetes", among=vocabulary())[0].id
    assert current(patient) == [new]


def test_a_correction_of_the_date_keeps_the_chosen_concept(patient: Patient, by: User) -> None:
    diabetes = meaning.understood("diabetes", among=vocabulary())[0].id
    said = {"concept": diabetes, "asserted_by": "patient"}
    old = history.add(patient, "condition", UNKNOWN, at=LONG_AGO, by=by, **said)  # type: ignore[arg-type]
    new = history.correct(old, onset_date=TODAY, at=NOW, by=by)
    assert (new.text, new.concept, new.onset_date) == (UNKNOWN, diabetes, TODAY)


def test_what_ended_stays_in_the_history(patient: Patient, by: User) -> None:
    item = make_history(patient, "medicine", "aspirin")
    ended = history.end(item, TODAY, at=NOW, by=by)
    assert (ended.status, ended.end_date) == (ClinicalStatus.RESOLVED, TODAY)
    assert current(patient) == [ended]


def test_two_corrections_of_one_statement_cannot_both_hold(patient: Patient, by: User) -> None:
    item = make_history(patient, "condition", "acne")
    history.correct(item, text="rosacea", at=NOW, by=by)
    with pytest.raises(Stale):
        history.correct(item, text="eczema", at=NOW, by=by)
    with pytest.raises(Stale):
        history.end(item, TODAY, at=NOW, by=by)
    with pytest.raises(Stale):
        history.withdraw(item, "refuted", at=NOW, by=by)


def test_what_was_withdrawn_no_longer_holds_but_stays(patient: Patient, by: User) -> None:
    item = make_history(patient, "condition", "diabetes")
    history.withdraw(item, "entered-in-error", at=NOW, by=by)
    assert current(patient) == []
    assert patient.history.get().verification == Verification.ENTERED_IN_ERROR


def test_dates_are_in_order_and_in_the_past(patient: Patient, by: User) -> None:
    tomorrow = TODAY + timedelta(days=1)
    said: dict[str, Any] = {"asserted_by": "patient", "at": NOW, "by": by}
    with pytest.raises(InTheFuture):
        history.add(patient, "condition", "acne", onset_date=tomorrow, **said)
    with pytest.raises(EndsBeforeItBegan):
        history.add(
            patient,
            "condition",
            "acne",
            onset_date=TODAY,
            end_date=date(2020, 1, 1),
            **said,
        )
    assert current(patient) == []


def test_every_change_makes_screenings_stale_and_is_told_after_the_commit(
    patient: Patient,
    by: User,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    heard: list[int] = []
    listener = lambda sender, patient_id, **kwargs: heard.append(patient_id)  # noqa: E731
    history_changed.connect(listener, weak=False)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            item = history.add(patient, "allergy", "fish", asserted_by="patient", at=NOW, by=by)
            assert heard == []
        assert heard == [patient.pk]
        later = NOW + timedelta(hours=1)
        with django_capture_on_commit_callbacks(execute=True):
            history.withdraw(item, "refuted", at=later, by=by)
    finally:
        history_changed.disconnect(listener)
    patient.refresh_from_db()
    assert patient.history_changed_at == later
    assert heard == [patient.pk] * 2


def test_the_record_says_what_was_done_and_never_the_illness(patient: Patient, by: User) -> None:
    history.add(patient, "condition", "diabetes", asserted_by="patient", at=NOW, by=by)
    entry = AuditEntry.objects.get(action="history.added")
    assert entry.patient_uuid == patient.uuid
    assert entry.facts == {"kind": "condition"}


@pytest.mark.django_db
def test_a_day_that_has_begun_where_the_patient_is_has_come() -> None:
    patient = make_patient(location=make_location(time_zone="Asia/Tokyo"))
    late = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)  # in Tokyo it is the fifth
    day = date(2026, 3, 5)
    item = history.add(
        patient,
        HistoryKind.CONDITION,
        "a cold",
        onset_date=day,
        asserted_by=Asserter.PATIENT,
        at=late,
        by=make_staff(Role.COSMETOLOGIST),
    )
    assert item.onset_date == day
    with pytest.raises(InTheFuture):
        history.end(item, day + timedelta(days=1), at=late, by=item.recorded_by)
