"""From rows to facts: what was asked, said, planned and done before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from psycopg.types.range import TimestamptzRange

from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import history
from patients.intake import Said
from patients.models import HistoryKind, Moment
from procedures import anamnesis, products, screening, settings
from procedures.domain.outcomes import Decision, Outcome
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
from tests.factories.aftercare import carry_out
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


def test_who_was_asked_nothing_is_held_by_every_question() -> None:
    result = screening.preview(make_patient(), None, on=ON, at=NOW)

    asked = [one.rule for one in result.findings if one.rule.startswith("not-asked:")]
    assert result.decision is Decision.DEFER
    assert len(asked) > 40
    assert {"not-asked:conditions", "not-asked:medications", "not-asked:allergies"} <= set(asked)


def test_a_patient_who_cannot_be_pregnant_is_not_asked() -> None:
    patient = make_healthy_patient(sex="M", can_be_pregnant=False)

    assert screening.preview(patient, None, on=ON, at=NOW).decision is Decision.PROCEED


def test_a_question_that_was_never_answered_holds(plan: Plan) -> None:
    patient = make_patient()
    make_none_known(patient)
    make_intake(patient, {"CI-HEART": "unsure"})

    result = screening.preview(patient, None, on=ON, at=NOW)

    assert [(one.rule, one.outcome) for one in result.findings] == [
        ("CI-HEART", Outcome.HOLD_FOR_DOCTOR)
    ]


def test_a_text_that_nobody_understands_holds_and_is_kept(plan: Plan) -> None:
    make_history(plan.patient, HistoryKind.MEDICINE, "Zzyzxol forte", at=NOW)

    made = make_screening(plan, at=LATER)

    assert made.unresolved == ["Zzyzxol forte"]
    assert _rules(made) == ["unresolved:Zzyzxol forte"]
    assert made.decision == Decision.DEFER


def test_a_note_beside_an_answer_is_read(plan: Plan) -> None:
    patient = make_patient()
    make_none_known(patient)
    make_intake(patient, {"CI-ALLERGY-COMPONENT": Said(reply="yes", note="сульфиты")})
    planned = make_intent(make_product(HYALURONIC, SULPHITE, name="Glow"))

    found = screening.preview(patient, make_plan(patient, planned), on=ON, at=NOW).findings

    assert ("CI-ALLERGY-COMPONENT", "Glow") in {(one.rule, one.product) for one in found}


def test_a_list_in_which_all_is_long_over_has_to_be_asked_again() -> None:
    patient = make_healthy_patient()
    taken = make_history(patient, HistoryKind.MEDICINE, "aspirin", at=NOW - timedelta(days=3))
    by = make_staff(Role.COSMETOLOGIST)
    history.end(taken, ON - timedelta(days=2), at=NOW - timedelta(days=2), by=by)

    soon = anamnesis.collect(patient, None, on=ON, at=NOW)
    later = anamnesis.collect(patient, None, on=ON + timedelta(days=370), at=NOW)

    assert "medications" in soon.known
    assert "medications" not in later.known


def test_an_allergy_meets_an_excipient_of_a_planned_product(plan: Plan) -> None:
    make_history(plan.patient, HistoryKind.ALLERGY, "sulphites", at=NOW)
    leaflet = make_leaflet(HYALURONIC, SULPHITE, name="Glow")
    product = products.add(leaflet, at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    other = make_plan(plan.patient, make_intent(product), at=NOW)

    found = screening.preview(plan.patient, other, on=ON, at=LATER).findings

    assert ("CI-ALLERGY-COMPONENT", Outcome.BLOCK_PRODUCT, "Glow") in {
        (one.rule, one.outcome, one.product) for one in found
    }
    assert screening.preview(plan.patient, plan, on=ON, at=LATER).decision is (
        Decision.PROCEED_WITH_CAUTION
    )


def test_pain_relief_is_compared_with_the_allergies() -> None:
    patient = make_healthy_patient()
    make_history(patient, HistoryKind.ALLERGY, "lidocaine", at=NOW)
    plan = make_plan(patient, make_intent(pain_relief="Lidocaine cream 5%"))

    result = screening.preview(patient, plan, on=ON, at=LATER)

    assert ("CI-ALLERGY-COMPONENT", "Lidocaine cream 5%") in {
        (one.rule, one.product) for one in result.findings
    }


def test_a_product_whose_leaflet_nobody_read_holds() -> None:
    plan = make_plan(intent=make_intent(make_product(name="New", intradermal=None)))

    assert _rules(make_screening(plan)) == ["not-asked:route"]


def test_on_the_day_of_a_session_the_day_is_asked_again(plan: Plan, doctor: User) -> None:
    _book(plan, ON, by=doctor)

    before = screening.preview(plan.patient, plan, on=ON, at=NOW)
    assert "not-asked:CI-FEVER" in {one.rule for one in before.findings}
    assert "not-asked:ANYTHING-CHANGED" in {one.rule for one in before.findings}
    assert "not-asked:CI-DIABETES" not in {one.rule for one in before.findings}

    make_intake(plan.patient, moment=Moment.SESSION, at=NOW)
    assert screening.preview(plan.patient, plan, on=ON, at=LATER).decision is Decision.PROCEED


def test_when_something_has_changed_everything_is_asked_again(plan: Plan, doctor: User) -> None:
    _book(plan, ON, by=doctor)
    make_intake(plan.patient, {"ANYTHING-CHANGED": "yes"}, moment=Moment.SESSION, at=NOW)

    found = {one.rule for one in screening.preview(plan.patient, plan, on=ON, at=LATER).findings}
    assert "not-asked:CI-DIABETES" in found

    make_intake(plan.patient, at=LATER)
    again = screening.preview(plan.patient, plan, on=ON, at=LATER + timedelta(minutes=1))
    assert again.decision is Decision.PROCEED


def test_for_a_day_to_come_the_last_answers_count(plan: Plan, doctor: User) -> None:
    _book(plan, ON + timedelta(days=7), by=doctor)

    result = screening.preview(plan.patient, plan, on=ON + timedelta(days=7), at=NOW)
    assert result.decision is Decision.PROCEED


def test_answers_of_more_than_a_year_ago_count_no_more(plan: Plan) -> None:
    result = screening.preview(plan.patient, plan, on=ON + timedelta(days=366), at=NOW)

    assert "not-asked:CI-DIABETES" in {one.rule for one in result.findings}
    assert "not-asked:allergies" in {one.rule for one in result.findings}


def test_the_birth_of_a_child_is_a_date() -> None:
    born = date(2026, 2, 1)
    patient = make_patient()
    make_none_known(patient)
    make_intake(patient, {"CI-POSTPARTUM": ("yes", born)}, at=NOW)

    result = screening.preview(patient, None, on=ON, at=NOW)

    assert result.earliest_date == born + timedelta(days=42)
    then = born + timedelta(days=42)
    assert screening.preview(patient, None, on=then, at=NOW).decision is Decision.PROCEED


def test_wine_without_a_date_was_drunk_on_the_day_of_the_answer_at_the_latest() -> None:
    patient = make_patient()
    make_none_known(patient)
    make_intake(patient, {"CI-ALCOHOL-24H": "yes"}, at=NOW)

    result = screening.preview(patient, None, on=ON, at=NOW)

    assert result.earliest_date == ON + timedelta(days=2)


def test_another_procedure_is_judged_by_the_interval_the_clinic_has_set(doctor: User) -> None:
    patient = make_patient()
    make_none_known(patient)
    lasered = Said(reply="yes", date=date(2026, 2, 20), note="laser")
    make_intake(patient, {"CI-RECENT-PROCEDURE": lasered}, at=NOW)

    unset = screening.preview(patient, None, on=ON, at=NOW)
    settings.set_value("interval_after_laser", 21, "Our protocol", at=NOW, by=doctor)
    held = screening.preview(patient, None, on=ON, at=NOW)

    assert "setting:interval_after_laser" in {one.rule for one in unset.findings}
    assert (held.decision, held.earliest_date) == (Decision.DEFER, date(2026, 3, 13))
    later = screening.preview(patient, None, on=date(2026, 3, 13), at=NOW)
    assert later.decision is Decision.PROCEED


def test_the_last_session_is_a_fact(plan: Plan, doctor: User) -> None:
    session = _book(plan, ON - timedelta(days=3), by=doctor)
    carry_out(session, ended_at=session.appointment.slot.upper, told=False)

    result = screening.preview(plan.patient, plan, on=ON, at=NOW)

    assert [one.rule for one in result.findings] == ["SC-1"]
    assert result.earliest_date == ON + timedelta(days=4)
