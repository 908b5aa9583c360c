"""Searching, and what the database itself refuses."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from clinic.staff.roles import Role
from patients import names
from patients.models import (
    Answer,
    Asserter,
    HistoryItem,
    HistoryKind,
    Patient,
    Photo,
    Reply,
)
from tests.factories.patients import (
    LONG_AGO,
    make_history,
    make_intake,
    make_patient,
    make_photo,
)
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def olena() -> Patient:
    """And somebody else beside, whom no search below may find."""
    make_patient(family_name="Друганенко", given_name="Інша", birth_date=date(1971, 2, 3))
    return make_patient(
        family_name="Щербакова",
        given_name="Олена-Марія",
        birth_date=date(1990, 5, 17),
        phone="+380671234567",
    )


@pytest.mark.parametrize(
    "typed",
    [
        "Щербакова",
        "shcherbakova",
        "SCHERBAKOVA",
        "щерб",
        "олена щербакова",
        "olena",
        "Mariia Shcherb",
        "ол",
        "067 123 45 67",
        "+380671234567",
        "4567",
        "17.05.1990",
        "1990-05-17",
        "17/5/1990",
        "щербакова 17.05.1990",
        "olena 123-45-67",
    ],
)
def test_she_is_found_by_what_the_desk_knows_of_her(olena: Patient, typed: str) -> None:
    assert list(Patient.objects.search(typed)) == [olena]


def test_she_is_found_by_her_chart_number(olena: Patient) -> None:
    assert olena in Patient.objects.search(str(olena.number))
    assert list(Patient.objects.search(f"№{olena.number}")) == [olena]


@pytest.mark.parametrize("typed", ["", "  ", "!?", "Olena 18.05.1990", "Olena Petrenko", "ле щ"])
def test_all_that_is_typed_must_hold(olena: Patient, typed: str) -> None:
    assert olena not in Patient.objects.search(typed)


def test_an_erased_patient_is_nobodys(olena: Patient) -> None:
    desk = make_staff(Role.RECEPTION)
    assert olena in Patient.objects.visible_to(desk)
    Patient.objects.filter(pk=olena.pk).update(erased_at=olena.registered_at)
    assert olena not in Patient.objects.visible_to(desk)


def test_a_retired_colleague_sees_nobody(olena: Patient) -> None:
    gone = make_staff(Role.CLINICAL_LEAD, is_active=False)
    assert not Patient.objects.visible_to(gone).exists()


def test_age_is_counted_as_the_law_counts() -> None:
    patient = Patient(birth_date=date(2008, 2, 29))
    assert patient.age_on(date(2026, 2, 28)) == 17
    assert patient.age_on(date(2026, 3, 1)) == 18


def test_reception_sees_no_history_answers_or_photos(olena: Patient) -> None:
    make_history(olena, "condition", "diabetes")
    make_intake(olena)
    make_photo(olena)
    desk, auditor = make_staff(Role.RECEPTION), make_staff(Role.AUDITOR)
    for user in (desk, auditor):
        assert not HistoryItem.objects.visible_to(user).exists()
        assert not Answer.objects.visible_to(user).exists()
        assert not Photo.objects.visible_to(user).exists()


def test_what_is_for_doctors_is_for_doctors(olena: Patient) -> None:
    item = make_history(olena, "condition", "HIV")
    make_intake(olena, {"CI-HIV": Reply.YES})
    treats, doctor = make_staff(Role.COSMETOLOGIST), make_staff(Role.CLINICAL_LEAD)
    assert item.sensitive
    assert item in HistoryItem.objects.visible_to(doctor)
    assert item not in HistoryItem.objects.visible_to(treats)
    assert list(HistoryItem.objects.hidden_from(treats)) == [item]
    assert Answer.objects.visible_to(doctor).filter(question="CI-HIV").exists()
    assert not Answer.objects.visible_to(treats).filter(question="CI-HIV").exists()
    assert Answer.objects.visible_to(treats).filter(question="CI-FEVER").exists()


def test_rows_name_nobody_in_a_log(olena: Patient) -> None:
    item = make_history(olena, "condition", "diabetes")
    assert str(olena) == f"Patient #{olena.pk}"
    assert "diabetes" not in str(item)


def test_a_statement_has_words_or_is_none_known(olena: Patient) -> None:
    with pytest.raises(IntegrityError, match="historyitem_text_unless_none_known"):
        HistoryItem.objects.create(
            patient=olena,
            kind=HistoryKind.ALLERGY,
            text="fish",
            none_known=True,
            asserted_by=Asserter.PATIENT,
            recorded_by=make_staff(),
            recorded_at=LONG_AGO,
        )


def test_every_column_of_words_is_one_of_its_words(olena: Patient) -> None:
    photo, filled = make_photo(olena), make_intake(olena)
    answer = filled.answers.first()
    assert answer is not None
    for row, column, constraint in [
        (photo, "area", "photo_area_known"),
        (photo, "view", "photo_view_known"),
        (filled, "moment", "intake_moment_known"),
        (filled, "source", "intake_source_known"),
        (answer, "reply", "answer_reply_known"),
    ]:
        changed = type(row).objects.filter(pk=row.pk)  # type: ignore[attr-defined]
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            changed.update(**{column: "another"})


def test_the_key_of_a_row_is_that_of_its_names(olena: Patient) -> None:
    assert olena.folded == names.key("Shcherbakova", "Olena Mariia")
