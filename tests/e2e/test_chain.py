"""One patient through the whole chain, and five people who carry it."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import House
from tests.e2e.steps import Steps

pytestmark = pytest.mark.e2e


def test_a_patient_goes_from_intake_to_aftercare(house: House, browser: Browser) -> None:
    clinic = Steps(house, browser)
    clinic.given_a_clinic_with_staff_and_one_product()
    clinic.when_reception_registers_the_patient()
    clinic.when_the_cosmetologist_takes_the_history()
    clinic.when_the_cosmetologist_plans_a_treatment()
    clinic.when_the_doctor_signs_off_the_plan()
    clinic.when_the_cosmetologist_offers_the_consent()
    clinic.when_reception_hands_over_the_tablet()
    clinic.when_the_patient_reads_and_signs()
    clinic.when_the_cosmetologist_countersigns()
    clinic.then_the_consent_is_sealed_by_the_worker()
    clinic.when_reception_books_the_course()
    clinic.when_the_cosmetologist_takes_the_photos()
    clinic.when_the_patient_arrives()
    clinic.when_the_cosmetologist_asks_again_and_screens()
    clinic.when_the_cosmetologist_treats()
    clinic.then_the_patient_finds_the_aftercare_in_the_mail()
    clinic.then_the_mails_speak_of_no_treatment()
    clinic.when_the_patient_says_it_gets_worse()
    clinic.then_the_clinic_has_a_task_about_it()
    clinic.when_the_administrator_downloads_the_consent()
    clinic.then_pdfsig_calls_it_valid_and_whole()
    clinic.then_the_audit_chain_holds()
