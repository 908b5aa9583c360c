"""The chart: each role its panels, the next link of the chain first, every opening on record."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from clinic.timeline import Event
from consent.models import ConsentDocument
from patients.models import HistoryItem, Patient
from procedures import booking, consenting, plans
from tests.factories.patients import make_healthy_patient, make_patient
from tests.factories.plans import make_intent, make_plan
from tests.factories.procedures import (
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_place,
    make_session,
)
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
EVERYBODY = {"time line", "alerts", "visits", "consents", "patient", "plans"}
CLINICAL = EVERYBODY | {"allergies", "history", "photos", "aftercare"}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The chart asks the clock; here it stands."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def patient(place: Place) -> Patient:
    return make_healthy_patient(location=place.location)


def signed_in(who: Role | User) -> Client:
    client = Client()
    client.force_login(who if isinstance(who, User) else make_staff(who))
    return client


def chart(patient: Patient) -> str:
    return reverse("chart:patient-chart", args=[patient.uuid])


def first_step(patient: Patient, role: Role = Role.CLINICAL_LEAD) -> str:
    return str(signed_in(role).get(chart(patient)).context["steps"][0]["title"])


# Panels


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        (Role.RECEPTION, EVERYBODY),
        (Role.COSMETOLOGIST, CLINICAL),
        (Role.CLINICAL_LEAD, CLINICAL),
        (Role.ADMINISTRATOR, EVERYBODY),
        (Role.AUDITOR, EVERYBODY),
    ],
)
def test_each_role_gets_its_panels_and_each_panel_loads(
    role: Role, titles: set[str], place: Place, patient: Patient
) -> None:
    book_course(make_bookable_plan(place, patient), place)
    client = signed_in(role)
    page = client.get(chart(patient))
    shown = [*page.context["alerts"], *page.context["main"], *page.context["side"]]
    assert {str(panel["title"]).lower() for panel in shown} == titles
    for panel in shown:
        assert f'hx-get="{panel["url"]}"' in page.content.decode()
        assert client.get(panel["url"], headers={"HX-Request": "true"}).status_code == 200, panel


def test_alerts_stand_above_everything_else(patient: Patient) -> None:
    text = signed_in(Role.COSMETOLOGIST).get(chart(patient)).content.decode()
    assert text.index("chart-alerts") < text.index('class="chart-column"')


def test_that_a_chart_was_opened_is_on_record(patient: Patient) -> None:
    auditor = make_staff(Role.AUDITOR)
    signed_in(auditor).get(chart(patient))
    entry = AuditEntry.objects.get(action="patient.viewed")
    assert (entry.subject_uuid, entry.actor_uuid, entry.at) == (patient.uuid, auditor.uuid, NOW)


def test_a_patient_that_does_not_exist_is_not_found() -> None:
    answer = signed_in(Role.CLINICAL_LEAD).get(reverse("chart:patient-chart", args=[uuid4()]))
    assert answer.status_code == 404
    assert not AuditEntry.objects.filter(action="patient.viewed").exists()


def test_nobody_sees_a_chart_without_signing_in(patient: Patient) -> None:
    assert Client().get(chart(patient)).status_code == 302
    assert not AuditEntry.objects.filter(action="patient.viewed").exists()


# What comes next


def test_the_next_link_of_the_chain_stands_first(place: Place) -> None:
    patient = make_patient(location=place.location)
    assert first_step(patient) == "Ask the questions"
    patient = make_healthy_patient(location=place.location)
    assert first_step(patient) == "Plan a treatment"
    plan = make_plan(
        patient, make_intent(practitioner=place.practitioner, location=place.location), at=NOW
    )
    assert first_step(patient) == "Examine and sign off"
    plan = plans.sign_off(plan, "Fine.", at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    assert first_step(patient) == "Offer the consent"
    consenting.offer(plan, language="en", at=NOW, by=place.desk)
    assert first_step(patient) == "Consent"


def test_who_may_not_do_the_next_thing_is_offered_what_they_may(place: Place) -> None:
    patient = make_plan().patient
    assert first_step(patient) == "Examine and sign off"
    assert first_step(patient, Role.RECEPTION) == "Book a visit"
    page = signed_in(Role.AUDITOR).get(chart(patient))
    assert page.context["steps"] == []


def test_who_is_here_goes_to_the_treatment_room(place: Place) -> None:
    session = make_session(place)
    booking.arrive(session.appointment, at=NOW, by=place.desk)
    page = signed_in(Role.COSMETOLOGIST).get(chart(session.patient))
    room = reverse("procedures:session-detail", args=[session.uuid])
    assert page.context["steps"][0]["url"] == room


@pytest.mark.parametrize("role", Role)
def test_every_step_that_is_offered_opens(role: Role, place: Place, patient: Patient) -> None:
    make_bookable_plan(place, patient)
    client = signed_in(role)
    for step in client.get(chart(patient)).context["steps"]:
        assert client.get(str(step["url"]).partition("#")[0]).status_code == 200, step


# The time line


def time_line(patient: Patient) -> str:
    return reverse("chart:time-line", args=[patient.uuid])


def events_of(patient: Patient, who: Role | User) -> list[Event]:
    return list(signed_in(who).get(time_line(patient)).context["events"])


def test_the_time_line_is_newest_first_and_links_on(place: Place, patient: Patient) -> None:
    visit = book_visit(place, patient)
    events = events_of(patient, Role.RECEPTION)
    assert [event.at for event in events] == sorted((e.at for e in events), reverse=True)
    assert events[0].url == reverse("procedures:appointment-detail", args=[visit.uuid])
    assert str(events[-1].title) == "Registered"


def test_who_sees_no_health_words_sees_no_plan_on_the_time_line(
    place: Place, patient: Patient
) -> None:
    make_bookable_plan(place, patient)
    seen = {
        role: {str(event.title) for event in events_of(patient, role)}
        for role in (Role.RECEPTION, Role.COSMETOLOGIST)
    }
    assert "Plan signed off" in seen[Role.COSMETOLOGIST]
    assert "Plan signed off" not in seen[Role.RECEPTION]
    assert "Registered" in seen[Role.RECEPTION]


def test_an_offered_consent_is_on_the_time_line(place: Place, patient: Patient) -> None:
    plan = make_bookable_plan(place, patient)
    consenting.offer(plan, language="en", at=NOW, by=place.desk)
    document = ConsentDocument.objects.get()
    events = events_of(patient, place.desk)
    assert reverse("consent:document-detail", args=[document.uuid]) in {e.url for e in events}


def test_the_time_line_comes_page_by_page(place: Place, patient: Patient) -> None:
    rows = [
        HistoryItem(
            patient=patient,
            kind="medicine",
            text="iron",
            asserted_by="patient",
            recorded_by=place.practitioner,
            recorded_at=NOW - timedelta(minutes=number),
        )
        for number in range(1, 71)
    ]
    HistoryItem.objects.bulk_create(rows)
    client = signed_in(Role.CLINICAL_LEAD)
    pages = [client.get(time_line(patient), {"page": n}).context["events"] for n in (1, 2, 3)]
    moments = [event.at for page in pages for event in page]
    assert len(pages[0]) == len(pages[1]) == 30
    assert moments == sorted(moments, reverse=True)
    assert len(moments) >= len(rows)
    part = client.get(time_line(patient), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "page=2" in part


def test_a_long_story_costs_no_more_queries(place: Place, patient: Patient) -> None:
    client = signed_in(Role.CLINICAL_LEAD)
    book_course(make_bookable_plan(place, patient), place)
    with CaptureQueriesContext(connection) as short:
        client.get(chart(patient))
    elsewhere = make_place()
    book_course(make_bookable_plan(elsewhere, patient), elsewhere)
    with CaptureQueriesContext(connection) as long:
        client.get(chart(patient))
    assert 5 < len(long) <= len(short) <= 12
