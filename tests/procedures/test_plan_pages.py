"""Plans at a screen: the usual course, changes, the next step, who may do what."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.staff.roles import Role
from patients.models import Patient
from procedures import courses, plans
from procedures.models import Plan, Screening, TestResult
from tests.factories.catalogue import make_product
from tests.factories.patients import make_healthy_patient, make_history
from tests.factories.plans import make_intent, make_plan, make_screening
from tests.factories.procedures import book_course, make_bookable_plan, make_consent, make_place
from tests.factories.staff import NOW, make_location, make_staff
from tests.procedures.browsing import form_of, signed_in, typed, url

pytestmark = pytest.mark.django_db
FINE = "Healthy skin, nothing against it."


@pytest.fixture
def now() -> datetime:
    """Pages ask the clock; what they look at has to be of today."""
    return timezone.now()


@pytest.fixture
def patient(now: datetime) -> Patient:
    return make_healthy_patient(at=now)


# Drafting


def test_first_one_chooses_what_is_to_be_treated(patient: Patient) -> None:
    page = signed_in().get(url("plan-add", patient))
    assert page.context["editor"] is None
    offered = dict(page.context["chooser"].fields["indication"].choices)
    assert {"ID-ACNE", "ID-COMPLEXION"} <= offered.keys()


def test_the_protocol_fills_in_sessions_and_interval(patient: Patient) -> None:
    client = signed_in()
    form = client.get(url("plan-add", patient, "?indication=ID-AGEING")).context["editor"].form
    assert (form["protocol"].value(), form["sessions"].value(), form["interval_days"].value()) == (
        "CP-FACE-GENERAL",
        5,
        7,
    )
    other = client.get(url("plan-add", patient, "?indication=ID-NOTHING"))
    assert other.context["editor"] is None
    assert other.context["chooser"].errors


def test_a_plan_is_saved_and_shown(patient: Patient) -> None:
    me, product = make_staff(Role.COSMETOLOGIST), make_product()
    data = typed(product, me, make_location(), allergy_test_required="on")
    response = signed_in(me).post(url("plan-add", patient), data)
    plan = Plan.objects.get()
    assert response["Location"] == url("plan-detail", plan)
    assert (plan.sessions, plan.allergy_test_required, plan.created_by) == (6, True, me)
    line = plan.products.get()
    assert (line.product, str(line.volume_ml)) == (product, "2.50")


def test_more_lines_come_without_losing_what_was_typed(patient: Patient) -> None:
    product, me = make_product(), make_staff(Role.COSMETOLOGIST)
    data = typed(product, me, make_location(), goal="", more="1")
    page = signed_in(me).post(url("plan-add", patient), data)
    editor = page.context["editor"]
    assert page.status_code == 200
    assert [line["volume_ml"].value() for line in editor.lines] == ["2.5", None, None]
    assert editor.form["practitioner"].value() == str(me.uuid)
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"goal": ""}, "This field is required"),
        ({"sessions": "0"}, "greater than or equal to 1"),
        ({"lines-0-volume_ml": ""}, "How much in one session?"),
        ({"lines-0-product": ""}, "Which product?"),
        ({"lines-0-product": "", "lines-0-volume_ml": ""}, "at least one product"),
        ({"indication": "ID-SCARS", "protocol": "CP-POSTACNE-SCAR"}, "at least 10 days apart"),
    ],
)
def test_a_mistake_is_shown_and_what_was_typed_is_kept(
    patient: Patient, changes: dict[str, str], words: str
) -> None:
    me = make_staff(Role.COSMETOLOGIST)
    data = typed(make_product(), me, make_location(), pain_relief="Ice", **changes)
    page = signed_in(me).post(url("plan-add", patient), data)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert page.context["editor"].form["pain_relief"].value() == "Ice"
    assert not Plan.objects.exists()


# Changing


def test_a_change_begins_with_what_stands_and_makes_a_new_revision(patient: Patient) -> None:
    plan = make_plan(patient)
    client = signed_in()
    editor = client.get(url("plan-revise", plan)).context["editor"]
    assert (editor.form["sessions"].value(), str(editor.lines[0]["volume_ml"].value())) == (
        6,
        "2.00",
    )
    client.post(url("plan-revise", plan), form_of(plan, sessions="7"))
    assert Plan.objects.current().get().sessions == 7


def test_another_indication_brings_its_usual_course_and_keeps_the_products(
    patient: Patient,
) -> None:
    plan = make_plan(patient)
    editor = signed_in().get(url("plan-revise", plan, "?indication=ID-ACNE")).context["editor"]
    assert (editor.form["protocol"].value(), editor.form["goal"].value()) == (
        "CP-ACNE",
        "Brighter skin",
    )
    assert editor.lines[0]["product"].value() == plan.products.get().product.uuid


def test_a_change_on_an_old_page_is_refused_and_keeps_what_was_typed(patient: Patient) -> None:
    plan = make_plan(patient)
    client = signed_in()
    client.post(url("plan-revise", plan), form_of(plan, sessions="7"))
    page = client.post(url("plan-revise", plan), form_of(plan, sessions="8"))
    assert page.status_code == 422
    assert "Somebody changed this" in page.content.decode()
    assert page.context["editor"].form["sessions"].value() == "8"
    assert Plan.objects.current().get().sessions == 7


def test_an_old_revision_says_where_the_new_one_is(patient: Patient) -> None:
    plan = make_plan(patient)
    client = signed_in()
    client.post(url("plan-revise", plan), form_of(plan, sessions="7"))
    text = client.get(url("plan-detail", plan)).content.decode()
    assert url("plan-detail", Plan.objects.current().get()) in text
    assert url("plan-revise", plan) not in text


def test_a_plan_is_closed_after_one_question(patient: Patient) -> None:
    plan = make_plan(patient)
    client = signed_in()
    assert client.get(url("plan-close", plan)).status_code == 200
    client.post(url("plan-close", plan))
    plan.refresh_from_db()
    assert plan.closed_at is not None


def test_a_plan_with_booked_sessions_is_not_closed() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    book_course(plan, place)
    page = signed_in().post(url("plan-close", plan))
    assert page.status_code == 422
    assert "Cancel them first" in page.content.decode()


# The chain


def test_each_step_leads_to_the_next(now: datetime, patient: Patient) -> None:
    place = make_place()
    intent = make_intent(
        practitioner=place.practitioner, location=place.location, allergy_test_required=True
    )
    plan = make_plan(patient, intent, at=now)
    doctor = make_staff(Role.CLINICAL_LEAD)
    client = signed_in(doctor)

    def step() -> str:
        context = client.get(url("plan-detail", plan)).context
        primary = client.get(url("plan-detail", plan)).content.decode().count("btn-primary")
        assert primary == 1
        return str(context["next"])

    assert step() == "sign-off", "screened when it was written"
    patient.history_changed_at = timezone.now()
    patient.save()
    assert step() == "screen"
    client.post(url("screening-make", plan))
    assert step() == "sign-off"
    client.post(url("plan-sign-off", plan), {"examination": FINE})
    assert step() == "consent"
    plan.refresh_from_db()
    make_consent(plan, at=timezone.now())
    assert step() == "test"
    product = plan.products.get().product
    client.post(url("test-apply", plan), {"product": str(product.uuid), "site": "left forearm"})
    read = reverse("procedures:test-read", args=[patient.allergy_tests.get().uuid])
    client.post(read, {"result": TestResult.NEGATIVE.value})
    assert step() == "book"


def test_what_waits_for_a_colleague_is_no_button(now: datetime, patient: Patient) -> None:
    plan = make_plan(patient, at=now)
    make_screening(plan, at=now)
    page = signed_in().get(url("plan-detail", plan))
    assert page.context["next"] == ""
    assert url("plan-sign-off", plan) not in page.content.decode()
    assert [link.step.value for link in page.context["chain"] if link.is_next] == ["sign-off"]


def test_a_plan_outside_its_protocol_says_so(patient: Patient) -> None:
    plan = make_plan(patient, make_intent(sessions=9, interval_days=14))
    warnings = signed_in().get(url("plan-detail", plan)).context["warnings"]
    assert len(warnings) == 2
    assert "9 sessions" in warnings[0]
    inside = make_plan(patient, make_intent(sessions=6))
    assert signed_in().get(url("plan-detail", inside)).context["warnings"] == []


def test_a_screening_from_before_the_last_change_says_that_it_is_old(
    now: datetime, patient: Patient
) -> None:
    plan = make_plan(patient, at=now)
    make_screening(plan, at=now)
    client = signed_in()
    assert client.get(url("plan-detail", plan)).context["standing"].fresh
    make_history(patient, "medicine", "warfarin", at=timezone.now())
    page = client.get(url("plan-detail", plan))
    assert not page.context["standing"].fresh
    assert "asks for a new one" in page.content.decode()


def test_a_hold_is_shown_with_its_release_for_the_doctor() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    course = book_course(plan, place)
    held = courses.hold(course, "reaction:1", "Swelling reported", at=NOW, by=place.practitioner)
    release = reverse("procedures:hold-release", args=[held.uuid])
    for role, may in ((Role.CLINICAL_LEAD, True), (Role.COSMETOLOGIST, False)):
        client = signed_in(role)
        for page in (url("plan-detail", plan), url("chart-findings", plan.patient)):
            text = client.get(page).content.decode()
            assert "Swelling reported" in text
            assert (release in text) is may
    text = signed_in(Role.RECEPTION).get(url("chart-findings", plan.patient)).content.decode()
    assert "The course is held" in text
    assert "Swelling" not in text


# Who may


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        (Role.RECEPTION, "plan-detail", 403),
        (Role.AUDITOR, "plan-detail", 403),
        (Role.RECEPTION, "plan-revise", 403),
        (Role.RECEPTION, "plan-close", 403),
        (Role.COSMETOLOGIST, "plan-sign-off", 403),
        (Role.RECEPTION, "override-add", 403),
        (Role.RECEPTION, "test-apply", 403),
        (Role.COSMETOLOGIST, "test-apply", 200),
        (Role.CLINICAL_LEAD, "plan-sign-off", 200),
    ],
)
def test_each_page_is_for_who_may(patient: Patient, role: Role, name: str, status: int) -> None:
    assert signed_in(role).get(url(name, make_plan(patient))).status_code == status


@pytest.mark.parametrize("name", ["screening-make", "consent-offer"])
def test_what_changes_something_is_posted_by_who_may(patient: Patient, name: str) -> None:
    plan = make_plan(patient)
    assert signed_in().get(url(name, plan)).status_code == 405
    assert signed_in(Role.AUDITOR).post(url(name, plan)).status_code == 403
    assert Screening.objects.count() == 1, "that of the plan itself"


@pytest.mark.parametrize(
    "name",
    [
        "plan-add",
        "plan-detail",
        "plan-revise",
        "plan-sign-off",
        "plan-close",
        "override-add",
        "screening-detail",
        "test-apply",
        "test-read",
        "chart-plans",
        "chart-findings",
    ],
)
def test_what_does_not_exist_is_not_found(name: str) -> None:
    address = reverse(f"procedures:{name}", args=[make_staff().uuid])
    assert signed_in(Role.CLINICAL_LEAD).get(address).status_code == 404


def test_a_test_is_read_once(now: datetime, patient: Patient) -> None:
    plan = make_plan(patient, at=now)
    product = plan.products.get().product
    test = plans.record_test(
        plan, product, "left forearm", at=now - timedelta(days=1), by=plan.practitioner
    )
    address, client = reverse("procedures:test-read", args=[test.uuid]), signed_in()
    assert client.post(address, {"result": "perhaps"}).status_code == 422
    assert client.post(address, {"result": "positive"}).status_code == 302
    assert client.post(address, {"result": "negative"}).status_code == 422
    test.refresh_from_db()
    assert test.result == TestResult.POSITIVE
