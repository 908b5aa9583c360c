"""What a patient filled in alone counts once somebody has held it against the record."""

from datetime import date

import pytest
from django.utils import timezone

from clinic.messaging.models import PatientLink
from clinic.record.models import Task
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import intake, reviewing
from patients.comparing import AnswerLine, ListLine, Standing
from patients.intake import HandedIn, NotReviewed, Said, StillOpen
from patients.models import Decision, HistoryItem, Intake, Kept, Moment, Patient
from patients.reviewing import NeedsDoctor, NotHandedIn, Review, Undecided
from tests.factories.patients import (
    LONG_AGO,
    make_handed_in,
    make_history,
    make_intake,
    make_none_known,
    make_patient,
)
from tests.factories.staff import NOW, make_staff
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db
FEVER, CANCER, DIABETES, BIRTH = "CI-FEVER", "CI-ONCOLOGY", "CI-DIABETES", "CI-POSTPARTUM"
SAID, RECORD = Kept.SAID.value, Kept.RECORD.value


@pytest.fixture
def patient() -> Patient:
    return make_patient()


@pytest.fixture
def by() -> User:
    return make_staff(Role.COSMETOLOGIST)


def standing(filled: Intake, about: str) -> Standing:
    review = reviewing.review_of(filled, at=NOW)
    return next(one.standing for one in lines_of(review) if one.about == about)


def lines_of(review: Review) -> list[AnswerLine | ListLine]:
    return [*review.answers, *review.lists]


def conflicts(filled: Intake) -> set[str]:
    return {one.about for one in reviewing.review_of(filled, at=NOW).conflicts}


# Same, new, conflict


def test_without_a_record_everything_is_new(patient: Patient) -> None:
    filled = make_handed_in(patient)
    review = reviewing.review_of(filled, at=NOW)
    assert {one.standing for one in lines_of(review)} == {Standing.NEW}


def test_the_same_answer_is_the_same_and_another_one_a_conflict(patient: Patient) -> None:
    make_intake(patient, {DIABETES: "no"})
    filled = make_handed_in(patient, {FEVER: "yes"})
    assert standing(filled, DIABETES) is Standing.SAME
    assert conflicts(filled) == {FEVER}


def test_another_date_is_a_conflict(patient: Patient) -> None:
    make_intake(patient, {BIRTH: ("yes", date(2025, 9, 1))})
    assert conflicts(make_handed_in(patient, {BIRTH: ("yes", date(2025, 10, 1))})) == {BIRTH}


def test_a_no_against_the_history_is_a_conflict_even_if_it_was_no_before(patient: Patient) -> None:
    make_intake(patient)
    make_history(patient, "condition", "diabetes")
    assert DIABETES in conflicts(make_handed_in(patient, lists={"condition": "diabetes"}))


def test_other_words_for_the_same_thing_are_the_same(patient: Patient) -> None:
    make_history(patient, "condition", "diabetes")
    filled = make_handed_in(patient, {DIABETES: "yes"}, lists={"condition": "диабет"})
    assert standing(filled, "list-condition") is Standing.SAME


def test_none_against_a_list_that_is_not_empty_is_a_conflict(patient: Patient) -> None:
    make_history(patient, "medicine", "aspirin")
    assert "list-medicine" in conflicts(make_handed_in(patient))


def test_at_a_session_news_is_no_conflict_unless_it_makes_something_milder(
    patient: Patient,
) -> None:
    make_intake(patient, {"CI-HERPES": "yes"})
    filled = make_handed_in(patient, {FEVER: "yes"}, moment=Moment.SESSION)
    assert standing(filled, FEVER) is Standing.NEW
    assert conflicts(filled) == {"CI-HERPES"}


# Accepting


def test_accepted_it_counts_and_its_task_and_its_links_are_gone(patient: Patient, by: User) -> None:
    filled = make_handed_in(patient, {FEVER: "unsure"})
    assert intake.answers_now(patient, at=NOW) == {}
    done = reviewing.accept(filled, {}, at=NOW, by=by)
    assert (done.completed_at, done.recorded_by) == (NOW, by)
    assert intake.answers_now(patient, at=NOW)[FEVER].reply == "unsure"
    assert not Task.objects.open().filter(kind="review").exists()
    assert not PatientLink.objects.alive(at=NOW).exists()


def test_what_was_listed_becomes_history_said_by_the_patient(patient: Patient, by: User) -> None:
    make_none_known(patient)
    filled = make_handed_in(patient, lists={"medicine": "aspirin\niron"})
    reviewing.accept(filled, {}, at=NOW, by=by)
    kept = HistoryItem.objects.current().filter(patient=patient, kind="medicine")
    assert {(item.text, item.asserted_by, item.recorded_by) for item in kept} == {
        ("aspirin", "patient", by),
        ("iron", "patient", by),
    }
    none = HistoryItem.objects.current().filter(patient=patient, kind="allergy")
    assert none.get().none_known


def test_each_conflict_must_be_decided(patient: Patient, by: User) -> None:
    make_intake(patient, {FEVER: "yes"})
    filled = make_handed_in(patient)
    with pytest.raises(Undecided):
        reviewing.accept(filled, {FEVER: "whatever"}, at=NOW, by=by)
    assert not Decision.objects.exists()
    assert intake.answers_now(patient, at=NOW)[FEVER].reply == "yes"


@pytest.mark.parametrize(("kept", "reply"), [(SAID, "no"), (RECORD, "yes")])
def test_what_was_decided_counts_and_both_sides_stay_on_record(
    patient: Patient, by: User, kept: str, reply: str
) -> None:
    make_intake(patient, {FEVER: "yes"})
    reviewing.accept(make_handed_in(patient), {FEVER: kept}, at=NOW, by=by)
    assert intake.answers_now(patient, at=NOW)[FEVER].reply == reply
    decision = Decision.objects.get()
    assert (decision.said, decision.record, decision.kept) == ("No", "Yes", kept)


