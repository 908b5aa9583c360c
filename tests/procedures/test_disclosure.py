"""What the patient is told of risks, ingredients, rules and price, and who signs beside them."""

from datetime import timedelta
from typing import Any

import pytest

from clinic.knowledge.loader import load
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent import policy
from consent.models import Asked
from consent.policy import Wish
from consent.text import text_of
from patients.models import Area
from procedures import consenting, disclosure, treatment
from procedures.consenting import Besides
from procedures.models import IngredientRole, Plan
from procedures.products import Ingredient
from procedures.wording import at_most
from tests.factories.catalogue import VITAMIN_C, make_product
from tests.factories.patients import make_healthy_patient, make_history
from tests.factories.plans import make_intent, make_plan, make_screening, make_signed_plan
from tests.factories.procedures import make_consent, make_ready_session
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
PARABENS = Ingredient(text="Methylparaben", role=IngredientRole.EXCIPIENT)


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def content(plan: Plan, language: str = "en") -> Any:
    return disclosure.content_of(plan, language=language, at=LATER)


def decide(plan: Plan, lead: User, **wish: Any) -> None:
    policy.decide(plan.location, Wish(**wish), after=None, at=NOW - timedelta(days=9), by=lead)


def first_of(plan: Plan) -> set[str]:
    return {risk.id for risk in content(plan).risks if risk.of_this_plan}


def test_risks_of_the_area_and_of_this_patient_come_first_too() -> None:
    assert first_of(make_plan()) == set()
    eyelid = make_plan(intent=make_intent(area=Area.LOWER_EYELID.value))
    assert "RK-SWELL-EYELID" in first_of(eyelid)
    patient = make_healthy_patient()
    make_history(patient, "medicine", "warfarin")
    plan = make_plan(patient)
    make_screening(plan)
    assert "RK-BRUISE" in first_of(plan)


@pytest.mark.parametrize(
    ("language", "lasts"), [("en", "up to 14 days"), ("ru", "до 14 дней"), ("uk", "до 14 днів")]
)
def test_how_long_a_risk_lasts_is_said_only_where_a_source_says(language: str, lasts: str) -> None:
    risks = {risk.id: risk for risk in content(make_plan(), language).risks}
    assert risks["RK-BRUISE"].lasts == lasts
    assert risks["RK-SCAR"].lasts == ""
    assert (risks["RK-REDNESS"].kind, risks["RK-SCAR"].kind) == ("expected", "complication")
    for entry in load().consent_risks.values():
        assert risks[entry.id].frequency == entry.frequency.in_(language)


@pytest.mark.parametrize(
    ("hours", "russian", "ukrainian"),
    [
        (24, "до 24 часов", "до 24 годин"),
        (72, "до 3 дней", "до 3 днів"),
        (504, "до 21 дня", "до 21 дня"),
        (1, "до 1 часа", "до 1 години"),
    ],
)
def test_the_longest_is_said_as_one_says_it(hours: int, russian: str, ukrainian: str) -> None:
    assert (at_most(hours, "ru"), at_most(hours, "uk")) == (russian, ukrainian)


def test_an_excipient_people_react_to_is_marked() -> None:
    plan = make_plan(intent=make_intent(make_product(VITAMIN_C, PARABENS)))
    marked = [part.name for part in content(plan).drugs[0].ingredients if part.notable]
    known = content(plan).drugs[0].ingredients
    assert {part.name for part in known} >= {"Methylparaben"}
    assert marked == ["Methylparaben"]


def test_one_rule_is_chosen_for_the_check_of_understanding() -> None:
    asked = [item for item in content(make_plan()).aftercare if item.asked]
    assert [item.id for item in asked] == ["RX-HEAT-SAUNA"]


def test_the_price_is_asked_where_the_clinic_prints_it(lead: User) -> None:
    make_consent(make_signed_plan(), at=NOW)  # prepares the seal, and is another's
    plan = make_signed_plan(by=lead)
    decide(plan, lead, price_line=True)
    with pytest.raises(consenting.NoPrice):
        consenting.offer(plan, language="en", at=NOW, by=lead)
    priced = Besides(price="6 sessions at 2,000")
    document = consenting.offer(plan, language="en", besides=priced, at=NOW, by=lead)
    assert text_of(document).content.price == "6 sessions at 2,000"
    assert document.terms_sha256 == content(plan).terms_sha256()


def test_the_rules_of_the_location_travel_with_the_document(lead: User) -> None:
    make_consent(make_signed_plan(), at=NOW)
    plan = make_signed_plan(by=lead)
    decide(plan, lead, valid_months=6, guardian=Asked.ALWAYS, witness=Asked.WHEN_NEEDED)
    needed = Besides(second="uk", signers=("witness", "interpreter"))
    document = consenting.offer(plan, language="en", besides=needed, at=NOW, by=lead)
    assert document.asked_signers == ["guardian", "witness"]
    assert (document.valid_months, document.valid_sessions) == (6, None)
    assert document.second_content is not None
    assert document.second_content["language"] == "uk"
    alone = consenting.offer(plan, language="en", at=LATER, by=lead)
    assert (alone.asked_signers, alone.second_content) == (["guardian"], None)


def test_a_consent_for_one_session_opens_the_gate_once(lead: User) -> None:
    session = make_ready_session(without="consent")
    plan = session.course.plan
    decide(plan, lead, valid_sessions=1)
    make_consent(plan, at=NOW - timedelta(hours=1))
    assert consenting.in_force(plan, at=NOW) is not None
    treatment.start(session, at=NOW, by=plan.practitioner)
    assert consenting.in_force(plan, at=LATER) is None
