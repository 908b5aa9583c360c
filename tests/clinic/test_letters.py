"""The texts of messages on their pages: seen as any patient would get them, then saved."""

import pytest
from django.test import Client

from clinic.messaging import channels, outbox
from clinic.messaging.models import Channel, Template
from clinic.staff.roles import Role
from tests.factories.messaging import Provider, owe
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_location, make_staff

pytestmark = pytest.mark.django_db
PAGE = "/letters/visit-moved/en/sms/"
WORDS = "Your visit: {date}, {time}. {clinic_phone}"


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    return client


def test_every_message_has_a_page_for_each_language_and_channel(lead: Client) -> None:
    page = lead.get("/letters/").content.decode()
    assert 'href="/letters/RP-D3/uk/telegram/"' in page
    assert lead.get("/letters/RP-D3/uk/telegram/").status_code == 200
    assert lead.get("/letters/RP-D3/xx/sms/").status_code == 404
    assert lead.get("/letters/nonsense/en/sms/").status_code == 404


def test_a_look_saves_nothing_and_counts_the_sms(lead: Client) -> None:
    make_location()
    answer = lead.post(PAGE, {"version": 0, "text": "ж" * 71 + " {date}", "look": "1"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "UCS-2" in page
    assert not Template.objects.exists()


def test_any_patient_can_be_looked_at_with_the_dates_of_their_own_message(lead: Client) -> None:
    patient = make_patient(at=NOW)
    owe(
        message="visit-moved",
        recipient=patient.recipient,
        patient_uuid=patient.uuid,
        values={"date": NOW.replace(year=2031), "time": NOW},
        location=make_location(),
    )
    told = {"version": 0, "text": "Until {date} {time}", "look": "1", "person": patient.full_name}
    page = lead.post(PAGE, told).content.decode()
    assert patient.full_name in page
    assert NOW.replace(year=2031).strftime("Until %A") in page
    nobody = lead.post(PAGE, told | {"person": "zzzz"}).content.decode()
    assert "Nobody is found by that." in nobody


def test_saved_it_is_what_goes_out(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider()
    monkeypatch.setitem(channels.ADAPTERS, Channel.EMAIL, provider)
    answer = lead.post("/letters/staff-invite/en/email/", told("Come in: {url}"))
    assert answer.status_code == 302
    owe()
    outbox.deliver_due(clock=lambda: NOW)
    assert provider.letters[0].text == "Come in: https://clinic.example/welcome/"


def told(text: str, **more: object) -> dict[str, object]:
    return {"version": 0, "title": "News of {clinic}", "text": text, "save": "1", **more}


def test_what_tells_too_much_is_refused_kept_and_can_be_confirmed(lead: Client) -> None:
    words = told("Your skin: {link}")
    answer = lead.post("/letters/check-in-again/en/email/", words)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Your skin: {link}" in page
    assert page.partition("why somebody comes: ")[2].startswith("skin.")
    assert 'name="confirmed"' in page
    assert not Template.objects.exists()
    assert (
        lead.post("/letters/check-in-again/en/email/", words | {"confirmed": "on"}).status_code
        == 302
    )
    assert Template.objects.get().channel == Channel.EMAIL


def test_a_text_that_is_empty_or_old_is_refused(lead: Client) -> None:
    assert lead.post(PAGE, {"version": 0, "text": " ", "save": "1"}).status_code == 422
    assert lead.post(PAGE, {"version": 0, "text": WORDS, "save": "1"}).status_code == 302
    late = lead.post(PAGE, {"version": 0, "text": WORDS, "save": "1"})
    assert late.status_code == 422
    assert "changed this in the meantime" in late.content.decode()


def test_the_original_words_come_back_with_one_press(lead: Client) -> None:
    lead.post(PAGE, {"version": 0, "text": WORDS, "save": "1"})
    assert lead.post(f"{PAGE}reset/", {"version": 0}).status_code == 409
    assert lead.post(f"{PAGE}reset/", {"version": "x"}).status_code == 400
    assert lead.post(f"{PAGE}reset/", {"version": 1}).status_code == 302
    assert "the original words again" in lead.get(PAGE).content.decode()


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.COSMETOLOGIST, Role.AUDITOR])
def test_who_may_not_change_words_does_not_see_the_pages(client: Client, role: Role) -> None:
    client.force_login(make_staff(role))
    assert client.get("/letters/").status_code == 403
    assert client.post(PAGE, {"version": 0, "text": WORDS, "save": "1"}).status_code == 403
