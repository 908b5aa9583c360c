"""Every page with every role over the whole demonstration: what opens, stays shut, shows."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape
from itertools import chain
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from psycopg.types.range import TimestamptzRange

from clinic.messaging import links
from clinic.messaging.models import PatientLink, Purpose
from clinic.staff.roles import GRANTS, Permission, Role
from consent.models import ConsentDocument, ConsentState
from patients.models import Patient
from procedures import booking
from procedures.models import Appointment, AppointmentStatus, Session
from tests.clinic.demo.conftest import NOW, Demonstration, start_afresh
from tests.clinic.demo.furniture import colleague, furnish
from tests.clinic.demo.pages import (
    OPEN_TO_ALL,
    Answer,
    Call,
    ask,
    browser,
    calls,
    may_open,
    pages,
    strangers,
)
from tests.factories.aftercare import open_page

FULL, BRIEF = 6, 1  # rows of each kind: for the doctor, who sees most, and for the others
LOOKED = {"record_auditentry", "django_session"}  # what looking leaves behind
READ = LOOKED | {"messaging_patientlink", "consent_signatureevent", "consent_consentdocument"}
FRAGMENTS = {"patients:patient-search"}  # what drops down under the search box: no page by itself
LEAVING = {"account_logout"}  # ends the round of whoever goes there
ALL = [page for page in pages() if page.name not in LEAVING]
STAFF = [page for page in ALL if isinstance(page.permission, Permission)]
OF_PATIENTS = [page for page in ALL if isinstance(page.permission, Purpose)]
THEIRS = [page for page in ALL if page.theirs]
COSTS = {  # queries of each, as measured over the demonstration
    "chart:patient-chart": 12,
    "chart:time-line": 6,
    "procedures:chart-findings": 7,
    "procedures:chart-plans": 31,
    "procedures:chart-sessions": 6,
    "patients:chart-summary": 8,
    "patients:chart-history": 15,
    "patients:chart-photos": 7,
    "consent:chart-consents": 3,
    "aftercare:chart-aftercare": 4,
    "procedures:calendar": 15,
    "board:home": 29,
    "patients:patient-list": 2,
    "consent:document-list": 3,
    "inbox:task-list": 6,
    "messaging:message-list": 8,
}


@pytest.fixture(scope="package")
def seen(demonstration: Demonstration) -> dict[Role, list[Answer]]:
    """Everything, looked at once by everybody; most tests below only read what came back."""
    with transaction.atomic():
        furnish()
        found = {role: list(round_of(role)) for role in Role}
        transaction.set_rollback(True)
    return found


def round_of(role: Role) -> Iterator[Answer]:
    user = colleague(role)
    client, most = browser(user), FULL if role is Role.CLINICAL_LEAD else BRIEF
    for page in ALL:
        for call in calls(page, most=most):
            start_afresh()
            yield ask(client, call, who=role, may=may_open(call, user))


def everything(seen: dict[Role, list[Answer]]) -> Iterator[Answer]:
    return chain.from_iterable(seen.values())


# What opens, and for whom


def test_the_round_leaves_no_page_out(seen: dict[Role, list[Answer]]) -> None:
    assert {answer.call.page.name for answer in everything(seen)} == {page.name for page in ALL}
    assert len(STAFF) > 90


def test_no_page_breaks(seen: dict[Role, list[Answer]]) -> None:
    assert [answer for answer in everything(seen) if answer.status >= 500] == []


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_what_it_was_granted_and_nothing_else(
    role: Role, seen: dict[Role, list[Answer]]
) -> None:
    ours = [answer for answer in seen[role] if answer.call.page in STAFF]
    opened = [answer for answer in ours if answer.status in {200, 302}]
    assert {answer for answer in ours if answer.may} >= set(opened)
    for answer in ours:
        if answer.call.page.name == "aftercare:check-in-photo":  # few answers have a photo
            continue
        assert answer.status in ({200, 302, 405} if answer.may else {403, 404, 405}), answer
    assert len(opened) >= 20


def test_a_page_that_only_takes_posts_says_so_to_everybody(
    seen: dict[Role, list[Answer]],
) -> None:
    for page in STAFF:
        found = [one for one in everything(seen) if one.call.page == page and one.may]
        refused = [one for one in found if one.status == 405]
        assert len(refused) in {0, len(found)}, page.name


@pytest.mark.parametrize("role", Role)
def test_posting_without_the_permission_is_refused_and_changes_nothing(role: Role) -> None:
    furnish()
    client = browser(colleague(role))
    for page in STAFF:
        if page.permission in OPEN_TO_ALL | GRANTS[role]:
            continue
        for call in calls(page, most=1):
            answer = ask(client, call, who=role, method="post")
            assert answer.status in {403, 405}, answer
            assert answer.written <= {"django_session"}, (answer, answer.written)


def test_a_row_that_nobody_has_is_not_found() -> None:
    furnish()
    tried = 0
    for role in (Role.CLINICAL_LEAD, Role.ADMINISTRATOR):
        client, user = browser(colleague(role)), colleague(role)
        for page in STAFF:
            for call in calls(page, most=1):
                for stranger in strangers(call) if user.may(page.permission) else ():
                    answer = ask(client, stranger, who=role)
                    if answer.status == 405:
                        answer = ask(client, stranger, who=role, method="post")
                    assert answer.status == 404 or asked_again(answer), answer
                    assert answer.written <= {"django_session"}, (answer, answer.written)
                    tried += 1
    assert tried > 80


def asked_again(answer: Answer) -> bool:
    """Whether the password is wanted before anything is looked up."""
    return answer.status == 302 and "reauthenticate" in answer.response["Location"]


def test_nobody_gets_in_without_signing_in() -> None:
    furnish()
    for page in STAFF:
        for call in calls(page, most=1):
            answer = ask(browser(), call, who="nobody")
            if page.name == "staff:tablet":  # no tablet was handed over: to the front door
                assert answer.status == 302, answer
            elif page.permission is Permission.PUBLIC or page.name == "consent:verify":
                assert answer.status in {200, 405}, answer  # hooks take posts only
            else:
                assert answer.status == 302, answer
                assert answer.response["Location"].startswith(reverse("account_login")), answer
            assert answer.written == set(), (answer, answer.written)


def test_a_patients_page_without_a_link_is_a_kind_dead_end() -> None:
    for page in OF_PATIENTS:
        for call in calls(page, most=1):
            start_afresh()
            answer = ask(browser(), call, who="nobody")
            assert answer.status == 404, answer
            assert answer.written == set(), (answer, answer.written)


def test_the_sign_in_breaks_for_nobody(seen: dict[Role, list[Answer]]) -> None:
    assert len(THEIRS) > 20
    for page in THEIRS:
        for call in calls(page, most=1):
            answer = ask(browser(), call, who="nobody")
            assert answer.status < 500, answer


# What looking leaves behind


def test_looking_changes_nothing(seen: dict[Role, list[Answer]]) -> None:
    for answer in everything(seen):
        assert answer.written <= LOOKED, (answer, answer.written - LOOKED)


def test_looking_at_a_chart_is_put_on_the_record(seen: dict[Role, list[Answer]]) -> None:
    charts = [one for one in everything(seen) if one.call.page.name == "chart:patient-chart"]
    assert charts
    assert all("record_auditentry" in answer.written for answer in charts)


# What is on a page


def test_every_page_has_one_heading_and_a_title(seen: dict[Role, list[Answer]]) -> None:
    read = [one for one in everything(seen) if one.is_page and one.call.page.name not in FRAGMENTS]
    assert len(read) > 250
    for answer in read:
        assert len(re.findall(r"<h1[ >]", answer.text)) == 1, answer
        [title] = re.findall(r"<title>(.*?)</title>", answer.text, re.DOTALL)
        assert title.partition("·")[0].strip(), answer


def test_a_page_about_one_patient_names_no_other(seen: dict[Role, list[Answer]]) -> None:
    """R-54: of all pages that any role may open."""
    families = dict(Patient.objects.values_list("pk", "family_name"))
    about = [one for one in everything(seen) if one.call.about and one.is_page]
    families |= {one.call.about.pk: one.call.about.family_name for one in about if one.call.about}
    assert len(about) > 150
    named = 0
    for answer in about:
        assert answer.call.about
        own = families[answer.call.about.pk]
        words = set(re.findall(r"[\w'-]+", answer.text.replace("&#x27;", "'")))
        others = {name for name in families.values() if name != own} & words
        assert others == set(), answer
        named += own in words
    assert named > len(about) * 0.8, "else this test sees no names at all"


def test_the_logs_name_nobody(demonstration: Demonstration, seen: dict[Role, list[Answer]]) -> None:
    """What was logged while everything was made, and while everybody looked at everything."""
    assert any("Forbidden" in line for line in demonstration.logged), "else nothing was heard"
    heard = "\n".join(demonstration.logged)
    for patient in Patient.objects.all():
        for word in (patient.family_name, patient.email, patient.phone):
            assert word not in heard


# Hostile words


HOSTILE = {
    "markup": ("<img src=x onerror=alert(1)>", "<script>alert(2)</script>"),
    "quotes": ("\"'><b>Bold</b>", "{{ 'wyz'|add:'-zyw' }}"),
    "long": ("Б" * 100, "W" * 100),
    "right to left": ("\u202eevil", "\u05d0\u05d1\u05d2\u202d"),
}


@pytest.mark.parametrize(("family", "given"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_names_are_only_text(family: str, given: str) -> None:
    """Somebody with a visit today, a signed-off plan and a consent gets such a name."""
    visit = Appointment.objects.filter(slot__contains=NOW - timedelta(hours=3))[0]
    patient = visit.patient
    Patient.objects.filter(pk=patient.pk).update(family_name=family, given_name=given)
    client = browser(colleague(Role.CLINICAL_LEAD))
    shown = 0
    for page in STAFF:
        for call in about(patient, visit, page.name) if page.parameters else calls(page, most=1):
            answer = ask(client, call, who=family[:9])
            assert answer.status < 500, answer
            raw = ("<img src=x", "<script>alert", "<b>Bold") if answer.is_page else ()
            assert not any(one in answer.text for one in raw), answer
            assert "wyz-zyw" not in (answer.text if answer.is_page else "")
            shown += escape(family) in answer.text
    assert shown >= 8, "the list, the chart, the calendar, the plan, the consent name the patient"


def about(patient: Patient, visit: Appointment, name: str) -> list[Call]:
    """The pages of this one patient."""
    [page] = [page for page in STAFF if page.name == name]
    document = ConsentDocument.objects.filter(patient=patient).order_by("pk")[0]
    rows: dict[str, Any] = {
        "patient": patient,
        "visit": visit,
        "document": document,
        "plan": patient.plans.order_by("pk")[0],
        "session": Session.objects.get(appointment=visit),
    }
    if page.app == "aftercare" or not set(page.parameters) <= rows.keys():
        return []
    return [Call(page, {name: rows[name].uuid for name in page.parameters}, patient)]


@pytest.mark.parametrize(
    "query", ["<img src=x onerror=alert(1)>", "'; DROP TABLE x --", "\u202e%_\\"]
)
def test_hostile_searches_are_only_text(query: str) -> None:
    client = browser(colleague(Role.RECEPTION))
    for name in ("patients:patient-list", "patients:patient-search", "messaging:message-list"):
        page = client.get(reverse(name), {"q": query})
        assert page.status_code == 200
        assert "<img src=x" not in page.content.decode()


# Patients' own pages


def followed(link: PatientLink) -> tuple[list[Answer], str]:
    """A phone that opens the link, and every page of that purpose after it."""
    phone = browser()
    landed = open_page(phone, link)
    assert landed.status_code == 200
    found = []
    for page in OF_PATIENTS:
        if page.permission == link.purpose and not page.parameters:
            found.append(ask(phone, Call(page, {}), who="patient"))
    return found, landed.content.decode()


def link_for(patient: Patient, purpose: Purpose, subject: str) -> PatientLink:
    until = NOW + timedelta(days=3)
    return links.make(patient.recipient, purpose, subject, expires_at=until, at=NOW)


@pytest.mark.parametrize("state", ConsentState.values)
def test_a_consent_opens_for_its_patient_in_whatever_state_it_is(state: str) -> None:
    for document in ConsentDocument.objects.filter(state=state).order_by("pk")[:2]:
        subject = f"consent:{document.uuid}"
        own_pages(document.patient, link_for(document.patient, Purpose.CONSENT, subject))


def test_the_page_of_coming_visits_opens_for_everybody_who_is_booked() -> None:
    booked = Appointment.objects.filter(status=AppointmentStatus.BOOKED).order_by("pk")
    for visit in booked[:4]:
        subject = f"visits:{visit.patient.uuid}"
        own_pages(visit.patient, link_for(visit.patient, Purpose.VISITS, subject))


def test_aftercare_opens_for_every_patient_who_was_treated() -> None:
    treated = Session.objects.filter(aftercare__isnull=False).order_by("pk")
    assert treated.count() >= 10
    for session in treated[:6]:
        patient = session.patient
        own_pages(patient, link_for(patient, Purpose.AFTERCARE, f"session:{session.uuid}"))


def own_pages(patient: Patient, link: PatientLink) -> None:
    others = set(Patient.objects.exclude(pk=patient.pk).values_list("family_name", flat=True))
    start_afresh()
    answers, landed = followed(link)
    assert answers
    assert len(re.findall(r"<h1[ >]", landed)) == 1
    for answer in answers:
        assert answer.status in {200, 302, 404, 405, 410}, answer
        assert answer.written <= READ, (answer, answer.written - READ)
        assert not others & set(re.findall(r"[\w'-]+", answer.text)), answer


# How much is asked of the database


def queries_of(url: str) -> int:
    client = browser(colleague(Role.CLINICAL_LEAD))
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


@pytest.mark.parametrize("name", COSTS)
def test_a_page_asks_the_database_only_so_often(name: str) -> None:
    for patient in Patient.objects.order_by("pk")[::6]:
        [page] = [page for page in ALL if page.name == name]
        arguments = [patient.uuid] if page.parameters else []
        assert queries_of(reverse(name, args=arguments)) <= COSTS[name], patient


def test_a_full_day_costs_no_more_than_a_quiet_one() -> None:
    """The same day once more, with one visit of each kind left."""
    calendar, desk = reverse("procedures:calendar"), colleague(Role.RECEPTION)
    shown = browser(colleague(Role.CLINICAL_LEAD)).get(calendar).content.decode()
    assert shown.count("day-block") >= 8
    full, kept = queries_of(calendar), set()
    for visit in Appointment.objects.filter(slot__overlap=around(NOW)).order_by("pk"):
        if visit.kind in kept and visit.status == AppointmentStatus.BOOKED:
            booking.cancel(visit, "moved away", at=NOW, by=desk)
        kept.add(visit.kind)
    quiet = browser(colleague(Role.CLINICAL_LEAD)).get(calendar).content.decode()
    assert quiet.count("day-block") <= 5
    assert full <= queries_of(calendar)


def around(moment: datetime) -> TimestamptzRange:
    """The working day around this moment."""
    return TimestamptzRange(moment - timedelta(hours=7), moment + timedelta(hours=9))
