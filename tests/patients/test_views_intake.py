"""The questionnaire on the screen."""

from typing import Any

import pytest
from django.utils import timezone

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients import intake
from patients.models import Intake, Moment, Patient, Reply
from tests.factories.patients import make_intake, make_patient
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db
FEVER, CANCER, PREGNANCY, BIRTH = "CI-FEVER", "CI-ONCOLOGY", "CI-PREGNANCY", "CI-POSTPARTUM"


@pytest.fixture
def patient() -> Patient:
    return make_patient()


def address(patient: Patient, *, again: bool = False) -> str:
    return f"/patients/{patient.uuid}/intake/" + ("again/" if again else "")


def all_no(patient: Patient, moment: str = Moment.INTAKE, **changes: str) -> dict[str, Any]:
    said = {one.code: "no" for one in intake.asked_of_patients(moment) if one.answers}
    return {"can_be_pregnant": "yes"} | said | changes


def checked(page: str) -> int:
    return page.count("checked")


def test_every_question_is_asked_and_none_is_answered_beforehand(
    sign_in: SignIn, patient: Patient
) -> None:
    Patient.objects.filter(pk=patient.pk).update(can_be_pregnant=None)
    page = sign_in().get(address(patient)).content.decode()
    for question in (*intake.asked_of_patients("intake"), *intake.asked_of_staff("intake")):
        assert f'name="{question.code}"' in page
    assert checked(page) == 0
    assert not Intake.objects.exists()


def test_a_full_questionnaire_is_completed(sign_in: SignIn, patient: Patient) -> None:
    data = all_no(patient) | {FEVER: "unsure", "CI-EXPECTATIONS": "fresher", "complete": "yes"}
    response = sign_in().post(address(patient), data)
    assert (response.status_code, response["Location"]) == (302, patient.get_absolute_url())
    now = intake.answers_now(patient, at=timezone.now())
    assert now[FEVER].reply == Reply.UNSURE
    assert now["CI-EXPECTATIONS"].note == "fresher"


def test_what_is_left_open_is_said_beside_it_and_the_rest_is_kept(
    sign_in: SignIn, patient: Patient
) -> None:
    data = all_no(patient) | {"complete": "yes", "CI-HERPES": "yes", "CI-HERPES-note": "lip"}
    del data[FEVER]
    response = sign_in().post(address(patient), data)
    page = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_{FEVER}-error"' in page
    assert page.count("invalid-feedback") == 1
    assert 'value="lip"' in page
    assert checked(page) == len(data) - 2
    assert not Intake.objects.exists()


def test_a_draft_keeps_what_there_is_and_counts_for_nothing(
    sign_in: SignIn, patient: Patient
) -> None:
    treats = sign_in()
    response = treats.post(address(patient), {FEVER: "yes", "draft": "yes"})
    assert response.status_code == 302
    page = treats.get(address(patient)).content.decode()
    assert "A draft begun" in page
    assert checked(page) == 2  # the fever, and what the chart knows: can be pregnant
    draft = Intake.objects.get()
    assert draft.completed_at is None
    assert draft.answers.get().reply == Reply.YES


def test_who_cannot_be_pregnant_need_not_answer_what_depends_on_it(
    sign_in: SignIn, patient: Patient
) -> None:
    data = all_no(patient) | {"can_be_pregnant": "no", "complete": "yes"}
    for question in intake.asked_of_patients("intake"):
        if question.ask_if_can_be_pregnant:
            del data[question.code]
    assert sign_in().post(address(patient), data).status_code == 302
    patient.refresh_from_db()
    assert patient.can_be_pregnant is False
    assert not Intake.objects.get().answers.filter(question=PREGNANCY).exists()


def test_whether_they_can_be_pregnant_must_be_said(sign_in: SignIn, patient: Patient) -> None:
    data = all_no(patient) | {"complete": "yes"}
    del data["can_be_pregnant"]
    response = sign_in().post(address(patient), data)
    assert response.status_code == 422
    assert 'id="id_can_be_pregnant-error"' in response.content.decode()


def test_a_date_belongs_to_its_answer(sign_in: SignIn, patient: Patient) -> None:
    born = {BIRTH: "yes", f"{BIRTH}-date": "2026-02-01", "complete": "yes"}
    sign_in().post(address(patient), all_no(patient) | born)
    assert str(Intake.objects.get().answers.get(question=BIRTH).date) == "2026-02-01"


