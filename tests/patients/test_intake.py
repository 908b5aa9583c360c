"""The questionnaire: what was not asked is never a no."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clinic.errors import WrongState
from clinic.knowledge.questions import ANYTHING_CHANGED
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import intake
from patients.intake import NoSuchAnswer, NoSuchQuestion, NotYet, Said, StillOpen
from patients.models import Intake, Moment, Patient, Reply
from tests.factories.patients import LONG_AGO, make_intake, make_patient
from tests.factories.staff import NOW, make_location, make_staff

FEVER, PREGNANCY, BIRTH = "CI-FEVER", "CI-PREGNANCY", "CI-POSTPARTUM"
LAST_WEEK = NOW.date() - timedelta(days=7)


@pytest.fixture
def patient(db: None) -> Patient:
    return make_patient()


@pytest.fixture
def by(db: None) -> User:
    return make_staff(Role.COSMETOLOGIST)


def begin(patient: Patient, by: User, moment: str = Moment.INTAKE) -> Intake:
    return intake.start(patient, moment=moment, source="desk", at=NOW, by=by)


def answer_all(filled: Intake, by: User, *, but: str = "") -> None:
    said = {one.code: Said(reply="no") for one in intake.open_questions(filled) if one.code != but}
    intake.save(filled, said, at=NOW, by=by)


@pytest.mark.parametrize("left_out", [FEVER, PREGNANCY, "CI-ONCOLOGY"])
def test_one_unanswered_question_keeps_it_open(patient: Patient, by: User, left_out: str) -> None:
    filled = begin(patient, by)
    answer_all(filled, by, but=left_out)
    with pytest.raises(StillOpen) as caught:
        intake.complete(filled, at=NOW, by=by)
    assert "1" in str(caught.value)
    assert intake.answers_now(patient, at=NOW) == {}
    intake.answer(filled, left_out, "unsure", at=NOW, by=by)
    assert intake.complete(filled, at=NOW, by=by).completed_at == NOW


def test_every_question_alone_keeps_it_open(patient: Patient, by: User) -> None:
    filled = begin(patient, by)
    answer_all(filled, by)
    for question in intake.asked(patient, Moment.INTAKE):
        if question.answers:
            filled.answers.filter(question=question.code).delete()
            assert [one.code for one in intake.open_questions(filled)] == [question.code]
            intake.answer(filled, question.code, "no", at=NOW, by=by)


def test_unsure_is_an_answer_and_stays_unsure(patient: Patient) -> None:
    make_intake(patient, {FEVER: "unsure"})
    assert intake.answers_now(patient, at=NOW)[FEVER].reply == Reply.UNSURE


def test_a_draft_does_not_count(patient: Patient) -> None:
    make_intake(patient, {FEVER: "yes"}, complete=False)
    assert intake.answers_now(patient, at=NOW) == {}


def test_who_cannot_be_pregnant_is_not_asked(patient: Patient, by: User) -> None:
    filled = begin(patient, by)
    filled = intake.save(filled, {}, can_be_pregnant=False, at=NOW, by=by)
    answer_all(filled, by)
    intake.complete(filled, at=NOW, by=by)
    assert PREGNANCY not in intake.answers_now(patient, at=NOW)
    patient.refresh_from_db()
    assert (patient.can_be_pregnant, patient.version) == (False, 2)


def test_as_long_as_nobody_asked_whether_they_can_be_everything_is_asked(by: User) -> None:
    unasked = make_patient(can_be_pregnant=None, sex="M")
    assert PREGNANCY in {one.code for one in intake.open_questions(begin(unasked, by))}


def test_beginning_again_goes_on_with_the_draft(patient: Patient, by: User) -> None:
    first = begin(patient, by)
    assert begin(patient, by) == first
    assert begin(patient, by, Moment.SESSION) != first


def test_the_last_word_to_a_question_holds(patient: Patient, by: User) -> None:
    filled = begin(patient, by)
    for reply in ("yes", "no"):
        intake.answer(filled, FEVER, reply, at=NOW, by=by)
    assert filled.answers.get(question=FEVER).reply == Reply.NO


def test_a_date_is_kept_where_the_rule_needs_one(patient: Patient, by: User) -> None:
    filled = begin(patient, by)
    row = intake.answer(filled, BIRTH, "yes", date=LAST_WEEK, at=NOW, by=by)
    assert row.date == LAST_WEEK
    changed = intake.answer(filled, BIRTH, "no", date=LAST_WEEK, at=NOW, by=by)
    assert changed.date is None
    assert intake.answer(filled, FEVER, "yes", date=LAST_WEEK, at=NOW, by=by).date is None


def test_what_happened_did_not_happen_tomorrow(patient: Patient, by: User) -> None:
    filled, tomorrow = begin(patient, by), NOW.date() + timedelta(days=1)
    with pytest.raises(NotYet):
        intake.answer(filled, BIRTH, "yes", date=tomorrow, at=NOW, by=by)
    expected = intake.answer(filled, "CI-MENSTRUATION", "yes", date=tomorrow, at=NOW, by=by)
    assert expected.date == tomorrow


def test_what_happened_today_happened_by_the_patients_own_calendar(by: User) -> None:
    patient = make_patient(location=make_location(time_zone="Asia/Tokyo"))
    filled = begin(patient, by)
    late = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)  # in Tokyo it is the fifth
    born = intake.answer(filled, BIRTH, "yes", date=date(2026, 3, 5), at=late, by=by)
    assert born.date == date(2026, 3, 5)


def test_only_what_is_asked_and_offered_is_taken(patient: Patient, by: User) -> None:
    filled = begin(patient, by)
    with pytest.raises(NoSuchQuestion):
        intake.answer(filled, "CI-NOTHING", "no", at=NOW, by=by)
    with pytest.raises(NoSuchAnswer):
        intake.answer(filled, FEVER, "assessed", at=NOW, by=by)
    with pytest.raises(NoSuchAnswer):
        intake.answer(filled, "CI-EXPECTATIONS", "said", note="  ", at=NOW, by=by)


def test_own_words_are_kept_as_said(patient: Patient, by: User) -> None:
    filled = begin(patient, by)
    row = intake.answer(filled, "CI-EXPECTATIONS", "said", note=" fresher ", at=NOW, by=by)
    assert row.note == "fresher"


def test_staff_answer_their_own_questions_beside(patient: Patient, by: User) -> None:
    filled = begin(patient, by)
    intake.answer(filled, "CI-HA-DEHYDRATION", "assessed", at=NOW, by=by)
    staff = {one.code for one in intake.asked_of_staff(Moment.INTAKE)}
    assert "CI-HA-DEHYDRATION" in staff
    assert not staff & {one.code for one in intake.open_questions(filled)}


def test_what_is_completed_is_closed(patient: Patient, by: User) -> None:
    filled = make_intake(patient)
    with pytest.raises(WrongState):
        intake.answer(filled, FEVER, "yes", at=NOW, by=by)
    with pytest.raises(WrongState):
        intake.complete(filled, at=NOW, by=by)


def test_completing_makes_screenings_stale_and_a_draft_does_not(patient: Patient, by: User) -> None:
    filled = begin(patient, by)
    answer_all(filled, by)
    patient.refresh_from_db()
    assert patient.history_changed_at == LONG_AGO
    intake.complete(filled, at=NOW, by=by)
    patient.refresh_from_db()
    assert patient.history_changed_at == NOW


def test_what_was_asked_again_replaces_only_what_was_asked(patient: Patient) -> None:
    make_intake(patient, {FEVER: "no", "CI-DIABETES": "yes"}, at=LONG_AGO)
    make_intake(patient, {FEVER: "yes"}, moment=Moment.SESSION, at=NOW)
    now = intake.answers_now(patient, at=NOW)
    assert (now[FEVER].reply, now["CI-DIABETES"].reply) == (Reply.YES, Reply.YES)
    assert now[ANYTHING_CHANGED].reply == Reply.NO
    before = intake.answers_now(patient, at=NOW - timedelta(seconds=1))
    assert before[FEVER].reply == Reply.NO


def test_a_new_questionnaire_replaces_everything(patient: Patient) -> None:
    make_intake(patient, {FEVER: "yes"}, moment=Moment.SESSION, at=LONG_AGO)
    make_intake(patient, {BIRTH: ("yes", date(2026, 2, 1))}, at=LONG_AGO)
    make_intake(patient, at=NOW)
    assert {row.reply for row in intake.answers_now(patient, at=NOW).values()} == {Reply.NO}


def test_asked_again_alone_is_no_intake(patient: Patient) -> None:
    make_intake(patient, moment=Moment.SESSION)
    assert intake.answers_now(patient, at=NOW) == {}
