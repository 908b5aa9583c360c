"""The patient's page: what was entered is kept, and nobody reads another's document."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.messaging import links
from clinic.messaging.models import Message, Purpose
from consent import signing
from consent.models import ConsentDocument, ConsentState
from tests.consent.conftest import Sample
from tests.factories.aftercare import open_page
from tests.factories.consent import make_ink, make_offered

pytestmark = pytest.mark.django_db
S = ConsentState
READ = "/p/consent/"
SealFast = Callable[..., ConsentDocument]


def offered_now(**changes: Any) -> ConsentDocument:
    return make_offered(at=timezone.now(), **changes)


def with_link(document: ConsentDocument, *, tablet: bool = False) -> Client:
    """A browser that has opened the document's link."""
    client, at = Client(), timezone.now()
    if tablet:
        link = signing.open_on_tablet(document, at=at, by=document.created_by)
    else:
        signing.send_link(document, at=at, by=document.created_by)
        message = Message.objects.get(subject=document.cause)
        assert message.link is not None
        link = message.link
    response = open_page(client, link)
    assert response.status_code == 200
    return client


def answers(document: ConsentDocument, **changes: str) -> dict[str, str]:
    given = {
        "content_sha256": document.content_sha256,
        "signer_name": "Testova Fictiona",
        "photo_record": "yes",
        "photo_teaching": "no",
        "photo_marketing": "no",
        "ink": json.dumps(make_ink().as_data()),
    }
    return given | changes


def test_the_whole_text_is_read_in_its_language_with_nothing_ticked() -> None:
    document = offered_now(language="uk")
    page = with_link(document).get(READ).content.decode()
    assert "Інформована згода" in page
    assert all(drug["name"] in page for drug in document.content["drugs"])
    assert 'lang="uk"' in page
    assert "checked" not in page
    kinds = list(document.events.values_list("kind", flat=True))
    assert kinds.count("opened") == 1


def test_a_drawn_signature_is_taken_and_thanked_for() -> None:
    document = offered_now()
    client = with_link(document)
    response = client.post(READ, answers(document), follow=True, HTTP_USER_AGENT="A phone")
    assert "Thank you" in response.content.decode()
    document.refresh_from_db()
    assert (document.state, document.signer_name) == (S.SIGNED, "Testova Fictiona")
    assert document.events.get(kind="signed").device == "A phone"
    assert "Thank you" in client.get(READ).content.decode()
    again = client.post(READ, answers(document), follow=True)
    assert again.status_code == 200
    assert document.events.filter(kind="signed").count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"photo_teaching": ""}, "Answer with yes or no"),
        ({"photo_record": "maybe"}, "Answer with yes or no"),
        ({"signer_name": ""}, "Write your full name"),
        ({"signer_name": "Ann 😀"}, "grinning face"),
        ({"ink": ""}, "There is no signature yet"),
        ({"ink": "[]"}, "Draw it again"),
        ({"ink": "{"}, "Draw it again"),
        ({"content_sha256": "0" * 64}, "Reload the page"),
    ],
)
def test_what_is_missing_is_said_beside_it_and_everything_else_is_kept(
    changes: dict[str, str], said: str
) -> None:
    document = offered_now()
    given = answers(document, **changes)
    response = with_link(document).post(READ, given)
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    for name in ("signer_name", "photo_marketing"):
        assert given[name] in page
    if len(given["ink"]) > 2:
        assert "&quot;strokes&quot;" in page
    document.refresh_from_db()
    assert document.state == S.OFFERED


def test_a_typed_name_signs_without_a_drawing() -> None:
    document = offered_now()
    with_link(document).post(READ, answers(document, ink="", typed="on"))
    document.refresh_from_db()
    assert document.signature == {"kind": "typed", "name": "Testova Fictiona"}


