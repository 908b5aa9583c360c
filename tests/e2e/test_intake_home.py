"""A patient answers at home on a phone, loses the signal, and nothing is lost; staff review it.

A tablet in the clinic opens the same and nothing else; two charts in two tabs stay apart.
"""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clinic.messaging import links
from clinic.messaging.models import Purpose
from patients import intake
from patients.models import Answer, HistoryItem, Intake, Moment
from tests.e2e.conftest import House
from tests.e2e.steps import PHONE, Steps
from tests.factories.patients import make_patient
from tests.factories.staff import PIN

pytestmark = pytest.mark.e2e


class Home(Steps):
    """Two patients, a phone, a tablet."""

    def then_it_is_accessible(self, page: Page) -> None:
        """At once: the page may still be keeping itself."""
        page.emulate_media(reduced_motion="reduce")
        found = Axe().run(page).response["violations"]
        serious = [each for each in found if each["impact"] in {"serious", "critical"}]
        assert not serious, [(each["id"], each["nodes"][0]["html"]) for each in serious]

    def given_two_patients(self) -> None:
        self.given_a_clinic_with_staff_and_one_product()
        self.first, self.second = make_patient(language="en"), make_patient(language="en")

    def when_the_patient_opens_the_link(self) -> Page:
        at = timezone.now()
        link = links.make(
            self.first.recipient,
            Purpose.INTAKE,
            intake.subject_of(self.first, Moment.INTAKE),
            expires_at=at + timedelta(days=1),
            at=at,
        )
        page = self.browser.new_context(viewport=PHONE).new_page()
        page.goto(f"{self.house.address}/p/{links.token(link)}/")
        self.then_it_is_accessible(page)
        page.locator("[name=birth_date]").fill(f"{self.first.birth_date:%d.%m.%Y}")
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("h1")).to_contain_text("Questions before your visit")
        return page

    def when_the_signal_is_lost_while_answering(self, page: Page) -> None:
        page.context.set_offline(True)
        page.locator("[name=list-medicine]").fill("iron")
        expect(page.locator("[data-state]")).to_contain_text("No signal")

    def then_nothing_is_lost_once_it_is_back(self, page: Page) -> None:
        page.context.set_offline(False)
        page.reload()
        expect(page.locator("[name=list-medicine]")).to_have_value("iron")
        for _moment in range(
            100
        ):  # the page sends by itself; its policy lets nobody else wait in it
            if page.evaluate("localStorage.length") == 0:
                break
            page.wait_for_timeout(200)
        assert page.evaluate("localStorage.length") == 0
        assert Intake.objects.get().claims.get(kind="medicine").text == "iron"

    def when_everything_is_answered_and_handed_in(self, page: Page) -> None:
        self.then_it_is_accessible(page)
        for kind in ("condition", "allergy"):
            page.locator(f"[name=list-{kind}-none]").check()
        noes = "document.querySelectorAll('#intake input[value=no]')"
        page.evaluate(f"for (const no of {noes}) no.checked = true")
        while page.locator("[data-next]").is_visible():
            page.locator("[data-next]").click()
        page.get_by_role("button", name="Hand in").click()
        expect(page.locator("h1")).to_have_text("Thank you")
        self.then_it_is_accessible(page)
        assert intake.answers_now(self.first, at=timezone.now()) == {}

    def then_it_waits_for_the_review(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(f"{self.house.address}/patients/{self.first.uuid}/history/")
        page.get_by_role("link", name="Review").click()
        expect(page.locator("main")).to_contain_text("iron")
        self.then_it_is_accessible(page)

    def when_the_tablet_is_handed_over(self) -> Page:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(f"{self.house.address}/patients/{self.second.uuid}/history/")
        page.get_by_role("button", name="Hand over this tablet").click()
        expect(page).to_have_url(re.compile("/p/intake/$"))
        return page

    def then_back_and_other_addresses_get_nowhere(self, page: Page) -> None:
        page.go_back()
        expect(page).to_have_url(re.compile("/clinic/tablet/$"))
        for address in ("/", "/patients/", f"/chart/{self.first.uuid}/", "/account/login/"):
            page.goto(self.house.address + address)
            expect(page).to_have_url(re.compile("/clinic/tablet/$"))
            assert self.first.family_name not in page.content()
        self.then_it_is_accessible(page)

    def then_only_the_pin_leads_back(self, page: Page) -> None:
        page.locator("[name=pin]").fill("9876")
        page.get_by_role("button", name="Take it back").click()
        expect(page.locator("#pin-error")).to_have_text("This is not the PIN.")
        page.locator("[name=pin]").fill(PIN)
        page.get_by_role("button", name="Take it back").click()
        expect(page.locator("h1")).to_contain_text(self.second.family_name)

    def when_two_charts_are_open_side_by_side(self) -> tuple[Page, Page]:
        one = self.at_the_desk_of("cosmetologist")
        two = one.context.new_page()
        for page, patient in ((one, self.first), (two, self.second)):
            page.goto(f"{self.house.address}/patients/{patient.uuid}/history/add/?kind=allergy")
            page.locator("[name=text]").fill("lidocaine" if page is one else "fish")
        return one, two

    def then_each_statement_lands_in_its_own_chart(self, one: Page, two: Page) -> None:
        for page in (one, two):
            page.get_by_role("button", name="Record").click()
            expect(page.locator("#messages")).to_contain_text("Recorded")
        said = HistoryItem.objects.filter(kind="allergy", none_known=False)
        kept = {(row.patient.pk, row.text) for row in said.select_related("patient")}
        assert kept == {(self.first.pk, "lidocaine"), (self.second.pk, "fish")}


@pytest.fixture
def clinic(house: House, browser: Browser) -> Home:
    home = Home(house, browser)
    home.given_two_patients()
    return home


def test_answers_survive_a_lost_signal_and_wait_for_the_review(clinic: Home) -> None:
    page = clinic.when_the_patient_opens_the_link()
    clinic.when_the_signal_is_lost_while_answering(page)
    clinic.then_nothing_is_lost_once_it_is_back(page)
    clinic.when_everything_is_answered_and_handed_in(page)
    assert not Answer.objects.filter(reply="yes").exists()
    clinic.then_it_waits_for_the_review()


def test_a_tablet_goes_nowhere_else_and_two_charts_stay_apart(clinic: Home) -> None:
    page = clinic.when_the_tablet_is_handed_over()
    clinic.then_back_and_other_addresses_get_nowhere(page)
    clinic.then_only_the_pin_leads_back(page)
    clinic.then_each_statement_lands_in_its_own_chart(
        *clinic.when_two_charts_are_open_side_by_side()
    )
