"""A cosmetologist writes down what the patient says and sees at once what it means.

Words that nobody knows are reviewed once, and understood in the next chart.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import House
from tests.e2e.steps import Steps
from tests.factories.patients import make_patient

ODD = "blorbitin forte"


class Desk(Steps):
    """The history of two patients, as it is taken."""

    def given_two_patients(self) -> None:
        self.given_a_clinic_with_staff_and_one_product()
        self.first, self.second = make_patient(), make_patient()

    def when_a_medicine_is_typed(self, patient: str, words: str) -> Page:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(f"{self.house.address}/patients/{patient}/history/add/")
        page.locator("[name=kind]").select_option("medicine")
        page.locator("[name=text]").press_sequentially(words)
        return page

    def then_its_meaning_and_its_finding_appear(self, page: Page) -> None:
        expect(page.locator("#meaning")).to_contain_text("Understood as")
        expect(page.locator("#live .finding").first).to_be_visible()
        expect(page.locator("#live")).to_contain_text("Because of: Эликвис")
        expect(page.locator("#live")).to_contain_text("What lifts it:")
        self.then_it_is_accessible(page)

    def then_an_answer_shows_its_finding(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(f"{self.house.address}/patients/{self.first.uuid}/intake/")
        page.locator("#question-CI-FEVER input[value=yes]").check(force=True)
        expect(page.locator("#live")).to_contain_text("answer: yes")
        expect(page.locator("#live")).to_contain_text("questions are open")
        self.then_it_is_accessible(page)

    def when_unknown_words_are_recorded(self, page: Page) -> None:
        expect(page.locator("#meaning")).to_contain_text("Not recognised")
        page.get_by_role("button", name="Record").click()
        expect(page.locator("#messages")).to_contain_text("Not recognised")

    def when_the_doctor_says_what_they_mean(self) -> None:
        page = self.at_the_desk_of("doctor")
        page.goto(f"{self.house.address}/patients/words/")
        self.then_it_is_accessible(page)
        page.get_by_role("link", name=ODD).click()
        expect(page.locator("blockquote.unread")).to_have_text(ODD)
        page.wait_for_load_state()  # else nothing listens to the first letters
        page.locator("[name=look]").press_sequentially("heparin")
        page.locator("#choices input[value='heparin medicine']").check()
        self.then_it_is_accessible(page)
        page.get_by_role("button", name="Keep this meaning").click()
        expect(page.locator("#messages")).to_contain_text("understood from now on")

    def then_the_next_chart_understands_them(self) -> None:
        page = self.when_a_medicine_is_typed(str(self.second.uuid), ODD)
        expect(page.locator("#meaning")).to_contain_text(re.compile("Understood as"))
        expect(page.locator("#live")).to_contain_text(f"Because of: {ODD}")


@pytest.mark.e2e
def test_findings_follow_the_typing_and_reviewed_words_are_remembered(
    house: House, browser: Browser
) -> None:
    desk = Desk(house, browser)
    desk.given_two_patients()
    page = desk.when_a_medicine_is_typed(str(desk.first.uuid), "Эликвис")
    desk.then_its_meaning_and_its_finding_appear(page)
    desk.then_an_answer_shows_its_finding()
    page = desk.when_a_medicine_is_typed(str(desk.first.uuid), ODD)
    desk.when_unknown_words_are_recorded(page)
    desk.when_the_doctor_says_what_they_mean()
    desk.then_the_next_chart_understands_them()
