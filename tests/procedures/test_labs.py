"""Laboratory tests before a course: asked for where the clinic has a list, and only there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import gate, labs, settings
from procedures.labs import NotOnTheList, NotYetTaken, NoValue
from procedures.models import Session
from tests.factories.plans import make_plan
from tests.factories.procedures import make_ready_session
from tests.factories.staff import NOW, make_staff
from tests.procedures.browsing import signed_in, url

pytestmark = pytest.mark.django_db
UNSET = "Your clinical lead has to set which laboratory tests"


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def ask_for(lead: User, *names: str) -> None:
    settings.set_value("lab_checklist", list(names), "our rule", at=NOW, by=lead)


def problem(session: Session) -> str:
    check = next(one for one in gate.checks(session, at=NOW) if one.code == "labs")
    return str(check.problem)


def test_without_a_list_nothing_is_asked_for_and_the_plan_says_so() -> None:
    session = make_ready_session()
    plan = session.course.plan
    assert labs.checklist(plan, at=NOW) is None
    assert problem(session) == ""
    assert UNSET in signed_in().get(url("plan-detail", plan)).content.decode()
    assert UNSET in signed_in().get(url("lab-record", plan)).content.decode()


def test_a_missing_result_holds_the_session_until_it_is_there(lead: User) -> None:
    session = make_ready_session()
    plan = session.course.plan
    ask_for(lead, "Fictive count", "Fictive time")
    assert "Fictive count, Fictive time" in problem(session)
    labs.record(plan, "Fictive count", "5 units", on=NOW.date(), at=NOW, by=lead)
    assert "Fictive count" not in problem(session)
    labs.record(plan, "Fictive time", "7 s", on=NOW.date(), at=NOW, by=lead)
    assert problem(session) == ""


def test_a_result_names_a_test_of_the_list_its_value_and_a_day_that_has_come(lead: User) -> None:
    plan = make_plan()
    ask_for(lead, "Fictive count")
    tomorrow = NOW.date() + timedelta(days=2)
    with pytest.raises(NotOnTheList):
        labs.record(plan, "Other", "5", on=NOW.date(), at=NOW, by=lead)
    with pytest.raises(NoValue):
        labs.record(plan, "Fictive count", " ", on=NOW.date(), at=NOW, by=lead)
    with pytest.raises(NotYetTaken):
        labs.record(plan, "Fictive count", "5", on=tomorrow, at=NOW, by=lead)


def test_a_result_is_recorded_on_its_page(lead: User) -> None:
    plan = make_plan(at=timezone.now())
    settings.set_value("lab_checklist", ["Fictive count"], "our rule", at=NOW, by=lead)
    said = {"name": "Fictive count", "value": "5 units", "on": str(timezone.localdate())}
    assert signed_in().post(url("lab-record", plan), said | {"value": ""}).status_code == 422
    assert signed_in().post(url("lab-record", plan), said).status_code == 302
    assert "5 units" in signed_in().get(url("plan-detail", plan)).content.decode()
