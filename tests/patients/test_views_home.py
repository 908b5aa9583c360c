"""The questionnaire on a patient's phone: the link, the date of birth, the answers on their way."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clinic.messaging import links
from clinic.messaging.models import Message, PatientLink, Purpose
from clinic.record.models import AuditEntry, Task
from clinic.staff.roles import Role
from patients import intake, inviting
from patients.models import Claim, Intake, IntakeSource, Moment, Patient
from tests.factories.patients import make_intake, make_patient
from tests.factories.staff import make_location, make_staff
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db
HOME, KEEP, DONE = "/p/intake/", "/p/intake/keep/", "/p/intake/done/"
BORN = date(1985, 2, 3)
FEVER, CANCER = "CI-FEVER", "CI-ONCOLOGY"
NONE = {f"list-{kind}-none": "on" for kind in ("condition", "allergy", "medicine")}
LISTS = {f"list-{kind}": "" for kind in ("condition", "allergy", "medicine")} | NONE


@pytest.fixture
def patient() -> Patient:
    return make_patient(birth_date=BORN, language="en")


@pytest.fixture
def link(patient: Patient) -> PatientLink:
    place, by = make_location(), make_staff(Role.COSMETOLOGIST)
    return inviting.invite(patient, location=place, at=timezone.now(), by=by)


@pytest.fixture
def phone(link: PatientLink) -> Client:
    """The link is open, and nobody has said a date of birth yet."""
    client = Client()
    client.get(f"/p/{links.token(link)}/")
    return client


@pytest.fixture
def proved(phone: Client) -> Client:
    assert phone.post(HOME, {"birth_date": "03.02.1985"}).status_code == 302
    return phone


def all_no(patient: Patient, **changes: str) -> dict[str, str]:
    said = {one.code: "no" for one in intake.asked_of_patients(Moment.INTAKE) if one.answers}
    return {"can_be_pregnant": "yes"} | said | LISTS | changes


def test_nothing_is_shown_before_the_date_of_birth(phone: Client) -> None:
    page = phone.get(HOME).content.decode()
    assert 'name="birth_date"' in page
    assert FEVER not in page
    assert phone.post(KEEP, {FEVER: "yes"}).content.decode().count("birth_date")
    assert not Intake.objects.exists()


def test_the_right_date_opens_the_questions(proved: Client) -> None:
    page = proved.get(HOME).content.decode()
    assert f'name="{FEVER}"' in page
    assert page.count("checked") == 1  # what the chart knows: can be pregnant


def test_the_page_never_says_whose_it_is(proved: Client, patient: Patient) -> None:
    page = proved.get(HOME).content.decode()
    assert patient.family_name not in page
    assert patient.given_name not in page
    assert str(patient.uuid) not in page


def test_five_wrong_dates_lock_the_link_and_ask_the_desk(phone: Client, patient: Patient) -> None:
    answers = [phone.post(HOME, {"birth_date": "04.02.1985"}).status_code for _n in range(6)]
    assert answers == [422, 422, 422, 422, 410, 410]
    assert phone.post(HOME, {"birth_date": "03.02.1985"}).status_code == 410
    assert phone.get(HOME).status_code == 410
    assert Task.objects.get(kind="call-patient").patient_uuid == patient.uuid


def test_another_browser_is_asked_again(proved: Client, link: PatientLink) -> None:
    other = Client()
    other.get(f"/p/{links.token(link)}/")
    other.cookies["patient-proof-intake"] = str(link.uuid)  # without our signature
    assert "birth_date" in other.get(HOME).content.decode()


def test_what_changed_is_kept_at_once(proved: Client) -> None:
    assert proved.post(KEEP, {FEVER: "unsure", f"{FEVER}-note": "since Monday"}).json()["kept"]
    assert proved.post(KEEP, {"list-medicine": "aspirin\niron"}).json()["kept"]
    draft = Intake.objects.get()
    assert (draft.source, draft.recorded_by) == (IntakeSource.LINK, None)
    assert draft.answers.get().note == "since Monday"
    assert Claim.objects.get().lines == ["aspirin", "iron"]
    page = proved.get(HOME).content.decode()
    assert "since Monday" in page
    assert "aspirin" in page


def test_a_date_still_to_come_is_refused_and_the_rest_stays(proved: Client) -> None:
    proved.post(KEEP, {FEVER: "no"})
    wrong = {"CI-POSTPARTUM": "yes", "CI-POSTPARTUM-date": "2999-01-01"}
    answer = proved.post(KEEP, wrong)
    assert answer.status_code == 422
    assert "not come yet" in answer.json()["problem"]
    assert Intake.objects.get().answers.get().question == FEVER


def test_handed_in_it_waits_for_review_and_counts_for_nothing(
    proved: Client, patient: Patient
) -> None:
    answer = proved.post(HOME, all_no(patient) | {"hand-in": "yes"})
    assert (answer.status_code, answer["Location"]) == (302, DONE)
    assert "Thank you" in proved.get(DONE).content.decode()
    draft = Intake.objects.get()
    assert draft.handed_in_at is not None
    assert intake.answers_now(patient, at=timezone.now()) == {}
    assert Task.objects.get(kind="review").role == Role.COSMETOLOGIST
    assert AuditEntry.objects.filter(action="intake.handed-in").count() == 1


def test_handed_in_twice_is_once_and_nothing_changes_afterwards(
    proved: Client, patient: Patient
) -> None:
    for _n in range(2):
        proved.post(HOME, all_no(patient) | {"hand-in": "yes"})
    assert Task.objects.filter(kind="review").count() == 1
    assert proved.post(KEEP, {FEVER: "yes"}).status_code == 409
    assert Intake.objects.get().answers.get(question=FEVER).reply == "no"


def test_an_open_question_or_list_is_said_beside_it(proved: Client, patient: Patient) -> None:
    data = all_no(patient) | {"hand-in": "yes"}
    del data[FEVER], data["list-allergy-none"]
    answer = proved.post(HOME, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{FEVER}-error"' in page
    assert 'id="id_list-allergy-error"' in page
    assert not Intake.objects.exists()


def test_words_and_the_tick_that_there_are_none_contradict(
    proved: Client, patient: Patient
) -> None:
    data = all_no(patient) | {"list-medicine": "aspirin", "hand-in": "yes"}
    answer = proved.post(HOME, data)
    assert answer.status_code == 422
    assert "Which of them is right?" in answer.content.decode()


def test_pregnancy_said_at_home_reaches_the_chart_only_later(
    proved: Client, patient: Patient
) -> None:
    proved.post(KEEP, {"can_be_pregnant": "no"})
    patient.refresh_from_db()
    assert patient.can_be_pregnant is True
    assert Intake.objects.get().can_be_pregnant is False


def test_in_the_language_of_the_patient() -> None:
    patient = make_patient(birth_date=BORN, language="uk")
    link = inviting.invite(patient, location=None, at=timezone.now(), by=None)
    client = Client()
    client.get(f"/p/{links.token(link)}/")
    assert 'lang="uk"' in client.get(HOME).content.decode()


def test_a_new_link_replaces_the_old_one(phone: Client, patient: Patient) -> None:
    inviting.invite(patient, location=None, at=timezone.now(), by=None)
    assert phone.get(HOME).status_code == 410
    assert Message.objects.filter(message="intake-link").count() == 2


def test_an_expired_link_opens_nothing(phone: Client, link: PatientLink) -> None:
    PatientLink.objects.filter(pk=link.pk).update(
        created_at=timezone.now() - timedelta(days=20),
        expires_at=timezone.now() - timedelta(days=1),
    )
    assert phone.get(HOME).status_code == 410


def test_a_link_of_another_purpose_opens_no_questionnaire(patient: Patient) -> None:
    at = timezone.now()
    other = links.make(
        patient.recipient, Purpose.AFTERCARE, "session:1", expires_at=at + timedelta(days=1), at=at
    )
    client = Client()
    client.get(f"/p/{links.token(other)}/")
    assert client.get(HOME).status_code == 404


# Who sends it


def test_staff_send_and_stop_the_link(sign_in: SignIn, patient: Patient) -> None:
    treats = sign_in()
    assert treats.post(f"/patients/{patient.uuid}/intake/send/").status_code == 302
    message = Message.objects.get()
    assert (message.message, message.patient_uuid) == ("intake-link", patient.uuid)
    assert treats.post(f"/patients/{patient.uuid}/intake/send/stop/").status_code == 302
    assert inviting.open_link(patient, at=timezone.now()) is None
    assert sign_in(Role.AUDITOR).post(f"/patients/{patient.uuid}/intake/send/").status_code == 403


def test_who_allowed_nothing_is_sent_nothing(sign_in: SignIn) -> None:
    silent = make_patient(email_allowed=False)
    answer = sign_in().post(f"/patients/{silent.uuid}/intake/send/")
    assert answer.status_code == 409
    assert not Message.objects.exists()


def test_completed_at_the_desk_the_link_is_needed_no_more(phone: Client, patient: Patient) -> None:
    make_intake(patient, at=timezone.now())
    assert phone.get(HOME).status_code == 410
    assert Message.objects.get().state == "cancelled"
