"""A link alone shows nothing about health: whoever opens it says the patient's date of birth."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftercare.models import CheckIn
from clinic.messaging import access
from clinic.messaging.models import PatientLink
from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.models import Location
from clinic.staff.roles import Role
from patients import proof
from patients.models import LinkProof, Patient
from patients.proof import TRIES, NotLocked
from tests.factories.aftercare import (
    A_DAY,
    make_aftercare,
    make_aftercare_link,
    make_course,
    open_page,
    path_of,
)
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db
PAGE, SAUNA = "/p/aftercare/", b"Sauna, bathhouse, steam"
WRONG = date(1901, 1, 1)


@pytest.fixture(autouse=True)
def nobody_counted() -> None:
    cache.clear()


@pytest.fixture
def link() -> PatientLink:
    course = make_course(at=timezone.now() - 3 * A_DAY)
    return make_aftercare_link(make_aftercare(course, ended_at=timezone.now() - A_DAY))


@pytest.fixture
def patient(link: PatientLink) -> Patient:
    return Patient.objects.get(recipient=link.recipient)


def say(client: Client, born: date) -> int:
    return client.post(PAGE, {"birth_date": f"{born:%d.%m.%Y}"}).status_code


def test_a_forwarded_link_says_nothing_but_whom_to_call(
    client: Client, link: PatientLink, patient: Patient
) -> None:
    place = Location.objects.get()
    page = client.get(path_of(link), follow=True).content
    assert SAUNA not in page
    assert patient.family_name.encode() not in page
    assert place.urgent_phone.encode() in page
    assert place.emergency_number.encode() in page
    for name in ("dates.ics", "sheet.pdf"):
        assert b'name="birth_date"' in client.get(PAGE + name).content
    for name in ("check-in/", "ask/", "call/"):
        client.post(PAGE + name, {"feeling": "worse", "asked": "sauna"})
    assert not CheckIn.objects.exists()
    assert not Task.objects.exists()


def test_the_right_date_opens_it_in_this_browser_until_the_link_is_over(
    client: Client, link: PatientLink
) -> None:
    assert SAUNA in open_page(client, link).content
    assert SAUNA in client.get(PAGE).content
    kept = client.cookies["patient-proof-aftercare"]
    assert int(kept["max-age"]) > timedelta(days=14).total_seconds()
    assert b'name="birth_date"' in Client().get(path_of(link), follow=True).content


def test_who_proved_one_link_proved_no_other(client: Client, link: PatientLink) -> None:
    open_page(client, link)
    other = make_course(at=timezone.now() - 3 * A_DAY)
    foreign = make_aftercare_link(make_aftercare(other, ended_at=timezone.now() - A_DAY))
    assert b'name="birth_date"' in client.get(path_of(foreign), follow=True).content


def test_five_hundred_wrong_dates_lock_it_and_the_desk_is_told_once(
    client: Client, link: PatientLink, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "REQUESTS_A_MINUTE", 10_000)  # a patient guesser has many addresses
    client.get(path_of(link), follow=True)
    answers = [say(client, WRONG + timedelta(days=day)) for day in range(500)]
    assert answers == [422] * (TRIES - 1) + [410] * (501 - TRIES)
    assert LinkProof.objects.get(link=link).wrong == TRIES
    task = Task.objects.get(kind=TaskKind.CALL_PATIENT)
    assert (task.role, task.patient_uuid) == (Role.RECEPTION, patient.uuid)
    assert AuditEntry.objects.filter(action="link.birth-date-wrong").count() == TRIES
    assert say(client, patient.birth_date) == 410
    assert say(Client(), patient.birth_date) == 404
    assert open_page(Client(), link).status_code == 410


def test_who_guesses_in_a_hurry_is_slowed_down_before(client: Client, link: PatientLink) -> None:
    client.get(path_of(link), follow=True)
    answers = {say(client, WRONG) for _try in range(access.REQUESTS_A_MINUTE)}
    assert answers == {422, 410, 429}


def locked(link: PatientLink, patient: Patient) -> None:
    for _try in range(TRIES):
        proof.prove(link, WRONG, at=timezone.now())
    assert proof.locked_of(patient, at=timezone.now()) == [link]


def test_the_desk_frees_it_on_the_chart_and_the_right_date_opens_it(
    client: Client, link: PatientLink, patient: Patient
) -> None:
    locked(link, patient)
    desk, summary = Client(), reverse("patients:chart-summary", args=[patient.uuid])
    desk.force_login(make_staff(Role.RECEPTION))
    assert "is locked" in desk.get(summary).content.decode()
    assert desk.post(reverse("patients:link-free", args=[patient.uuid])).status_code == 302
    assert "is locked" not in desk.get(summary).content.decode()
    assert not Task.objects.open().exists()
    assert AuditEntry.objects.filter(action="links.freed", patient_uuid=patient.uuid).exists()
    assert SAUNA in open_page(client, link).content


def test_locked_again_it_is_another_task(link: PatientLink, patient: Patient) -> None:
    by = make_staff(Role.RECEPTION)
    locked(link, patient)
    proof.free(patient, at=timezone.now(), by=by)
    with pytest.raises(NotLocked):
        proof.free(patient, at=timezone.now(), by=by)
    locked(link, patient)
    assert Task.objects.filter(kind=TaskKind.CALL_PATIENT).count() == 2
    assert Task.objects.open().count() == 1


def test_who_may_not_register_frees_nobody(link: PatientLink, patient: Patient) -> None:
    locked(link, patient)
    auditor = Client()
    auditor.force_login(make_staff(Role.AUDITOR))
    assert auditor.post(reverse("patients:link-free", args=[patient.uuid])).status_code == 403
    assert proof.locked_of(patient, at=timezone.now()) == [link]


def test_a_locked_page_is_told_in_the_patients_language(link: PatientLink, client: Client) -> None:
    link.recipient.language = "uk"
    link.recipient.save()
    locked(link, Patient.objects.get(recipient=link.recipient))
    answer = client.get(path_of(link), follow=True)
    assert (answer.status_code, answer["Content-Language"]) == (410, "uk")
