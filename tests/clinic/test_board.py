"""The home page: each role finds today and what waits for it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import booking, courses, plans
from tests.factories.patients import make_intake, make_patient
from tests.factories.plans import make_plan
from tests.factories.procedures import (
    Place,
    book_course,
    book_visit,
    make_bookable_plan,
    make_place,
    make_session,
)
from tests.factories.staff import NOW, make_room, make_staff, make_working_hours

pytestmark = pytest.mark.django_db
HOME = "/"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The board asks the clock; here it stands."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def place() -> Place:
    return make_place()


def signed_in(who: Role | User, place: Place) -> Client:
    client = Client()
    user = who if isinstance(who, User) else make_staff(who, location=place.location)
    client.force_login(user)
    return client


def tiles(client: Client) -> dict[str, int]:
    """Label and number of each tile."""
    return {str(tile["label"]): tile["count"] for tile in client.get(HOME).context["tiles"]}


DOUBLES = "Charts that may be one person's"


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.RECEPTION, {"Tasks", "Consents to be signed", DOUBLES, "Messages in trouble"}),
        (
            Role.COSMETOLOGIST,
            {
                "Tasks",
                "Consents to countersign",
                "Consents to be signed",
                "Questionnaires not finished",
                "Words to review",
                "Lots that expire in 30 days",
                DOUBLES,
                "Messages in trouble",
            },
        ),
        (
            Role.CLINICAL_LEAD,
            {
                "Tasks",
                "Plans to sign off",
                "Courses on hold",
                "Consents to countersign",
                "Consents to be signed",
                "Questionnaires not finished",
                "Words to review",
                "Lots that expire in 30 days",
                DOUBLES,
                "Messages in trouble",
            },
        ),
        (
            Role.ADMINISTRATOR,
            {
                "Tasks",
                "Lots that expire in 30 days",
                "Messages in trouble",
            },
        ),
        (Role.AUDITOR, {"Messages in trouble"}),
    ],
)
def test_each_role_has_its_own_work(role: Role, labels: set[str], place: Place) -> None:
    client = signed_in(role, place)
    assert set(tiles(client)) == labels
    page = client.get(HOME)
    assert page.context["day"].location == place.location
    for tile in page.context["tiles"]:
        assert client.get(tile["url"]).status_code == 200, tile


def test_what_waits_stands_first(place: Place) -> None:
    make_plan()
    labels = list(tiles(signed_in(Role.CLINICAL_LEAD, place)))
    assert labels[0] == "Plans to sign off"


def test_a_plan_waits_until_the_doctor_has_signed(place: Place) -> None:
    plan = make_plan()
    lead = signed_in(Role.CLINICAL_LEAD, place)
    waiting = reverse("board:worklist", args=["plans"])
    link = reverse("procedures:plan-detail", args=[plan.uuid])
    assert tiles(lead)["Plans to sign off"] == 1
    assert link in lead.get(waiting).content.decode()
    plans.sign_off(plan, "Fine.", at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    assert tiles(lead)["Plans to sign off"] == 0
    assert "Nothing waits here." in lead.get(waiting).content.decode()


def test_a_held_course_waits_until_it_is_released(place: Place) -> None:
    hold = courses.hold(make_session(place).course, "test", "swollen", at=NOW, by=None)
    lead = signed_in(Role.CLINICAL_LEAD, place)
    page = lead.get(reverse("board:worklist", args=["holds"]))
    assert reverse("procedures:hold-release", args=[hold.uuid]) in page.content.decode()
    assert "swollen" not in page.content.decode()
    courses.release(hold, "fine", at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    assert tiles(lead)["Courses on hold"] == 0


def test_the_oldest_unfinished_questionnaire_stands_first(place: Place) -> None:
    young, old = make_patient(), make_patient()
    make_intake(young, at=NOW, complete=False)
    make_intake(old, at=NOW - timedelta(days=2), complete=False)
    page = signed_in(Role.COSMETOLOGIST, place).get(reverse("board:worklist", args=["intakes"]))
    assert [line.patient for line in page.context["lines"]] == [old, young]


@pytest.mark.parametrize("key", ["plans", "holds", "intakes", "tasks", "nonsense"])
def test_a_work_list_of_others_is_not_found(key: str, place: Place) -> None:
    page = signed_in(Role.RECEPTION, place).get(reverse("board:worklist", args=[key]))
    assert page.status_code == 404


def test_reception_checks_in_with_one_click(place: Place) -> None:
    visit = book_visit(place)
    desk = signed_in(place.desk, place)
    page = desk.get(HOME)
    arrive = reverse("procedures:appointment-arrive", args=[visit.uuid])
    assert arrive in page.content.decode()
    assert [block.visit for block in page.context["coming"]] == [visit]
    answer = desk.post(arrive, {"back": HOME}, follow=True)
    assert answer.redirect_chain == [(HOME, 302)]
    assert arrive not in answer.content.decode()


def test_who_treats_sees_the_own_patients_and_the_treatment_room(place: Place) -> None:
    session = make_session(place)
    colleague = make_staff(Role.COSMETOLOGIST, location=place.location)
    make_working_hours(colleague, place.location)
    room = make_room(place.location)
    book_visit(replace(place, practitioner=colleague, room=room))
    booking.arrive(session.appointment, at=NOW, by=place.desk)
    page = signed_in(place.practitioner, place).get(HOME)
    assert page.context["own"]
    assert [block.visit for block in page.context["coming"]] == [session.appointment]
    assert reverse("procedures:session-detail", args=[session.uuid]) in page.content.decode()


def test_an_auditor_only_looks(place: Place) -> None:
    visit = book_visit(place)
    text = signed_in(Role.AUDITOR, place).get(HOME).content.decode()
    assert visit.patient.full_name in text
    assert reverse("procedures:appointment-arrive", args=[visit.uuid]) not in text
    assert "day-free" not in text


def test_the_lead_is_told_what_the_clinic_still_has_to_decide(place: Place) -> None:
    assert signed_in(Role.CLINICAL_LEAD, place).get(HOME).context["unset"] > 0
    assert "unset" not in signed_in(Role.RECEPTION, place).get(HOME).context


def test_a_clinic_without_a_place_has_a_home_page_too() -> None:
    client = Client()
    client.force_login(make_staff(Role.ADMINISTRATOR))
    page = client.get(HOME)
    assert page.status_code == 200
    assert "day" not in page.context


def test_the_board_costs_few_queries(place: Place) -> None:
    lead = signed_in(Role.CLINICAL_LEAD, place)
    book_course(make_bookable_plan(place), place)
    with CaptureQueriesContext(connection) as one:
        lead.get(HOME)
    for hour in range(1, 7):
        book_visit(place, start=NOW + timedelta(hours=hour))
    with CaptureQueriesContext(connection) as seven:
        lead.get(HOME)
    assert 10 < len(seven) == len(one) <= 40


def test_nobody_sees_it_without_signing_in(client: Client) -> None:
    assert client.get(HOME).status_code == 302
