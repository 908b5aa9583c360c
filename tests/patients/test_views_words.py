"""Words that nothing matched, on the pages where they are reviewed."""

from typing import Any

import pytest

from clinic.knowledge.resolver import resolve
from clinic.staff.roles import Role
from patients import meaning, synonyms
from patients.intake import Said
from patients.models import HistoryItem, Patient, Synonym
from tests.factories.patients import make_history, make_intake, make_patient
from tests.factories.staff import NOW, make_staff
from tests.patients.conftest import SignIn

pytestmark = pytest.mark.django_db
ODD = "zorbitis of the third kind"
DIABETES = resolve("diabetes").concepts[0].id


@pytest.fixture
def patient() -> Patient:
    return make_patient()


@pytest.fixture
def item(patient: Patient) -> HistoryItem:
    return make_history(patient, "condition", ODD)


def words_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def review_of(item: HistoryItem) -> str:
    return f"/patients/{item.patient.uuid}/history/{item.uuid}/review/"


def test_the_list_names_the_most_frequent_words_first(sign_in: SignIn, item: HistoryItem) -> None:
    for _n in range(2):
        make_history(make_patient(), "medicine", "blorbitin")
    page = words_of(sign_in().get("/patients/words/"))
    assert page.index("blorbitin") < page.index(ODD)


def test_words_for_doctors_only_stand_in_no_other_list(sign_in: SignIn, patient: Patient) -> None:
    half = make_history(patient, "condition", "HIV maybe or blorb")
    HistoryItem.objects.filter(pk=half.pk).update(unresolved=True, sensitive=True)
    assert half.text not in words_of(sign_in().get("/patients/words/"))
    assert half.text in words_of(sign_in(Role.CLINICAL_LEAD).get("/patients/words/"))


def test_the_chart_leads_to_the_review(sign_in: SignIn, item: HistoryItem) -> None:
    page = words_of(sign_in().get(f"/patients/{item.patient.uuid}/history/"))
    assert review_of(item) in page


def test_the_review_offers_what_is_near(sign_in: SignIn, item: HistoryItem) -> None:
    typed = sign_in().post("/patients/words/suggest/condition/", {"look": "diabet"})
    assert f'value="{DIABETES}"' in words_of(typed)
    looked = sign_in().post(review_of(item), {"look": "diabet", "look-up": "yes"})
    assert looked.status_code == 200
    assert f'value="{DIABETES}"' in words_of(looked)


def test_a_choice_for_everybody_is_kept_and_remembered(sign_in: SignIn, item: HistoryItem) -> None:
    other = make_history(make_patient(), "condition", ODD)
    said = {"concept": DIABETES, "remember": "yes"}
    response = sign_in().post(f"{review_of(item)}?from=list", said)
    assert response.headers["Location"] == "/patients/words/"
    other.refresh_from_db()
    assert not other.unresolved
    assert ODD in words_of(sign_in().get("/patients/words/known/"))


def test_a_choice_for_one_patient_is_kept_and_not_remembered(
    sign_in: SignIn, item: HistoryItem
) -> None:
    response = sign_in().post(review_of(item), {"concept": DIABETES, "remember": "no"})
    assert response.headers["Location"] == item.patient.get_absolute_url()
    assert not Synonym.objects.exists()
    assert item.patient.history.current().get().concept == DIABETES


def test_nothing_chosen_is_asked_again(sign_in: SignIn, item: HistoryItem) -> None:
    response = sign_in().post(review_of(item), {"remember": "yes"})
    assert response.status_code == 422
    assert "Choose what the words mean." in words_of(response)


def test_harmless_is_offered_to_doctors_and_refused_to_others(
    sign_in: SignIn, item: HistoryItem
) -> None:
    said = {"concept": meaning.HARMLESS["condition"].id, "remember": "no"}
    assert str(meaning.NO_RULE) not in words_of(sign_in().get(review_of(item)))
    assert sign_in().post(review_of(item), said).status_code == 422
    assert str(meaning.NO_RULE) in words_of(sign_in(Role.CLINICAL_LEAD).get(review_of(item)))
    assert sign_in(Role.CLINICAL_LEAD).post(review_of(item), said).status_code == 302


def test_the_words_beside_an_answer_are_reviewed_from_the_chart(
    sign_in: SignIn, patient: Patient
) -> None:
    make_intake(patient, {"CI-FEVER": Said(reply="no", note=ODD)})
    page = words_of(sign_in().get(f"/patients/{patient.uuid}/history/"))
    address = f"/patients/{patient.uuid}/notes/CI-FEVER/review/"
    assert address in page
    assert sign_in().post(address, {"concept": DIABETES, "remember": "no"}).status_code == 302
    assert address not in words_of(sign_in().get(f"/patients/{patient.uuid}/history/"))


@pytest.mark.parametrize("question", ["CI-COLD", "NO-SUCH-QUESTION"])
def test_an_answer_without_such_words_has_no_review(
    sign_in: SignIn, patient: Patient, question: str
) -> None:
    make_intake(patient)
    address = f"/patients/{patient.uuid}/notes/{question}/review/"
    assert sign_in().get(address).status_code == 404


def test_a_doctor_takes_a_meaning_back(sign_in: SignIn, item: HistoryItem) -> None:
    by = make_staff(Role.COSMETOLOGIST)
    synonyms.review(item, DIABETES, remember=True, at=NOW, by=by)
    known = Synonym.objects.get()
    address = f"/patients/words/known/{known.uuid}/take-back/"
    assert sign_in().get(address).status_code == 403
    doctor = sign_in(Role.CLINICAL_LEAD)
    assert doctor.post(address, {"reason": ""}).status_code == 422
    assert doctor.post(address, {"reason": "a slip"}).status_code == 302
    assert "a slip" in words_of(doctor.get("/patients/words/known/"))
    assert ODD in words_of(doctor.get("/patients/words/"))