@pytest.mark.parametrize("wrong", ["2999-01-01", "some day"])
def test_a_wrong_date_is_said_beside_its_question(
    sign_in: SignIn, patient: Patient, wrong: str
) -> None:
    data = all_no(patient) | {BIRTH: "yes", f"{BIRTH}-date": wrong, "complete": "yes"}
    response = sign_in().post(address(patient), data)
    page = response.content.decode()
    assert response.status_code == 422
    question = page.split(f'id="question-{BIRTH}"')[1].split("</fieldset>")[0]
    assert "invalid-feedback" in question
    assert wrong in question
    assert not Intake.objects.exists()


def test_an_answer_nobody_offered_is_refused(sign_in: SignIn, patient: Patient) -> None:
    response = sign_in().post(address(patient), all_no(patient) | {FEVER: "maybe"})
    assert response.status_code == 422


def test_staff_answer_theirs_on_the_same_page(sign_in: SignIn, patient: Patient) -> None:
    data = all_no(patient) | {"CI-HA-DEHYDRATION": "assessed", "complete": "yes"}
    sign_in().post(address(patient), data)
    answer = Intake.objects.get().answers.get(question="CI-HA-DEHYDRATION")
    assert answer.reply == Reply.ASSESSED


def test_a_confidential_answer_is_marked_and_hidden_once_it_is_given(
    sign_in: SignIn, patient: Patient
) -> None:
    treats, doctor = sign_in(), sign_in(Role.CLINICAL_LEAD)
    assert "Confidential: for doctors" in treats.get(address(patient)).content.decode()
    treats.post(address(patient), {CANCER: "yes", f"{CANCER}-note": "secret words"})
    page = treats.get(address(patient)).content.decode()
    question = page.split(f'id="question-{CANCER}"')[1].split("</fieldset>")[0]
    assert "checked" not in question
    assert "secret words" not in page
    assert "Only a doctor sees the answer" in question
    assert "secret words" in doctor.get(address(patient)).content.decode()


def test_a_hidden_answer_need_not_be_given_again_and_is_not_lost(
    sign_in: SignIn, patient: Patient
) -> None:
    treats = sign_in()
    treats.post(address(patient), {CANCER: "yes"})
    data = all_no(patient) | {"complete": "yes"}
    del data[CANCER]
    assert treats.post(address(patient), data).status_code == 302
    assert Intake.objects.get().answers.get(question=CANCER).reply == Reply.YES


def test_the_answers_are_read_by_who_may_and_it_is_on_record(
    sign_in: SignIn, patient: Patient
) -> None:
    filled = make_intake(patient, {CANCER: "yes"})
    page = sign_in().get(f"{address(patient)}{filled.uuid}/").content.decode()
    assert "ancer" not in page
    assert "confidential answers are shown to doctors only" in page
    doctor = sign_in(Role.CLINICAL_LEAD).get(f"{address(patient)}{filled.uuid}/")
    assert "ancer" in doctor.content.decode()
    assert AuditEntry.objects.filter(action="intake.viewed", subject_uuid=filled.uuid).count() == 2


def test_at_a_session_only_what_may_have_changed_is_asked(
    sign_in: SignIn, patient: Patient
) -> None:
    make_intake(patient, {FEVER: "no"})
    treats = sign_in()
    page = treats.get(address(patient, again=True)).content.decode()
    assert 'name="ANYTHING-CHANGED"' in page
    assert f'name="{FEVER}"' in page
    assert 'name="CI-DIABETES"' not in page
    assert "Last time: No" in page
    assert checked(page) == 0
    data = {one.code: "no" for one in intake.asked_of_patients(Moment.SESSION)} | {
        FEVER: "yes",
        "complete": "yes",
    }
    assert treats.post(address(patient, again=True), data).status_code == 302
    again = Intake.objects.get(moment=Moment.SESSION)
    assert again.answers.get(question=FEVER).reply == Reply.YES


def test_last_times_confidential_answer_stays_confidential(
    sign_in: SignIn, patient: Patient
) -> None:
    make_intake(patient, {CANCER: "yes"})
    page = sign_in().get(address(patient)).content.decode()
    question = page.split(f'id="question-{CANCER}"')[1].split("</fieldset>")[0]
    assert "Last time" not in question


def test_questions_are_asked_in_the_language_of_the_reader(
    sign_in: SignIn, patient: Patient
) -> None:
    headers = {"Accept-Language": "uk"}
    page = sign_in().get(address(patient), headers=headers).content.decode()
    question = next(one for one in intake.asked_of_patients("intake") if one.code == FEVER)
    assert question.text.in_("uk") in page
