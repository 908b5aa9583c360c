""" "Can I ...?" on the patient's page: kept, answered by the rules or by a clinician."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftercare import questions, restrictions
from aftercare.models import AftercarePlan, Question
from clinic.errors import WrongState
from clinic.record.models import AuditEntry, Task
from clinic.staff.roles import Role
from patients.models import Area
from tests.factories.aftercare import (
    A_DAY,
    make_aftercare,
    make_aftercare_link,
    make_course,
    open_page,
)
from tests.factories.patients import make_patient
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db
ASK = "/p/aftercare/ask/"
AN_HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nobody_counted() -> None:
    cache.clear()


def ended(ago: timedelta = A_DAY, *, language: str = "en") -> AftercarePlan:
    course = make_course(make_patient(language=language), at=timezone.now() - 30 * A_DAY)
    return make_aftercare(course, ended_at=timezone.now() - ago)


def ask(plan: AftercarePlan, text: str, *, after: timedelta = timedelta()) -> Question:
    at = timezone.now() + after
    return questions.ask(plan, text, at=at, by=make_aftercare_link(plan))


def visit(client: Client, plan: AftercarePlan) -> str:
    return open_page(client, make_aftercare_link(plan)).content.decode()


def test_the_rules_answer_at_once_and_nobody_is_asked() -> None:
    plan = ended()
    asked = ask(plan, "steam room after work")

    assert (asked.may, asked.is_open) == ("forbidden", False)
    assert asked.until == plan.restrictions.get(rule="RX-HEAT-SAUNA").until
    assert not Task.objects.exists()
    assert AuditEntry.objects.get(action="question.asked").facts == {"may": "forbidden"}


def test_what_the_rules_leave_open_is_a_task_and_forbidden_until_somebody_answers() -> None:
    plan, doctor = ended(), make_staff(Role.COSMETOLOGIST)
    asked = ask(plan, "knit a scarf")

    assert (asked.may, asked.is_open, asked.until) == ("forbidden", True, None)
    task = Task.objects.get()
    assert (task.role, task.subject_uuid) == (Role.COSMETOLOGIST, asked.uuid)

    questions.reply(asked, "Yes, of course.", at=timezone.now(), by=doctor)

    task.refresh_from_db()
    assert task.done_at is not None
    assert not Question.objects.waiting().exists()
    with pytest.raises(WrongState):
        questions.reply(asked, "Again", at=timezone.now(), by=doctor)


def test_only_a_clinician_answers_and_only_with_words() -> None:
    asked = ask(ended(), "knit a scarf")

    with pytest.raises(questions.CliniciansAnswer):
        questions.reply(asked, "Yes", at=timezone.now(), by=make_staff(Role.RECEPTION))
    with pytest.raises(questions.NothingAnswered):
        questions.reply(asked, "  ", at=timezone.now(), by=make_staff(Role.COSMETOLOGIST))


def test_a_question_sent_twice_is_one_and_a_flood_is_stopped() -> None:
    plan = ended()
    assert ask(plan, "wine") == ask(plan, "wine")
    for number in range(questions.AN_HOUR_HOLDS - 1):
        ask(plan, f"wine {number}")

    with pytest.raises(questions.TooManyQuestions):
        ask(plan, "one more wine")
    assert ask(plan, "one more wine", after=2 * AN_HOUR).may == "forbidden"
    with pytest.raises(questions.NothingAsked):
        ask(plan, "  ", after=4 * AN_HOUR)


def test_a_clinicians_release_opens_what_it_ended_and_nothing_else() -> None:
    plan = ended(5 * A_DAY)
    restrictions.release_all(plan, at=timezone.now(), by=make_staff(Role.COSMETOLOGIST))

    assert ask(plan, "go to the gym", after=AN_HOUR).may == "allowed"
    assert ask(plan, "sauna", after=AN_HOUR).may == "forbidden"


def test_the_bans_of_the_later_session_count() -> None:
    course = make_course(at=timezone.now() - 30 * A_DAY)
    make_aftercare(course, ended_at=timezone.now() - 13 * A_DAY)
    second = make_aftercare(course, ended_at=timezone.now() - 2 * A_DAY)

    sauna = second.restrictions.get(rule="RX-HEAT-SAUNA")
    assert ask(second, "sauna").until == sauna.until


def test_who_cannot_breathe_and_asks_for_a_tablet_is_helped_at_once(client: Client) -> None:
    plan = ended(AN_HOUR)
    ask(plan, "my lips are swollen, can I take suprastin")

    assert plan.check_ins.get().triage == "urgent"
    assert Task.objects.urgent().exists()
    assert "Get help now" in visit(client, plan)


@pytest.mark.parametrize(
    ("language", "asked", "words"),
    [
        ("en", "steam room after work", "Not yet. From "),
        ("ru", "можно в баню?", "Сауна, баня, пар"),
        ("uk", "чи можна в лазню", "Сауна, лазня, парна"),
    ],
)
def test_the_page_answers_in_the_patients_language_and_stays_small(
    client: Client, language: str, asked: str, words: str
) -> None:
    plan = ended(language=language)
    visit(client, plan)

    answer = client.post(ASK, {"asked": asked}, follow=True)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page.split('id="ask"')[1]
    assert len(page.encode()) < 100_000


def test_a_condition_an_open_question_and_its_answer_are_shown(client: Client) -> None:
    plan = ended()
    visit(client, plan)
    client.post(ASK, {"asked": "herbal tea instead of coffee"})
    page = client.post(ASK, {"asked": "knit a scarf"}, follow=True).content.decode()

    assert "Coffee, black tea, caffeinated drinks" in page.split('id="ask"')[1]
    assert "a clinician will answer you here" in page
    waiting = Question.objects.waiting().get()
    questions.reply(waiting, "Yes, <gladly>.", at=timezone.now(), by=make_staff(Role.COSMETOLOGIST))
    page = visit(client, plan)
    assert "Yes, &lt;gladly&gt;." in page


def test_an_empty_question_is_asked_again(client: Client) -> None:
    visit(client, ended())

    answer = client.post(ASK, {"asked": " "})

    assert answer.status_code == 422
    assert "in a few words" in answer.content.decode()
    assert client.get(ASK).status_code == 302


def test_the_work_list_leads_to_the_question_and_the_answer_is_given_there(client: Client) -> None:
    plan = ended()
    asked = ask(plan, "knit a scarf")
    staff = make_staff(Role.COSMETOLOGIST, location=plan.session.appointment.room.location)
    client.force_login(staff)

    detail = client.get(reverse("aftercare:question-detail", args=[asked.uuid]), follow=True)
    assert "knit a scarf" in detail.content.decode()
    url = reverse("aftercare:question-reply", args=[asked.uuid])
    assert client.post(url, {"answer": ""}).status_code == 409
    page = client.post(url, {"answer": "Yes, gladly."}, follow=True).content.decode()

    assert "Answered. The patient reads it on the page." in page
    assert "Yes, gladly." in page


@pytest.mark.parametrize(
    ("area", "technique", "gap"),
    [
        (Area.SCALP, "TE-NAPPAGE", "GAP-HAIR"),
        (Area.BODY, "TE-NAPPAGE", "GAP-HAIR"),
        (Area.FACE, "TE-OXYGEN", "GAP-NONINJECT"),
        (Area.LOWER_EYELID, "TE-NAPPAGE", None),
    ],
)
def test_where_the_sources_are_silent_the_doctor_is_told_of_the_strict_rules(
    area: Area, technique: str, gap: str | None
) -> None:
    course = make_course(at=timezone.now() - 30 * A_DAY, area=area)
    course.plan.technique = technique
    course.plan.save()
    plan = make_aftercare(course, ended_at=timezone.now() - A_DAY)

    told = Task.objects.filter(cause=f"aftercare-profile:{plan.uuid}")
    assert [task.facts["gap"] for task in told] == ([gap] if gap else [])
    assert ask(plan, "touch it with my hands").is_open is (gap == "GAP-HAIR")
