"""Words that nothing matched: reviewed once, understood from then on, taken back when wrong."""

import pytest

from clinic.errors import WrongState
from clinic.knowledge.resolver import resolve
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import history, intake, meaning, synonyms
from patients.intake import Said
from patients.models import HistoryItem, Patient, Synonym
from patients.synonyms import AlreadyKnown, DoctorsOnly, NoReason, NoSuchConcept, NoWords
from tests.factories.patients import make_history, make_intake, make_patient
from tests.factories.staff import NOW, make_staff

ODD = "blorbitis of the third kind"
DIABETES = resolve("diabetes").concepts[0].id
HARMLESS = meaning.HARMLESS["condition"].id


@pytest.fixture
def patient(db: None) -> Patient:
    return make_patient()


@pytest.fixture
def by(db: None) -> User:
    return make_staff(Role.COSMETOLOGIST)


@pytest.fixture
def doctor(db: None) -> User:
    return make_staff(Role.CLINICAL_LEAD)


def now_said(patient: Patient) -> HistoryItem:
    return patient.history.current().get()


def test_what_nothing_matches_is_listed_until_somebody_reviews_it(
    patient: Patient, by: User
) -> None:
    item = make_history(patient, "condition", ODD)
    assert list(HistoryItem.objects.unresolved()) == [item]
    synonyms.review(item, DIABETES, remember=False, at=NOW, by=by)
    assert not HistoryItem.objects.unresolved().exists()


def test_a_review_supersedes_and_keeps_what_was_said(patient: Patient, by: User) -> None:
    item = make_history(patient, "condition", ODD)
    reviewed = synonyms.review(item, DIABETES, remember=False, at=NOW, by=by)
    item.refresh_from_db()
    assert (item.superseded_by, item.concept) == (reviewed, "")
    assert (reviewed.text, reviewed.concept) == (ODD, DIABETES)


def test_only_for_this_patient_teaches_the_clinic_nothing(patient: Patient, by: User) -> None:
    synonyms.review(
        make_history(patient, "condition", ODD), DIABETES, remember=False, at=NOW, by=by
    )
    assert make_history(make_patient(), "condition", ODD).unresolved
    assert not Synonym.objects.exists()


def test_a_remembered_choice_is_understood_everywhere(patient: Patient, by: User) -> None:
    other = make_history(make_patient(), "condition", f"has {ODD.upper()} since 2020")
    item = make_history(patient, "condition", ODD)
    reviewed = synonyms.review(item, DIABETES, remember=True, at=NOW, by=by)
    other.refresh_from_db()
    assert not other.unresolved
    assert other.patient.__class__.objects.get(pk=other.patient_id).history_changed_at == NOW
    assert [
        one.id for one in meaning.understood(ODD, among=meaning.vocabulary_of("condition"))
    ] == [DIABETES]
    known = Synonym.objects.get()
    assert (known.item, known.reviewed_by, known.reviewed_at) == (reviewed, by, NOW)
    assert AuditEntry.objects.filter(action="synonym.learnt").count() == 1


def test_words_mean_it_in_their_own_list_only(patient: Patient, by: User) -> None:
    synonyms.learn(ODD, "condition", DIABETES, at=NOW, by=by)
    assert make_history(patient, "allergy", ODD).unresolved


def test_what_becomes_confidential_is_hidden_where_it_was_already_stated(
    patient: Patient, by: User
) -> None:
    item = make_history(patient, "condition", ODD)
    synonyms.learn(ODD, "condition", resolve("HIV").concepts[0].id, at=NOW, by=by)
    item.refresh_from_db()
    assert item.sensitive


@pytest.mark.parametrize("remember", [True, False])
def test_only_a_doctor_says_that_words_are_harmless(
    patient: Patient, by: User, doctor: User, remember: bool
) -> None:
    item = make_history(patient, "condition", ODD)
    with pytest.raises(DoctorsOnly):
        synonyms.review(item, HARMLESS, remember=remember, at=NOW, by=by)
    reviewed = synonyms.review(item, HARMLESS, remember=remember, at=NOW, by=doctor)
    assert not reviewed.unresolved
    assert make_history(make_patient(), "condition", ODD).unresolved is not remember


def test_nobody_but_a_doctor_lets_words_pass_for_everybody(patient: Patient, by: User) -> None:
    vitamin = resolve("vitamin d").concepts[0].id
    item = make_history(patient, "medicine", "blorbitin")
    with pytest.raises(DoctorsOnly):
        synonyms.review(item, vitamin, remember=True, at=NOW, by=by)
    assert synonyms.review(item, vitamin, remember=False, at=NOW, by=by).concept == vitamin


