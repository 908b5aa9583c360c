"""The task list: the urgent first, done by somebody who says what came of it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone

from clinic import inbox
from clinic.messaging.models import Message
from clinic.record import worklist
from clinic.record.models import Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients.models import Patient
from tests.factories.patients import make_patient
from tests.factories.staff import make_location, make_staff

pytestmark = pytest.mark.django_db
LIST = "/tasks/"


@pytest.fixture
def receptionist() -> User:
    return make_staff(Role.RECEPTION, location=make_location())


@pytest.fixture
def desk(client: Client, receptionist: User) -> Client:
    """The reception's browser."""
    client.force_login(receptionist)
    return client


def ask(
    subject: User | Patient,
    cause: str = "call:1",
    *,
    role: Role = Role.RECEPTION,
    urgent: bool = False,
    hours: int = 1,
) -> Task:
    now = timezone.now()
    return worklist.ask(
        TaskKind.RED_FLAG if urgent else TaskKind.CALL_PATIENT,
        cause,
        subject,
        role=role,
        patient=subject.uuid if isinstance(subject, Patient) else None,
        urgent=urgent,
        due_at=now + timedelta(hours=hours),
        at=now,
        sign="fever-code",
    )


def shown(client: Client, query: str = "") -> list[Task]:
    answer = client.get(LIST + query)
    assert answer.status_code == 200
    return [line.task for line in answer.context["lines"]]


def test_the_urgent_come_first_then_what_is_due(desk: Client, receptionist: User) -> None:
    later = ask(receptionist, "a", hours=5)
    sooner = ask(receptionist, "b", hours=2)
    urgent = ask(receptionist, "c", hours=9, urgent=True)
    ask(receptionist, "d", role=Role.CLINICAL_LEAD)
    assert shown(desk) == [urgent, sooner, later]


def test_an_empty_list_says_so(desk: Client) -> None:
    assert "All done" in desk.get(LIST).content.decode()
    assert "Nothing is put off" in desk.get(f"{LIST}?show=later").content.decode()


def test_a_task_is_finished_with_an_outcome(desk: Client, receptionist: User) -> None:
    task = ask(receptionist)
    finish = reverse("inbox:task-finish", args=[task.uuid])
    assert desk.post(finish, {"outcome": " "}).status_code == 422
    assert desk.post(finish, {"outcome": "Called <b>twice</b>"}).status_code == 302
    task.refresh_from_db()
    assert (task.outcome, task.done_by_uuid) == ("Called <b>twice</b>", receptionist.uuid)
    assert shown(desk) == []
    again = desk.post(finish, {"outcome": "Me too"})
    assert again.status_code == 422
    assert "already" in again.content.decode()
    assert "<b>twice" not in again.content.decode()


def test_a_task_put_off_is_hidden_and_kept(desk: Client, receptionist: User) -> None:
    task = ask(receptionist)
    snooze = reverse("inbox:task-snooze", args=[task.uuid])
    assert desk.post(snooze, {"until": "yesterday"}).status_code == 422
    assert desk.post(snooze, {"until": "week"}).status_code == 302
    assert (shown(desk), shown(desk, "?show=later")) == ([], [task])


def test_an_urgent_task_stays(desk: Client, receptionist: User) -> None:
    task = ask(receptionist, urgent=True)
    answer = desk.post(reverse("inbox:task-snooze", args=[task.uuid]), {"until": "hour"})
    assert answer.status_code == 422
    assert shown(desk) == [task]


@pytest.mark.parametrize(
    ("choice", "comes_back"),
    [
        ("hour", datetime(2026, 3, 28, 22, 30, tzinfo=ZoneInfo("Europe/Kyiv"))),
        ("tomorrow", datetime(2026, 3, 29, 9, 0, tzinfo=ZoneInfo("Europe/Kyiv"))),
        ("week", datetime(2026, 4, 4, 9, 0, tzinfo=ZoneInfo("Europe/Kyiv"))),
    ],
)
def test_morning_is_nine_on_the_wall_even_when_the_clocks_change(
    choice: str, comes_back: datetime
) -> None:
    zone = ZoneInfo("Europe/Kyiv")
    form = inbox.SnoozeForm({"until": choice})
    assert form.is_valid()
    evening = datetime(2026, 3, 28, 21, 30, tzinfo=zone)
    assert form.moment(zone, at=evening) == comes_back


def test_details_are_shown_only_to_who_sees_clinical_data(
    client: Client, desk: Client, receptionist: User
) -> None:
    patient = make_patient(family_name="Testova", birth_date=date(1990, 1, 1))
    task = ask(patient, urgent=True)
    detail = reverse("inbox:task-detail", args=[task.uuid])
    at_the_desk = desk.get(detail).content.decode()
    assert "Testova" in at_the_desk
    assert "fever-code" not in at_the_desk
    both = make_staff(Role.RECEPTION, Role.CLINICAL_LEAD)
    client.force_login(both)
    assert "fever-code" in client.get(detail).content.decode()


def test_somebody_else_s_task_is_absent(client: Client, receptionist: User) -> None:
    task = ask(receptionist)
    client.force_login(make_staff(Role.COSMETOLOGIST))
    for name in ("task-detail", "task-finish", "task-snooze"):
        url = reverse(f"inbox:{name}", args=[task.uuid])
        method = client.get if name == "task-detail" else client.post
        assert method(url, {"outcome": "Done", "until": "hour"}).status_code == 404
    assert Task.objects.open().exists()


def test_who_has_no_tasks_has_no_list(client: Client) -> None:
    assert client.get(LIST).status_code == 302
    client.force_login(make_staff(Role.AUDITOR))
    assert client.get(LIST).status_code == 403


def test_a_task_leads_to_its_subject_or_to_the_chart(receptionist: User) -> None:
    patient = make_patient()
    assert inbox.address(ask(patient), receptionist) == reverse(
        "chart:patient-chart", args=[patient.uuid]
    )
    assert inbox.address(ask(receptionist, "b"), receptionist) == ""
    task = Task(subject_kind="messaging.message", subject_uuid=patient.uuid)
    assert inbox.address(task, receptionist) == reverse(
        "messaging:message-detail", args=[patient.uuid]
    )


@pytest.mark.parametrize("kind", ["aftercare.checkin", "procedures.session"])
def test_what_only_clinicians_open_leads_the_desk_to_the_chart(
    kind: str, receptionist: User
) -> None:
    patient = make_patient()
    task = Task(subject_kind=kind, subject_uuid=patient.uuid, patient_uuid=patient.uuid)
    chart = reverse("chart:patient-chart", args=[patient.uuid])
    assert inbox.address(task, receptionist) == chart
    page, _permission = inbox.PAGES[kind]
    clinician = make_staff(Role.COSMETOLOGIST)
    assert inbox.address(task, clinician) == reverse(page, args=[patient.uuid])


@pytest.mark.parametrize("kind", inbox.PAGES)
def test_the_table_of_pages_asks_for_the_page_s_own_permission(kind: str) -> None:
    page, permission = inbox.PAGES[kind]
    found = get_resolver().resolve(reverse(page, args=[Message().uuid]))
    assert getattr(found.func, "permission", None) == permission


def test_the_list_takes_as_many_queries_for_ten_tasks_as_for_one(
    desk: Client, receptionist: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            shown(desk)
        return len(captured)

    ask(make_patient(), "first")
    before = queries()
    for number in range(9):
        ask(make_patient(), f"more:{number}")
    assert queries() == before