def test_where_only_the_history_speaks_the_record_is_a_yes(patient: Patient, by: User) -> None:
    make_history(patient, "condition", "diabetes")
    filled = make_handed_in(patient, lists={"condition": "diabetes"})
    reviewing.accept(filled, {DIABETES: RECORD}, at=NOW, by=by)
    answer = intake.answers_now(patient, at=NOW)[DIABETES]
    assert (answer.reply, answer.note) == ("yes", "diabetes")


@pytest.mark.parametrize(("kept", "active"), [(SAID, 0), (RECORD, 1)])
def test_a_list_that_is_empty_now_ends_or_stays(
    patient: Patient, by: User, kept: str, active: int
) -> None:
    make_history(patient, "medicine", "vitamin c")
    filled = make_handed_in(patient)
    decided = dict.fromkeys(conflicts(filled), kept)
    assert "list-medicine" in decided
    reviewing.accept(filled, decided, at=NOW, by=by)
    rows = HistoryItem.objects.current().filter(patient=patient, kind="medicine")
    assert rows.filter(none_known=False, status="active").count() == active


def test_pregnancy_decided_by_the_record_opens_its_questions_again(by: User) -> None:
    patient = make_patient(can_be_pregnant=True)
    filled = make_handed_in(patient, pregnant=False)
    with pytest.raises(StillOpen):
        reviewing.accept(filled, {"can_be_pregnant": RECORD}, at=NOW, by=by)
    reviewing.accept(filled, {"can_be_pregnant": SAID}, at=NOW, by=by)
    patient.refresh_from_db()
    assert patient.can_be_pregnant is False


# What is refused


def test_it_cannot_be_completed_past_the_review(patient: Patient, by: User) -> None:
    with pytest.raises(NotReviewed):
        intake.complete(make_handed_in(patient), at=NOW, by=by)


def test_what_was_not_handed_in_is_not_reviewed(patient: Patient, by: User) -> None:
    filled = make_intake(patient, complete=False)
    with pytest.raises(NotHandedIn):
        reviewing.accept(filled, {}, at=NOW, by=by)


def test_the_patient_changes_nothing_after_handing_in(patient: Patient) -> None:
    filled = make_handed_in(patient)
    link = PatientLink.objects.get()
    with pytest.raises(HandedIn):
        intake.save(filled, {FEVER: Said(reply="yes")}, at=NOW, by=link)


def test_something_confidential_is_decided_by_a_doctor(patient: Patient, by: User) -> None:
    make_intake(patient, {CANCER: "yes"})
    filled = make_handed_in(patient)
    with pytest.raises(NeedsDoctor):
        reviewing.accept(filled, {CANCER: SAID}, at=NOW, by=by)
    doctor = make_staff(Role.CLINICAL_LEAD)
    reviewing.accept(filled, {CANCER: RECORD}, at=NOW, by=doctor)
    assert intake.answers_now(patient, at=NOW)[CANCER].reply == "yes"


# The page


def page_of(filled: Intake) -> str:
    return f"/patients/{filled.patient.uuid}/intake/{filled.uuid}/review/"


def test_the_page_shows_both_sides_and_accepts(sign_in: SignIn, patient: Patient) -> None:
    make_intake(patient, {FEVER: Said(reply="yes", note="since Monday")}, at=LONG_AGO)
    filled = make_handed_in(patient, lists={"medicine": "aspirin"})
    treats = sign_in()
    page = treats.get(page_of(filled)).content.decode()
    assert "since Monday" in page
    assert "aspirin" in page
    refused = treats.post(page_of(filled))
    assert refused.status_code == 422
    assert treats.post(page_of(filled), {FEVER: "record"}).status_code == 302
    assert intake.answers_now(patient, at=timezone.now())[FEVER].note == "since Monday"
    assert treats.get(page_of(filled)).status_code == 302, "reviewed once is enough"


def test_who_is_no_doctor_is_told_that_one_is_needed_and_not_why(
    sign_in: SignIn, patient: Patient
) -> None:
    make_intake(patient, {CANCER: "yes"})
    filled = make_handed_in(patient, lists={"condition": "HIV"})
    treats, doctor = sign_in(), sign_in(Role.CLINICAL_LEAD)
    page = treats.get(page_of(filled)).content.decode()
    assert "a doctor has to review this" in page
    assert "HIV" not in page
    assert "ancer" not in page
    assert 'type="radio"' not in page
    assert treats.post(page_of(filled), {CANCER: "said"}).status_code == 422
    assert "HIV" in doctor.get(page_of(filled)).content.decode()
    assert doctor.post(page_of(filled), {CANCER: "record"}).status_code == 302


def test_the_desk_completes_nothing_that_a_patient_began(sign_in: SignIn, patient: Patient) -> None:
    filled = make_handed_in(patient)
    Intake.objects.filter(pk=filled.pk).update(handed_in_at=None)
    data = {one.code: "no" for one in intake.asked_of_patients(Moment.INTAKE) if one.answers}
    answer = sign_in().post(
        f"/patients/{patient.uuid}/intake/", data | {"can_be_pregnant": "yes", "complete": "yes"}
    )
    assert answer["Location"] == page_of(filled)
    assert intake.answers_now(patient, at=timezone.now()) == {}


def test_what_the_desk_completed_has_nothing_to_review(sign_in: SignIn, patient: Patient) -> None:
    done, treats = make_intake(patient), sign_in()
    assert treats.get(page_of(done))["Location"].endswith(f"/intake/{done.uuid}/")
    draft = make_intake(patient, complete=False)
    assert treats.get(page_of(draft)).status_code == 404
