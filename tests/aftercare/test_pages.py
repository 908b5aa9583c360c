"""The patient's page on a telephone, and what staff see of it."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftercare import check_ins
from aftercare.models import AftercarePlan, CheckIn, Feeling, Reaction, Triage
from clinic.knowledge.loader import load
from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.roles import Role
from clinic.staff.templatetags.look import clinic_time
from patients.models import Area
from procedures import settings as clinic_settings
from tests.factories.aftercare import (
    A_DAY,
    AN_HOUR,
    book_session,
    make_aftercare,
    make_aftercare_link,
    make_course,
    open_page,
)
from tests.factories.patients import make_patient
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db
PAGE, CHECK_IN = "/p/aftercare/", "/p/aftercare/check-in/"
HTML_LIMIT = 60_000  # bytes; the whole page stays below 100 KB


@pytest.fixture(autouse=True)
def nobody_counted() -> None:
    cache.clear()


def ended(ago: timedelta, *, language: str = "en", area: str = Area.FACE) -> AftercarePlan:
    course = make_course(
        make_patient(language=language), area=area, at=timezone.now() - ago - A_DAY
    )
    return make_aftercare(course, ended_at=timezone.now() - ago)


def visit(client: Client, plan: AftercarePlan) -> str:
    answer = open_page(client, make_aftercare_link(plan))
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, **answers: object) -> int:
    return client.post(CHECK_IN, answers).status_code


def test_the_page_says_what_is_forbidden_until_when_and_why(client: Client) -> None:
    page = visit(client, ended(timedelta(hours=1)))
    assert "Washing the face with water" in page
    assert "23 hours left" in page
    assert "Sauna, bathhouse, steam" in page
    assert "sweat removes the mix, feeds germs" in page
    assert "short outdoor time with SPF and shade" in page
    assert len(page) < HTML_LIMIT


def test_the_urgent_phone_and_the_emergency_number_stand_on_top(client: Client) -> None:
    plan = ended(timedelta(hours=1))
    place = plan.session.appointment.room.location
    head = visit(client, plan).split("<main", maxsplit=1)[0]
    assert f'href="tel:{place.urgent_phone}"' in head
    assert place.emergency_number in head


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Sauna, bathhouse, steam"), ("ru", "Сауна, баня, пар"), ("uk", "Сауна, лазня, парна")],
)
def test_the_page_speaks_the_patients_language(client: Client, language: str, words: str) -> None:
    page = visit(client, ended(timedelta(hours=1), language=language))
    assert words in page
    assert f'<html lang="{language}"' in page


def test_the_words_of_the_day_come_from_the_knowledge(client: Client) -> None:
    page = visit(client, ended(timedelta(days=4, hours=2)))
    assert load().reminders["RP-D4"].message.en[:40] in page  # type: ignore[union-attr]


def test_the_words_of_day_seven_name_the_patients_own_dates(client: Client) -> None:
    plan = ended(timedelta(days=7, hours=2))
    sauna = plan.restrictions.get(rule="RX-HEAT-SAUNA").until
    zone = plan.session.appointment.room.location.zone
    page = visit(client, plan)
    assert f"{sauna.astimezone(zone):%A}, {sauna.astimezone(zone).day} " in page
    assert "{" not in page


def test_what_is_over_and_what_was_released_is_not_on_the_list(client: Client) -> None:
    plan = ended(timedelta(days=5))
    touch = plan.restrictions.get(rule="RX-TOUCH")
    touch.released_at, touch.released_by = timezone.now(), make_staff(Role.COSMETOLOGIST)
    touch.save()
    page = visit(client, plan)
    assert "Washing the face with water" not in page
    assert "Touching the face with hands" not in page
    assert "Sauna, bathhouse, steam" in page


def test_after_two_weeks_everything_is_allowed_again(client: Client) -> None:
    assert "Everything is allowed again" in visit(client, ended(timedelta(days=14, hours=1)))


def test_of_two_sessions_close_to_each_other_the_later_end_counts(client: Client) -> None:
    course = make_course(at=timezone.now() - 20 * A_DAY)
    second = make_aftercare(course, ended_at=timezone.now() - AN_HOUR)
    first = make_aftercare(course, ended_at=timezone.now() - 8 * A_DAY)  # entered afterwards
    page = visit(client, second)
    assert page.count("Sauna, bathhouse, steam") == 1
    place = second.session.appointment.room.location
    ends = [plan.restrictions.get(rule="RX-SOLARIUM").until for plan in (second, first)]
    assert [clinic_time(end, place) in page for end in ends] == [True, False]


def test_the_link_of_an_older_message_shows_the_newest_session(client: Client) -> None:
    course = make_course(at=timezone.now() - 20 * A_DAY)
    first = make_aftercare(course, ended_at=timezone.now() - 8 * A_DAY)
    second = make_aftercare(course, ended_at=timezone.now() - AN_HOUR)
    assert "Your visit was less than a day ago" in visit(client, first)
    send(client, feeling="fading")
    assert second.check_ins.exists()
    assert not first.check_ins.exists()


def test_only_advice_that_is_safe_for_everybody_is_shown(client: Client) -> None:
    page = visit(client, ended(timedelta(days=3)))
    assert "Sleep at least 8 hours" in page
    for hidden in ("Panthenol", "Troxevasin", "Cucumber", "chamomile", "Wipe the face", "Antihist"):
        assert hidden not in page
    assert "Sunglasses outdoors" not in page
    assert "Sunglasses outdoors" in visit(client, ended(timedelta(days=3), area=Area.LOWER_EYELID))


def test_sunscreen_is_advised_from_the_second_day_on(client: Client) -> None:
    assert "Sunscreen outdoors" not in visit(client, ended(timedelta(days=1, hours=1)))
    assert "Sunscreen outdoors" in visit(client, ended(timedelta(days=2, hours=1)))


def test_before_the_visit_the_page_says_when_where_and_how_to_prepare(client: Client) -> None:
    session = book_session(start=timezone.now() + 20 * AN_HOUR, at=timezone.now())
    link = session.patient.recipient.links.get()
    page = open_page(client, link).content.decode()
    assert "Before your visit" in page
    assert session.appointment.room.location.address in page
    assert "No alcohol from the day before" in page
    assert 'id="check-in"' not in page


def test_one_tap_is_a_check_in(client: Client) -> None:
    plan = ended(timedelta(days=1, hours=1))
    visit(client, plan)
    assert send(client, feeling="fading") == 302
    assert plan.check_ins.get().triage == Triage.NORMAL
    assert "That is as it should be" in client.get(PAGE).content.decode()


def test_a_red_flag_says_whom_to_call_and_alerts_the_clinic(client: Client) -> None:
    plan = ended(timedelta(days=3, hours=1))
    visit(client, plan)
    assert send(client, feeling="still", signs=["SE-REDNESS"]) == 302
    page = client.get(PAGE).content.decode()
    assert "Please call us today" in page
    assert plan.session.appointment.room.location.urgent_phone in page
    assert {task.role for task in Task.objects.urgent()} == {"clinical-lead", "reception"}


def test_an_emergency_needs_one_tap_and_shows_the_number_first(client: Client) -> None:
    plan = ended(timedelta(hours=2))
    visit(client, plan)
    assert send(client, emergency=["SE-ALLERGY-ACUTE"]) == 302
    report = plan.check_ins.get()
    assert (report.triage, report.feeling) == (Triage.URGENT, Feeling.WORSE)
    main = client.get(PAGE).content.decode().split("<main")[1]
    assert main.index('href="tel:112"') < main.index("Not allowed yet")
    assert Reaction.objects.filter(check_in=report).exists()


def test_no_answer_is_asked_again_and_the_words_are_kept(client: Client) -> None:
    visit(client, ended(timedelta(days=1)))
    answer = client.post(CHECK_IN, {"words": "Something odd"})
    assert answer.status_code == 422
    assert "Please tap one of the four answers." in answer.content.decode()
    assert "Something odd" in answer.content.decode()
    assert not CheckIn.objects.exists()


def test_beside_a_wrong_answer_another_language_may_be_chosen(client: Client) -> None:
    visit(client, ended(timedelta(days=1)))
    assert send(client) == 422
    page = client.get(CHECK_IN, {"language": "uk"}, follow=True)
    assert page.status_code == 200
    assert '<html lang="uk"' in page.content.decode()


def test_rubbish_in_the_form_is_refused(client: Client) -> None:
    visit(client, ended(timedelta(days=1)))
    assert send(client, feeling="great") == 422
    assert send(client, feeling="fading", signs=["SE-INVENTED"]) == 422
    assert send(client, feeling="fading", words="x" * 2001) == 422


def test_without_a_link_nobody_checks_in(client: Client) -> None:
    assert send(client, feeling="fading") == 404


def test_what_a_patient_writes_is_text_for_whoever_reads_it(client: Client) -> None:
    plan = ended(timedelta(days=1))
    visit(client, plan)
    send(client, feeling="still", words="<script>alert(1)</script>")
    client.force_login(make_staff(Role.COSMETOLOGIST))
    page = client.get(reverse("aftercare:plan-detail", args=[plan.uuid])).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_small_calendar_counts_what_is_not_allowed_on_each_day(client: Client) -> None:
    plan = ended(timedelta(days=5))
    page = visit(client, plan)
    zone = plan.session.appointment.room.location.zone
    last = plan.ends_at.astimezone(zone).date()
    days = re.findall(r'<time datetime="([-0-9]{10})">', page)
    assert days == [
        (timezone.localdate(timezone=zone) + timedelta(days=ahead)).isoformat()
        for ahead in range(len(days))
    ]
    assert days[-1] == last.isoformat()
    assert page.count('aria-current="date"') == 1


def test_days_are_counted_until_hours_say_more(client: Client) -> None:
    page = visit(client, ended(timedelta(hours=1)))
    assert "23 hours left" in page
    assert "6 days left" in page


def test_the_products_are_the_clinics_and_unset_says_so(client: Client) -> None:
    plan, lead = ended(timedelta(days=1)), make_staff(Role.CLINICAL_LEAD)
    assert "The clinic has not set its list yet" in visit(client, plan)
    now = timezone.now()
    clinic_settings.set_value("home_products", "Testcream Zero", "Own list", at=now, by=lead)
    assert "Testcream Zero" in visit(client, plan)


def test_the_faces_bans_are_not_settled_for_another_area(client: Client) -> None:
    scalp, lead = ended(timedelta(days=1), area=Area.SCALP), make_staff(Role.CLINICAL_LEAD)
    assert "the sources leave open: the doctor tells you" in visit(client, scalp)
    assert "the sources leave open" not in visit(client, ended(timedelta(days=1)))
    words = "Wash your hair after two days"
    now = timezone.now()
    clinic_settings.set_value("scalp_aftercare_text", words, "Lead", at=now, by=lead)
    assert words in visit(client, scalp)


def test_a_call_is_asked_for_with_one_tap(client: Client) -> None:
    visit(client, ended(timedelta(days=1)))
    for _twice in range(2):
        assert client.post("/p/aftercare/call/").status_code == 302
    assert Task.objects.get().kind == TaskKind.CALL_PATIENT
    assert "We have your request and will call you." in client.get(PAGE).content.decode()


def test_dates_and_sheet_open_with_the_link_only(client: Client) -> None:
    for name in ("dates.ics", "sheet.pdf"):
        assert client.get(PAGE + name).status_code == 404
    visit(client, ended(timedelta(days=1)))
    assert client.get(PAGE + "dates.ics").content.startswith(b"BEGIN:VCALENDAR")
    assert client.get(PAGE + "sheet.pdf").content.startswith(b"%PDF")


MAY_SEE = {Role.COSMETOLOGIST, Role.CLINICAL_LEAD}


@pytest.mark.parametrize("role", list(Role))
def test_aftercare_is_for_who_may_see_clinical_facts(client: Client, role: Role) -> None:
    plan = ended(timedelta(days=5))
    client.force_login(make_staff(role))
    expected = 200 if role in MAY_SEE else 403
    for name, key in [
        ("plan-detail", plan.uuid),
        ("reaction-add", plan.uuid),
        ("chart-aftercare", plan.patient.uuid),
    ]:
        assert client.get(reverse(f"aftercare:{name}", args=[key])).status_code == expected
    released = client.post(reverse("aftercare:plan-release", args=[plan.uuid]))
    assert released.status_code == (302 if role in MAY_SEE else 403)


def test_looking_at_it_is_on_the_record(client: Client) -> None:
    plan, by = ended(timedelta(days=1)), make_staff(Role.COSMETOLOGIST)
    client.force_login(by)
    client.get(reverse("aftercare:plan-detail", args=[plan.uuid]))
    entry = AuditEntry.objects.get(action="aftercare.seen")
    assert (entry.actor_uuid, entry.patient_uuid) == (by.uuid, plan.patient.uuid)


def test_one_ban_is_released_on_the_page_and_not_twice(client: Client) -> None:
    plan = ended(timedelta(days=5))
    client.force_login(make_staff(Role.COSMETOLOGIST))
    url = reverse(
        "aftercare:restriction-release", args=[plan.restrictions.get(rule="RX-SPORT").uuid]
    )
    assert url in client.get(reverse("aftercare:plan-detail", args=[plan.uuid])).content.decode()
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 409
    sauna = plan.restrictions.get(rule="RX-HEAT-SAUNA").uuid
    assert client.post(reverse("aftercare:restriction-release", args=[sauna])).status_code == 409


def test_too_early_nothing_is_released_and_the_page_says_when(client: Client) -> None:
    plan = ended(timedelta(days=2))
    client.force_login(make_staff(Role.COSMETOLOGIST))
    answer = client.post(reverse("aftercare:plan-release", args=[plan.uuid]))
    assert answer.status_code == 409
    assert "from day 4 on" in answer.content.decode()


def test_a_reaction_is_recorded_from_the_page(client: Client) -> None:
    plan = ended(timedelta(days=2))
    client.force_login(make_staff(Role.COSMETOLOGIST))
    url = reverse("aftercare:reaction-add", args=[plan.uuid])
    assert client.post(url, {"severity": "mild"}).status_code == 422
    answer = client.post(
        url, {"signs": ["SE-BRUISE"], "severity": "mild", "description": "Left cheek"}
    )
    assert answer.status_code == 302
    reaction = Reaction.objects.get()
    assert reaction.signs == ["SE-BRUISE"]
    page = client.get(reverse("aftercare:reaction-detail", args=[reaction.uuid]), follow=True)
    assert "Left cheek" in page.content.decode()


def test_the_chart_shows_the_latest_report_and_loads_as_a_panel(client: Client) -> None:
    plan = ended(timedelta(days=3))
    link = make_aftercare_link(plan)
    check_ins.check_in(plan, Feeling.WORSE, ["SE-PAIN"], at=timezone.now(), by=link)
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    url = reverse("aftercare:chart-aftercare", args=[plan.patient.uuid])
    panel = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel
    assert "The clinic calls back" in panel
    assert "<html" in client.get(url).content.decode()


def test_a_task_leads_to_the_report(client: Client) -> None:
    plan = ended(timedelta(days=3))
    link = make_aftercare_link(plan)
    report = check_ins.check_in(plan, Feeling.WORSE, [], at=timezone.now(), by=link)
    url = reverse("aftercare:check-in-detail", args=[report.uuid])
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    answer = client.get(url)
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).content.decode()
    assert f'id="check-in-{report.uuid}"' in page
    client.force_login(make_staff(Role.RECEPTION))
    assert client.get(url).status_code == 403


def test_a_chart_without_sessions_says_when_aftercare_begins(client: Client) -> None:
    client.force_login(make_staff(Role.COSMETOLOGIST))
    url = reverse("aftercare:chart-aftercare", args=[make_patient().uuid])
    assert "Aftercare begins when a session is completed" in client.get(url).content.decode()
