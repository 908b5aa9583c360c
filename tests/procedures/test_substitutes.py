"""A product that must not be used is replaced by one that may, in one tap."""

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.staff.roles import Role
from patients.models import Patient
from procedures import substitutes
from procedures.models import Plan, Product
from procedures.substitutes import NoSubstitute, NotPlanned
from tests.factories.catalogue import VITAMIN_C, make_product
from tests.factories.patients import make_healthy_patient
from tests.factories.plans import make_intent, make_plan
from tests.factories.staff import make_staff
from tests.procedures.browsing import signed_in, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def good() -> Product:
    return make_product(VITAMIN_C, name="Fictivit Good")


@pytest.fixture
def oily() -> Product:
    """Never injected: made for no use in the skin."""
    return make_product(VITAMIN_C, name="Fictivit Oily", oil_emulsion=True, intradermal=False)


@pytest.fixture
def plan(oily: Product) -> Plan:
    patient: Patient = make_healthy_patient(at=timezone.now())
    return make_plan(patient, make_intent(oily), at=timezone.now())


def test_what_serves_the_same_and_is_not_blocked_is_offered(
    plan: Plan, oily: Product, good: Product
) -> None:
    make_product(VITAMIN_C, name="Fictivit Oily Too", oil_emulsion=True, intradermal=False)
    [offer] = substitutes.offers(plan, at=timezone.now())
    assert offer.blocked == oily
    assert [one.product for one in offer.instead] == [good]


def test_a_plan_without_a_blocked_product_is_offered_nothing(good: Product) -> None:
    plan = make_plan(make_healthy_patient(at=timezone.now()), make_intent(good))
    assert substitutes.offers(plan, at=timezone.now()) == ()


def test_the_other_product_stands_in_a_new_revision(
    plan: Plan, oily: Product, good: Product
) -> None:
    by = make_staff(Role.COSMETOLOGIST)
    revised = substitutes.substitute(plan, oily, good, at=timezone.now(), by=by)
    assert (revised.revision, revised.goal) == (2, plan.goal)
    [line] = revised.products.all()
    assert (line.product, line.volume_ml) == (good, plan.products.get().volume_ml)


def test_what_is_blocked_too_or_not_planned_is_refused(
    plan: Plan, oily: Product, good: Product
) -> None:
    by = make_staff(Role.COSMETOLOGIST)
    worse = make_product(VITAMIN_C, name="Fictivit Worse", oil_emulsion=True, intradermal=False)
    with pytest.raises(NoSubstitute):
        substitutes.substitute(plan, oily, worse, at=timezone.now(), by=by)
    with pytest.raises(NotPlanned):
        substitutes.substitute(plan, worse, good, at=timezone.now(), by=by)


def test_one_tap_on_the_plans_page(plan: Plan, oily: Product, good: Product) -> None:
    treats = signed_in()
    treats.post(url("screening-make", plan))
    page = treats.get(url("plan-detail", plan)).content.decode()
    address = reverse("procedures:plan-substitute", args=[plan.uuid, oily.uuid, good.uuid])
    assert address in page
    response = treats.post(address)
    revised = Plan.objects.get(replaces=plan)
    assert response.headers["Location"] == url("plan-detail", revised)
    assert treats.post(address).status_code == 409