def test_how_far_somebody_read_is_told_by_the_script() -> None:
    document = offered_now()
    client = with_link(document)
    for section in ("drugs", "drugs", "<b>"):
        assert client.post(f"{READ}section/", {"section": section}).status_code == 204
    assert document.events.filter(kind="section-reached").count() == 1


def test_no_and_later_are_answers_too() -> None:
    document = offered_now()
    client = with_link(document)
    assert "Nothing is decided" in client.get(f"{READ}later/").content.decode()
    assert client.post(f"{READ}decline/", {"reason": ""}).status_code == 422
    response = client.post(f"{READ}decline/", {"reason": "Not now"}, follow=True)
    assert "nothing is done" in response.content.decode()
    document.refresh_from_db()
    assert document.state == S.DECLINED


def test_the_clinic_s_tablet_forgets_the_patient_and_a_phone_does_not() -> None:
    document = offered_now()
    tablet = with_link(document, tablet=True)
    tablet.post(READ, answers(document), follow=True)
    assert tablet.get(READ).status_code in {404, 410}


def test_the_copy_is_fetched_by_its_link_and_can_be_taken_back(
    sample: Sample, seal_fast: SealFast
) -> None:
    document = seal_fast()
    at = timezone.now()
    link = links.make(
        document.patient.recipient,
        Purpose.CONSENT,
        document.cause,
        expires_at=at + signing.LINK_OPEN,
        at=at,
    )
    client = Client()
    page = open_page(client, link).content.decode()
    assert document.code in page
    assert client.get(f"{READ}copy/").content == sample.pdf
    assert document.events.filter(kind="delivered").count() == 1
    assert client.get(f"{READ}withdraw/").status_code == 200
    gone = client.post(f"{READ}withdraw/", {"reason": ""}, follow=True)
    assert "was taken back" in gone.content.decode()
    document.refresh_from_db()
    assert (document.state, document.withdrawal.recorded_by) == (S.WITHDRAWN, None)


def test_a_link_opens_its_own_document_and_nothing_without_one() -> None:
    first, second = offered_now(), offered_now()
    client = with_link(first)
    client.post(READ, answers(second, content_sha256=second.content_sha256))
    second.refresh_from_db()
    assert second.state == S.OFFERED
    assert Client().get(READ).status_code == 404
    assert client.get(f"{READ}copy/").status_code == 404
    at = timezone.now()
    stranger = links.make(
        second.patient.recipient,
        Purpose.CONSENT,
        first.cause,
        expires_at=at + signing.LINK_OPEN,
        at=at,
    )
    other = open_page(Client(), stranger)
    assert other.status_code == 404


def test_an_older_link_says_that_something_newer_has_come() -> None:
    document = offered_now(subject="plan:1")
    client = with_link(document)
    make_offered(document.patient, subject="plan:1", goal="New", at=timezone.now())
    assert "newer document" in client.get(READ).content.decode()


# ---- the public page


def test_anybody_checks_a_file_or_a_code_without_reading_a_name(
    sample: Sample, seal_fast: SealFast, tmp_path: Any
) -> None:
    document, page = seal_fast(), reverse("consent:verify")
    for pdf, said in [(sample.pdf, "byte for byte"), (sample.pdf + b"x", "Altered")]:
        file = tmp_path / "consent.pdf"
        file.write_bytes(pdf)
        with file.open("rb") as upload:
            text = Client().post(page, {"file": upload}).content.decode()
        assert said in text
        assert "Testova" not in text
    by_code = Client().post(page, {"code": document.code}).content.decode()
    assert "in force" in by_code
    assert "Not ours" in Client().post(page, {"code": "AAAA-BBBB"}).content.decode()
    assert Client().post(page, {}).status_code == 422
    assert Client().get(page).status_code == 200


def test_guessing_codes_is_slowed_down() -> None:
    client, page = Client(REMOTE_ADDR="203.0.113.99"), reverse("consent:verify")
    statuses = [client.post(page, {"code": f"{n:016x}"}).status_code for n in range(25)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
