"""Screenings of real patients: what is kept, when it is stale, who decides against it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.range import TimestamptzRange

from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import history
from patients.intake import Said
from patients.models import Asserter, HistoryKind
from procedures import plans, products, screening, settings
from procedures.domain.findings import Finding
from procedures.domain.outcomes import Decision, OverrideKind
from procedures.models import (
    Appointment,
    AppointmentKind,
    Course,
    IngredientRole,
    Plan,
    Screening,
    Session,
)
from procedures.products import Ingredient
from tests.factories.catalogue import make_leaflet, make_product
from tests.factories.patients import (
    make_healthy_patient,
    make_history,
    make_intake,
    make_none_known,
    make_patient,
)
from tests.factories.plans import make_intent, make_plan, make_screening
from tests.factories.staff import NOW, make_room, make_staff

pytestmark = pytest.mark.django_db
ON = NOW.date()
LATER = NOW + timedelta(hours=1)
HYALURONIC = Ingredient(text="Hyaluronic acid", role=IngredientRole.ACTIVE, ingredient="ING-HA")
SULPHITE = Ingredient(
    text="Sodium metabisulphite", role=IngredientRole.EXCIPIENT, ingredient="ING-SULPHITE"
)


@pytest.fixture
def doctor() -> User:
    return make_staff(Role.CLINICAL_LEAD)


@pytest.fixture
def cosmetologist() -> User:
    return make_staff(Role.COSMETOLOGIST)


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def _book(plan: Plan, day: date, *, by: User) -> Session:
    """A session at noon, as the calendar keeps it."""
    start = datetime(day.year, day.month, day.day, 10, 0, tzinfo=UTC)
    appointment = Appointment.objects.create(
        kind=AppointmentKind.SESSION,
        patient=plan.patient,
        practitioner=plan.practitioner,
        room=make_room(plan.location),
        slot=TimestamptzRange(start, start + timedelta(hours=1)),
        booked_at=NOW,
        booked_by=by,
    )
    course, _ = Course.objects.get_or_create(
        plan=plan, patient=plan.patient, defaults={"booked_at": NOW, "booked_by": by}
    )
    return Session.objects.create(
        appointment=appointment, course=course, patient=plan.patient, number=1
    )


def _rules(made: Screening) -> list[str]:
    return [finding.rule for finding in screening.findings_of(made)]


def test_a_healthy_patient_may_be_treated(plan: Plan) -> None:
    made = make_screening(plan)

    assert (made.decision, made.findings, made.earliest_date) == (Decision.PROCEED, [], None)
    assert AuditEntry.objects.filter(action="screening.made", subject_uuid=made.uuid).exists()


def test_what_the_history_says_is_found_with_words_and_sources(plan: Plan) -> None:
    make_history(plan.patient, HistoryKind.CONDITION, "СД2", at=NOW)

    (finding,) = make_screening(plan, at=LATER).findings

    assert (finding["rule"], finding["concept"]) == ("CI-DIABETES", "diabetes")
    assert finding["because"] == ["СД2"]
    assert set(finding["label"]) == {"en", "ru", "uk"}
    assert finding["sources"][0]["file"].startswith("00")


def test_hyaluronic_acid_waits_until_somebody_looked_at_the_skin(cosmetologist: User) -> None:
    plan = make_plan(intent=make_intent(make_product(HYALURONIC, name="Glow")))
    made = make_screening(plan)
    (finding,) = screening.stopping(made, plan)
    assert finding.rule == "CI-HA-DEHYDRATION"

    screening.override(plan, finding.code, "Grade 2, dry", at=LATER, by=cosmetologist)

    assert screening.stopping(made, plan) == ()


def test_a_screening_is_fresh_on_its_day_only(plan: Plan) -> None:
    made = make_screening(plan)
    tomorrow = NOW + timedelta(days=1)

    assert screening.is_fresh(made, patient=plan.patient, plan=plan, at=LATER)
    assert not screening.is_fresh(made, patient=plan.patient, plan=plan, at=tomorrow)
    assert not screening.is_fresh(made, patient=plan.patient, plan=plan, at=NOW - timedelta(1))
    assert screening.latest(plan.patient, plan, on=ON) == made
    assert screening.latest(plan.patient, plan, on=tomorrow.date()) is None


def test_a_preview_asks_the_database_a_dozen_times_whatever_is_known(
    plan: Plan, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for text in ("myopia", "appendectomy", "hypertension", "flat feet"):
        make_history(plan.patient, HistoryKind.CONDITION, text, at=NOW)
    plan = Plan.objects.select_related("patient", "location").get(pk=plan.pk)

    with django_assert_max_num_queries(12):
        screening.preview(plan.patient, plan, on=ON, at=LATER)


def test_it_goes_stale_when_the_history_changes(plan: Plan) -> None:
    """R-51: what was found before a change opens nothing."""
    made = make_screening(plan)
    make_history(plan.patient, HistoryKind.CONDITION, "myopia", at=LATER)

    assert not screening.is_fresh(
        made, patient=plan.patient, plan=plan, at=LATER + timedelta(minutes=1)
    )


def test_every_path_asks_the_one_screening() -> None:
    """R-50: whoever calls the rules beside it works on typed cases or on stored ones."""
    calls = re.compile(r"from procedures\.domain\.screening import .*\bscreen\b")
    root = Path(screening.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if calls.search(path.read_text())
    }
    about_a_patient = {"screening.py"}
    of_cases = {"cases.py", "suite.py", "affected.py", "domain/replacement.py"}
    of_what_was_kept = {"rescreening.py", "substitutes.py"}
    assert found == about_a_patient | of_cases | of_what_was_kept
    for path in (root.parent / name for name in ("aftercare", "consent", "patients", "clinic")):
        assert not [one for one in path.rglob("*.py") if calls.search(one.read_text())]


def test_it_goes_stale_when_a_product_is_edited(plan: Plan, doctor: User) -> None:
    made = make_screening(plan)
    product = plan.products.get().product
    leaflet = make_leaflet(name=product.name, monotherapy=True)
    products.edit(product, leaflet, version=product.version, at=LATER, by=doctor)

    assert not screening.is_fresh(made, patient=plan.patient, plan=plan, at=LATER)


def test_it_goes_stale_when_the_clinic_sets_a_value(plan: Plan, doctor: User) -> None:
    made = make_screening(plan)
    settings.set_value("interval_after_laser", 14, "Our protocol", at=LATER, by=doctor)

    assert not screening.is_fresh(
        made, patient=plan.patient, plan=plan, at=LATER + timedelta(minutes=1)
    )


def test_a_screening_of_another_plan_or_of_none_is_no_screening_of_this_one(plan: Plan) -> None:
    other = make_plan(plan.patient)
    made = make_screening(plan)

    assert not screening.is_fresh(made, patient=plan.patient, plan=other, at=LATER)
    assert not screening.is_fresh(made, patient=plan.patient, plan=None, at=LATER)


def test_a_doctor_decides_against_a_finding_with_a_reason(plan: Plan, doctor: User) -> None:
    make_history(plan.patient, HistoryKind.CONDITION, "hypertension", at=NOW)
    made = make_screening(plan, at=LATER)
    (finding,) = screening.findings_of(made)

    row = screening.override(plan, finding.code, "120/80 for years", at=LATER, by=doctor)

    assert row.label == str(finding.label)
    assert screening.open_findings(made, plan) == ()
    assert screening.decision_after_overrides(made, plan) is Decision.PROCEED
    result = screening.preview(plan.patient, plan, on=ON, at=LATER)
    assert screening.decision_of(result, plan) is Decision.PROCEED
    assert AuditEntry.objects.filter(action="finding.overridden").exists()


def test_a_decision_does_not_cover_what_is_said_later(plan: Plan, doctor: User) -> None:
    make_history(plan.patient, HistoryKind.MEDICINE, "warfarin", at=NOW)
    made = make_screening(plan, at=LATER)
    for finding in screening.findings_of(made):
        screening.override(plan, finding.code, "Cleared", at=LATER, by=doctor)
    assert screening.stopping(made, plan) == ()

    make_history(plan.patient, HistoryKind.MEDICINE, "daily aspirin", at=LATER)
    again = make_screening(plan, at=LATER + timedelta(minutes=1))

    assert "CI-CLOTTING-DRUGS" in {one.rule for one in screening.stopping(again, plan)}


def test_a_decision_on_not_sure_does_not_cover_a_later_yes(doctor: User) -> None:
    patient = make_patient()
    make_none_known(patient)
    make_intake(patient, {"CI-HEART": Said(reply="unsure")})
    plan = make_plan(patient)
    made = make_screening(plan)
    for finding in screening.stopping(made, plan):
        screening.override(plan, finding.code, "Letter of the cardiologist", at=NOW, by=doctor)
    assert screening.stopping(made, plan) == ()

    make_intake(patient, {"CI-HEART": Said(reply="yes")}, at=LATER)
    again = make_screening(plan, at=LATER)

    assert [one.rule for one in screening.stopping(again, plan)] == ["CI-HEART"]


def test_what_a_decision_is_called_says_nothing_about_the_patient(doctor: User) -> None:
    patient = make_healthy_patient()
    make_history(patient, HistoryKind.CONDITION, "HIV")
    make_history(patient, HistoryKind.CONDITION, "qwertose of the third kind")
    plan = make_plan(patient)
    made = make_screening(plan)
    for finding in screening.stopping(made, plan):
        screening.override(plan, finding.code, "Discussed", at=NOW, by=doctor)

    entries = AuditEntry.objects.filter(action="finding.overridden")
    kept = [str(entry.facts) for entry in entries]
    kept += plan.overrides.values_list("rule", flat=True)

    assert len(kept) == 4
    assert not [one for one in kept if "HIV" in one or "qwertose" in one]


def test_who_may_not_decide_is_told_whom_to_ask(plan: Plan, cosmetologist: User) -> None:
    make_history(plan.patient, HistoryKind.CONDITION, "hypertension", at=NOW)
    (finding,) = screening.findings_of(make_screening(plan, at=LATER))

    with pytest.raises(screening.NotAllowed):
        screening.override(plan, finding.code, "Fine", at=LATER, by=cosmetologist)


def test_some_findings_are_nobodys_to_decide(plan: Plan, doctor: User) -> None:
    make_history(plan.patient, HistoryKind.CONDITION, "breast cancer", at=NOW)
    (finding,) = screening.findings_of(make_screening(plan, at=LATER))

    assert finding.override is OverrideKind.NONE
    with pytest.raises(screening.NoOverride):
        screening.override(plan, finding.code, "Fine", at=LATER, by=doctor)


def test_treating_the_young_is_off_unless_the_clinic_enables_it(doctor: User) -> None:
    patient = make_healthy_patient(birth_date=date(2009, 1, 1))
    plan = make_plan(patient)
    (finding,) = screening.findings_of(make_screening(plan))

    assert finding.override is OverrideKind.OFF_BY_DEFAULT
    with pytest.raises(screening.NoOverride):
        screening.override(plan, finding.code, "Parents agree", at=LATER, by=doctor)


def test_a_decision_names_a_finding_of_the_last_screening(plan: Plan, doctor: User) -> None:
    with pytest.raises(screening.NoSuchFinding):
        screening.override(plan, "CI-HEART", "Fine", at=LATER, by=doctor)
    make_screening(plan)
    with pytest.raises(screening.NoSuchFinding):
        screening.override(plan, "CI-HEART", "Fine", at=LATER, by=doctor)


def test_a_decision_is_made_once_and_with_a_reason(plan: Plan, doctor: User) -> None:
    make_history(plan.patient, HistoryKind.CONDITION, "hypertension", at=NOW)
    (finding,) = screening.findings_of(make_screening(plan, at=LATER))

    with pytest.raises(screening.NoReason):
        screening.override(plan, finding.code, "  ", at=LATER, by=doctor)
    screening.override(plan, finding.code, "Fine", at=LATER, by=doctor)
    with pytest.raises(screening.AlreadyDecided):
        screening.override(plan, finding.code, "Fine", at=LATER, by=doctor)


def test_what_passes_by_itself_does_not_stop_the_signature(plan: Plan) -> None:
    make_history(plan.patient, HistoryKind.CONDITION, "cold sore", at=NOW)
    made = make_screening(plan, at=LATER)

    assert [one.rule for one in screening.stopping(made, plan)] == ["CI-HERPES"]
    assert screening.stopping(made, plan, lasting=True) == ()


def test_a_booked_session_that_is_no_longer_safe_becomes_a_task(
    plan: Plan, doctor: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    session = _book(plan, ON + timedelta(days=7), by=doctor)

    with django_capture_on_commit_callbacks(execute=True):
        make_history(plan.patient, HistoryKind.CONDITION, "epilepsy", at=LATER)

    task = Task.objects.get(kind=TaskKind.UNSAFE_SESSION)
    assert task.subject_uuid == session.uuid
    assert task.role == Role.CLINICAL_LEAD
    assert "epilepsy" not in str(task.facts)


def test_the_same_reason_asks_once_and_a_reason_that_is_gone_asks_no_more(
    plan: Plan, doctor: User
) -> None:
    _book(plan, ON + timedelta(days=7), by=doctor)
    item = make_history(plan.patient, HistoryKind.CONDITION, "epilepsy", at=LATER)

    first = screening.flag_unsafe(plan.patient, at=LATER)
    assert screening.flag_unsafe(plan.patient, at=LATER) == first
    assert Task.objects.open().count() == 1

    history.withdraw(item, "entered-in-error", at=LATER, by=doctor)
    assert screening.flag_unsafe(plan.patient, at=LATER) == []
    assert not Task.objects.open().exists()


def test_what_a_lost_signal_did_not_tell_is_caught_up(plan: Plan, doctor: User) -> None:
    _book(plan, ON + timedelta(days=7), by=doctor)
    make_history(plan.patient, HistoryKind.CONDITION, "epilepsy", at=LATER)

    assert screening.catch_up(since=LATER + timedelta(minutes=1), at=NOW + timedelta(days=1)) == []
    (task,) = screening.catch_up(since=NOW, at=LATER)
    assert task.kind == TaskKind.UNSAFE_SESSION


def test_what_is_still_to_be_asked_at_the_visit_makes_no_session_unsafe(
    plan: Plan, doctor: User
) -> None:
    _book(plan, ON, by=doctor)

    assert screening.preview(plan.patient, plan, on=ON, at=NOW).decision is Decision.DEFER
    assert screening.flag_unsafe(plan.patient, at=NOW) == []


def test_a_cold_today_does_not_endanger_a_session_in_three_weeks(plan: Plan, doctor: User) -> None:
    _book(plan, ON + timedelta(days=21), by=doctor)
    make_history(plan.patient, HistoryKind.CONDITION, "cold sore", at=LATER)

    assert screening.flag_unsafe(plan.patient, at=LATER) == []


def test_a_plan_is_not_signed_off_over_an_open_finding(plan: Plan, doctor: User) -> None:
    history.add(
        plan.patient,
        HistoryKind.CONDITION,
        "hypertension",
        asserted_by=Asserter.PATIENT,
        at=NOW,
        by=doctor,
    )

    with pytest.raises(plans.StillOpen):
        plans.sign_off(plan, "Examined.", at=LATER, by=doctor)


def test_stored_findings_are_what_was_found(plan: Plan) -> None:
    make_history(plan.patient, HistoryKind.CONDITION, "hypertension", at=NOW)
    made = make_screening(plan, at=LATER)
    result = screening.preview(plan.patient, plan, on=ON, at=LATER)

    assert tuple(Finding.from_data(one) for one in made.findings) == result.findings
