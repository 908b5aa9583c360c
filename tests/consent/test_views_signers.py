"""The patient's page beside reading: the check, questions, further signers, a withdrawal's page."""

import json
import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from clinic.messaging import links
from clinic.staff.roles import Role
from consent import refusals, signing, withdrawing
from consent.comprehension import questions_of
from consent.models import ConsentDocument, ConsentState, PatientQuestion, Withdrawal
from consent.text import text_of
from tests.factories.aftercare import open_page
from tests.factories.consent import make_ink, make_offered, make_signature, make_signed
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db
S = ConsentState


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """Links opened by earlier tests do not count as haste here."""
    cache.clear()


READ = "/p/consent/"


def offered(**changes: Any) -> ConsentDocument:
    return make_offered(at=timezone.now(), **changes)


def reader(document: ConsentDocument) -> Client:
    """A browser that was handed the document on the tablet."""
    client, at = Client(), timezone.now()
    link = signing.open_on_tablet(document, at=at, by=make_staff(Role.RECEPTION))
    assert open_page(client, link).status_code == 200
    return client


def answers(document: ConsentDocument, **changes: str) -> dict[str, str]:
    photos = {f"photo_{use}": "no" for use in ("record", "teaching", "marketing")}
    ink = json.dumps(make_ink().as_data())
    given = {"content_sha256": document.content_sha256, "signer_name": "Testova Fictiona"}
    return given | photos | {"ink": ink} | changes


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_a_wrong_answer_is_explained_in_the_documents_language(language: str) -> None:
    document = offered(language=language)
    client, text = reader(document), text_of(document)
    question = questions_of(text)[0]
    wrong = (question.right + 1) % len(question.options)
    response = client.post(f"{READ}check/", {question.key: wrong}, follow=True)
    page = response.content.decode()
    assert text.check["wrong"] in page
    assert f"<strong>{question.answer}</strong>" in page
    right = client.post(f"{READ}check/", {question.key: question.right}, follow=True)
    assert text.check["right"] in right.content.decode()
    assert document.events.filter(kind="check-answered").count() == 2


@pytest.mark.parametrize("odd", [{"sessions": "x"}, {"sessions": "99"}, {"no": "1"}, {}])
def test_odd_answers_leave_the_page_as_it_was(odd: dict[str, str]) -> None:
    document = offered()
    assert reader(document).post(f"{READ}check/", odd, follow=True).status_code == 200
    assert not document.events.filter(kind="check-answered").exists()


def test_a_question_stands_on_the_page_with_its_answer_and_its_signs_escaped() -> None:
    document = offered()
    client = reader(document)
    page = client.post(f"{READ}ask/", {"question": "<img onerror=x>?"}, follow=True)
    assert "&lt;img onerror=x&gt;?" in page.content.decode()
    empty = client.post(f"{READ}ask/", {"question": " "})
    assert empty.status_code == 422
    assert "Write your question" in empty.content.decode()
    assert client.get(f"{READ}ask/").status_code == 302
    staff = Client()
    staff.force_login(make_staff(Role.COSMETOLOGIST))
    question = PatientQuestion.objects.get()
    url = f"/consents/questions/{question.uuid}/"
    assert staff.post(url, {"answer": ""}).status_code == 422
    assert staff.post(url, {"answer": "Only a little"}).status_code == 302
    assert staff.post(url, {"answer": "Once more"}).status_code == 409
    assert "Only a little" in client.get(READ).content.decode()
    desk = Client()
    desk.force_login(make_staff(Role.RECEPTION))
    assert desk.post(url, {"answer": "Mine"}).status_code == 403


def test_the_tablet_stays_open_until_everybody_has_signed() -> None:
    document = offered(asking={"signers": ("guardian", "witness")})
    client = reader(document)
    page = client.post(READ, answers(document), follow=True).content.decode()
    assert "Guardian or legal representative" in page
    further = {"content_sha256": document.content_sha256, "typed": "on"}
    same = client.post(f"{READ}further/", further | {"signer_name": "Testova Fictiona"})
    assert same.status_code == 422
    first = client.post(f"{READ}further/", further | {"signer_name": "Mother F"}, follow=True)
    assert "Witness" in first.content.decode()
    last = client.post(f"{READ}further/", further | {"signer_name": "Witness F"}, follow=True)
    assert "Thank you" in last.content.decode()
    assert client.get(READ).status_code in {404, 410}
    document.refresh_from_db()
    assert document.open_signers == []


def test_another_link_says_that_it_is_signed_already() -> None:
    document = offered()
    first, second = reader(document), reader(document)
    first.post(READ, answers(document), follow=True)
    assert "Already signed" in second.get(READ).content.decode()
    page = second.post(READ, answers(document, signer_name="Somebody"), follow=True)
    assert page.status_code in {200, 404, 410}
    document.refresh_from_db()
    assert document.signer_name == "Testova Fictiona"


def test_the_page_of_a_withdrawal_is_handed_to_patient_and_staff() -> None:
    document = make_signed(at=timezone.now())
    at = timezone.now()
    link = links.make(
        document.patient.recipient,
        "consent",  # type: ignore[arg-type]
        document.cause,
        expires_at=at + signing.LINK_OPEN,
        at=at,
    )
    client, staff = Client(), Client()
    open_page(client, link)
    assert client.get(f"{READ}withdrawal/").status_code == 404
    client.post(f"{READ}withdraw/", {"reason": "Afraid"})
    withdrawing.seal(Withdrawal.objects.get(document=document), at=timezone.now())
    assert client.get(f"{READ}withdrawal/").content.startswith(b"%PDF")
    assert "Download the page that says so" in client.get(READ).content.decode()
    staff.force_login(make_staff(Role.ADMINISTRATOR))
    response = staff.get(f"/consents/{document.uuid}/withdrawal/")
    assert response.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "name", ["A" * 200, "שלום ישראל", "O'Brien & <b>Söhne</b>", "Ім’я" * 40, "<img onerror=x>"]
)
def test_odd_names_sign_as_they_are_or_are_refused_with_their_reason(name: str) -> None:
    document = offered()
    response = reader(document).post(READ, answers(document, signer_name=name), follow=True)
    document.refresh_from_db()
    if document.state == S.SIGNED:
        assert document.signer_name == name
    else:
        assert response.status_code == 422
        assert "cannot be printed" in response.content.decode()
    assert "<img onerror" not in response.content.decode()


@pytest.mark.parametrize("name", ["A" * 201, "😀", " ", "."])
def test_no_name_at_all_signs_nothing(name: str) -> None:
    document = offered()
    response = reader(document).post(READ, answers(document, signer_name=name))
    assert response.status_code == 422
    document.refresh_from_db()
    assert document.state == S.OFFERED


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_sign_at_once_one_has_signed() -> None:
    document = offered()
    link = signing.open_on_tablet(document, at=timezone.now(), by=document.created_by)
    ready, outcomes = threading.Barrier(2), []

    def sign(name: str) -> None:
        try:
            ready.wait()
            signing.sign(
                document,
                make_signature(signer_name=name, ink=None, typed=True),
                content_sha256=document.content_sha256,
                at=timezone.now(),
                by=link,
            )
            outcomes.append("signed")
        except refusals.AlreadySigned:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=sign, args=(name,)) for name in ("Anna F", "Olha F")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "signed"]
    assert document.events.filter(kind="signed").count() == 1
