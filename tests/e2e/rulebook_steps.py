"""What two doctors do with the rules, told in their words."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from clinic.staff.models import User
from clinic.staff.roles import Role
from tests.e2e.steps import Steps
from tests.factories.patients import make_healthy_patient, make_intake
from tests.factories.plans import make_screening
from tests.factories.procedures import Place, book_course, make_bookable_plan
from tests.factories.rules import mild_rule
from tests.factories.staff import make_room, make_staff, make_working_hours


class RulebookSteps(Steps):
    """The same clinic, with a second doctor and somebody whom a changed rule concerns."""

    rule = ""

    def given_two_doctors_and_a_booked_patient(self) -> None:
        self.given_a_clinic_with_staff_and_one_product()
        doctor = User.objects.get(email="doctor@clinic.example")
        second = make_staff(
            Role.CLINICAL_LEAD, email="second@clinic.example", location=doctor.location
        )
        User.objects.filter(pk=second.pk).update(password=doctor.password)
        assert doctor.location is not None
        at = timezone.now().replace(minute=0, second=0, microsecond=0)
        self.rule = mild_rule(at=at)
        practitioner = make_staff(Role.COSMETOLOGIST, location=doctor.location)
        make_working_hours(practitioner, doctor.location)
        place = Place(
            location=doctor.location,
            room=make_room(doctor.location),
            practitioner=practitioner,
            desk=User.objects.get(email="reception@clinic.example"),
        )
        patient = make_healthy_patient(location=place.location, family_name="Testova-Rule")
        make_intake(patient, {self.rule: "yes"}, at=at - timedelta(hours=1))
        plan = make_bookable_plan(place, patient, at=at - timedelta(minutes=30))
        make_screening(plan, at=at - timedelta(minutes=10))
        book_course(plan, place, at=at, first=at + timedelta(days=3))

    def when_the_doctor_drafts_a_stricter_rule(self) -> None:
        page = self.at_the_desk_of("doctor")
        page.goto(f"{self.house.address}/treatment/rules/?q={self.rule}")
        page.locator("main table a").first.click()
        page.get_by_label("At least: Do not treat").check()
        page.locator("[name=reason]").fill("Agreed by the doctors of this imaginary clinic")
        self.then_it_is_accessible(page)
        page.get_by_role("button", name="Put into the draft").click()
        expect(page.locator("#messages")).to_contain_text("Nothing has changed for patients yet")
        self.then_it_is_accessible(page)

    def then_the_booked_patient_is_among_the_affected(self) -> None:
        page = self.at_the_desk_of("doctor")
        page.get_by_role("link", name="Who is affected").click()
        expect(page.locator("main table")).to_contain_text("Testova-Rule")
        expect(page.locator("main table")).to_contain_text("Do not treat as planned")
        self.then_it_is_accessible(page)

    def when_the_doctor_runs_the_cases(self) -> None:
        page = self.at_the_desk_of("doctor")
        page.get_by_role("link", name="Run the cases").click()
        expect(page.locator("#faults .count")).not_to_have_text("0")
        self.then_it_is_accessible(page)

    def when_the_doctor_asks_the_second_doctor(self) -> None:
        page = self.at_the_desk_of("doctor")
        page.get_by_role("link", name="What changes").click()
        page.locator("[name=reason]").fill("Stricter from now on")
        page.get_by_role("button", name="Ask the second doctor").click()
        expect(page.locator("#messages")).to_contain_text("Another doctor publishes it")
        expect(page.get_by_role("button", name=re.compile("Publish"))).to_have_count(0)

    def when_the_second_doctor_publishes_it(self) -> None:
        page = self.at_the_desk_of("second")
        page.goto(f"{self.house.address}/tasks/")
        page.get_by_role("link", name=re.compile("waits for review")).first.click()
        page.goto(f"{self.house.address}/treatment/rules/")
        page.get_by_role("link", name=re.compile("^Draft")).click()
        page.get_by_role("button", name="Publish as the second doctor").click()
        expect(page.locator("h1")).to_contain_text("Version 1")
        self.then_it_is_accessible(page)

    def then_the_worker_has_looked_at_everybody(self) -> None:
        page = self.at_the_desk_of("second")
        page.locator("section[aria-labelledby=rounds] a").first.click()
        expect(page.locator("#progress-title")).to_contain_text("Done", timeout=60_000)
        expect(page.locator("#progress")).to_contain_text("1 of 1")
        page.reload()
        expect(page.locator("#progress")).to_contain_text("Testova-Rule")
        self.then_it_is_accessible(page)

    def when_the_rule_is_taken_back(self) -> None:
        page = self.at_the_desk_of("second")
        page.goto(f"{self.house.address}/treatment/rules/rule/{self.rule}/")
        page.get_by_label("As shipped").check()
        page.locator("[name=reason]").fill("Back again")
        page.get_by_role("button", name="Put into the draft").click()
        page.locator("[name=reason]").fill("Back to the sources")
        page.get_by_role("button", name="Ask the second doctor").click()
        other = self.at_the_desk_of("doctor")
        other.goto(page.url)
        other.get_by_role("button", name="Publish as the second doctor").click()
        expect(other.locator("h1")).to_contain_text("Version 2")

    def then_the_first_version_can_still_be_read_and_compared(self) -> None:
        page = self.at_the_desk_of("doctor")
        page.goto(f"{self.house.address}/treatment/rules/versions/1/")
        expect(page.locator("main")).to_contain_text("At least: Do not treat")
        page.goto(f"{self.house.address}/treatment/rules/versions/compare/?from=1&to=2")
        expect(page.locator("main table")).to_contain_text("As shipped")
        self.then_it_is_accessible(page)