def test_a_rule_named_beside_harmless_words_still_counts(doctor: User) -> None:
    synonyms.learn("blorb", "condition", HARMLESS, at=NOW, by=doctor)
    found = {
        one.id
        for one in meaning.understood(
            "blorb and diabetes", among=meaning.vocabulary_of("condition")
        )
    }
    assert DIABETES in found


def test_words_have_one_meaning_until_it_is_taken_back(by: User, doctor: User) -> None:
    known = synonyms.learn(ODD, "condition", DIABETES, at=NOW, by=by)
    with pytest.raises(AlreadyKnown):
        synonyms.learn(f"  {ODD.upper()}!", "condition", DIABETES, at=NOW, by=by)
    synonyms.take_back(known, "a slip", at=NOW, by=doctor)
    synonyms.learn(ODD, "condition", HARMLESS, at=NOW, by=doctor)


def test_taken_back_words_wait_for_a_review_again(patient: Patient, by: User, doctor: User) -> None:
    synonyms.review(make_history(patient, "condition", ODD), DIABETES, remember=True, at=NOW, by=by)
    later = make_history(make_patient(), "condition", ODD)
    assert later.concept == DIABETES
    known = synonyms.take_back(Synonym.objects.get(), "a slip", at=NOW, by=doctor)
    assert (known.taken_back_by, known.taken_back_reason) == (doctor, "a slip")
    assert {item.text for item in HistoryItem.objects.unresolved()} == {ODD}
    assert HistoryItem.objects.unresolved().count() == 2


def test_a_meaning_is_taken_back_once_by_a_doctor_with_a_reason(by: User, doctor: User) -> None:
    known = synonyms.learn(ODD, "condition", DIABETES, at=NOW, by=by)
    with pytest.raises(DoctorsOnly):
        synonyms.take_back(known, "a slip", at=NOW, by=by)
    with pytest.raises(NoReason):
        synonyms.take_back(known, " ", at=NOW, by=doctor)
    synonyms.take_back(known, "a slip", at=NOW, by=doctor)
    with pytest.raises(WrongState):
        synonyms.take_back(known, "a slip", at=NOW, by=doctor)


@pytest.mark.parametrize("text", ["allergy", "2 mg", "!", "no"])
def test_words_that_say_nothing_are_not_remembered(by: User, text: str) -> None:
    with pytest.raises(NoWords):
        synonyms.learn(text, "condition", DIABETES, at=NOW, by=by)


def test_a_concept_that_nobody_knows_is_refused(by: User) -> None:
    with pytest.raises(NoSuchConcept):
        synonyms.learn(ODD, "condition", "no such thing", at=NOW, by=by)


def test_the_words_beside_a_no_are_reviewed_too(patient: Patient, by: User) -> None:
    said = {"CI-FEVER": Said(reply="no", note=ODD), "CI-COLD": Said(reply="yes", note="blorb")}
    known = {one.code for one in intake.asked(patient, "intake")}
    make_intake(patient, {code: one for code, one in said.items() if code in known})
    (note,) = synonyms.notes_to_review(patient, at=NOW)
    synonyms.review_note(note, DIABETES, remember=False, at=NOW, by=by)
    assert synonyms.notes_to_review(patient, at=NOW) == []
    assert meaning.understood(ODD, among=meaning.vocabulary_of("condition")) == ()
    assert synonyms.readings_of(patient.pk) == {("condition", ODD): DIABETES}


def test_a_remembered_note_teaches_the_clinic(patient: Patient, by: User) -> None:
    make_intake(patient, {"CI-FEVER": Said(reply="no", note=ODD)})
    (note,) = synonyms.notes_to_review(patient, at=NOW)
    synonyms.review_note(note, DIABETES, remember=True, at=NOW, by=by)
    assert synonyms.notes_to_review(patient, at=NOW) == []
    assert not make_history(make_patient(), "condition", ODD).unresolved


def test_statements_read_by_older_words_are_read_again(patient: Patient) -> None:
    item = make_history(patient, "condition", ODD)
    HistoryItem.objects.update(read_with="older", unresolved=False, folded="")
    assert synonyms.read_again() == 1
    item.refresh_from_db()
    assert (item.unresolved, item.folded) == (True, ODD)
    assert synonyms.read_again() == 0


def test_a_correction_with_a_known_meaning_stands(patient: Patient, by: User) -> None:
    item = make_history(patient, "condition", ODD)
    assert not history.correct(item, text="diabetes", at=NOW, by=by).unresolved
