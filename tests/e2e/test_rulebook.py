"""A doctor changes a rule, sees whom it concerns, and another doctor publishes it."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import House
from tests.e2e.rulebook_steps import RulebookSteps

pytestmark = pytest.mark.e2e


def test_two_doctors_change_a_rule(house: House, browser: Browser) -> None:
    clinic = RulebookSteps(house, browser)
    clinic.given_two_doctors_and_a_booked_patient()
    clinic.when_the_doctor_drafts_a_stricter_rule()
    clinic.then_the_booked_patient_is_among_the_affected()
    clinic.when_the_doctor_runs_the_cases()
    clinic.when_the_doctor_asks_the_second_doctor()
    clinic.when_the_second_doctor_publishes_it()
    clinic.then_the_worker_has_looked_at_everybody()
    clinic.when_the_rule_is_taken_back()
    clinic.then_the_first_version_can_still_be_read_and_compared()
