"""One patient from the end of a session to day 14: the mails, the answers, who is called, the end.

The clinic runs as it does for everybody; between two steps the test lets days pass.
"""

import re
from datetime import date, timedelta
from time import monotonic

import pytest
from celery import Celery
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from aftercare.models import AftercarePlan
from tests.e2e import clock
from tests.e2e.conftest import House
from tests.e2e.steps import MAIL, MAIL_WAIT, PATIENT, Steps
from tests.factories.aftercare import make_aftercare, make_course
from tests.factories.patients import make_patient
from tests.factories.staff import make_location

pytestmark = pytest.mark.e2e
JUST_NOW = timedelta(minutes=1)
LONG_AGO = timedelta(days=40)
SPOKEN = {"uk": "Сауна, лазня, парна", "ru": "Сауна, баня, пар", "en": "Sauna, bathhouse, steam"}
REDNESS, EMERGENCY = "SE-REDNESS", "SE-ALLERGY-ACUTE"


class Afterwards(Steps):
    """What follows one session, on the patient's phone and at the desks of the clinic."""

    def __init__(self, house: House, browser: Browser, broker: str) -> None:
        super().__init__(house, browser)
        self.bell = Celery(broker=broker)

    def given_a_session_that_has_just_ended(self) -> None:
        now = timezone.now()
        place = make_location(name="Testplace Two", quiet=False)
        patient = make_patient(
            location=place,
            at=now - LONG_AGO,
            family_name=PATIENT,
            email=MAIL,
            birth_date=date(1985, 2, 3),
        )
        course = make_course(patient, at=now - LONG_AGO, quiet=False)
        self.aftercare = make_aftercare(course, ended_at=now - JUST_NOW)
        self.chart = f"{self.house.address}{patient.get_absolute_url()}"
        self.ring()

    # The clock and the post

    def when_it_is_day(self, day: int) -> None:
        ended_at = AftercarePlan.objects.get(pk=self.aftercare.pk).session_ended_at
        clock.let_pass(ended_at + timedelta(days=day) + JUST_NOW - timezone.now())
        self.ring()

    def ring(self) -> None:
        """What a commit of the running clinic does; ours here reaches no worker by itself."""
        self.bell.send_task("clinic.messaging.tasks.deliver_due", ignore_result=True)

    def then_a_mail_says(self, words: str, to: str = MAIL, *, times: int = 1) -> None:
        deadline = monotonic() + MAIL_WAIT
        while sum(words in text for text in self.mails_to(to)) < times:
            assert monotonic() < deadline, self.mails_to(to)
            self.page.wait_for_timeout(200)

    def mails_to(self, address: str) -> list[str]:
        letters = [each for each in self.house.mailbox.letters if address in str(each["To"])]
        bodies = [letter.get_body(("plain",)) for letter in letters]
        return [str(body.get_content()) for body in bodies if body is not None]

    # The patient

    @property
    def page(self) -> Page:
        assert self.phone is not None
        return self.phone

    def when_the_page_is_opened_again(self) -> None:
        """As a bookmark, or the newest mail: the phone knows the link, and asks nothing more."""
        self.page.goto(f"{self.house.address}/p/aftercare/")

    def when_the_patient_answers(self, feeling: str, *signs: str) -> None:
        form = self.page.locator("#check-in")
        if {*signs} - {EMERGENCY}:
            form.get_by_text("I noticed something").click()
        for sign in signs:
            form.locator(f"input[type=checkbox][value={sign}]").check()
        form.locator(f"input[name=feeling][value={feeling}]").check()
        form.locator("button[type=submit]").last.click()
        expect(self.page).to_have_url(re.compile("#answer$"))

    def then_the_page_answers(self, words: str) -> None:
        expect(self.page.locator("#answer")).to_contain_text(words)
        self.then_it_is_accessible(self.page)

    def then_the_page_speaks_all_three_languages(self) -> None:
        for code, words in SPOKEN.items():
            self.page.goto(f"{self.house.address}/p/aftercare/?language={code}")
            expect(self.page.locator("html")).to_have_attribute("lang", code)
            expect(self.page.locator("main")).to_contain_text(words)
            self.then_it_is_accessible(self.page)

    def then_everything_is_allowed_again(self) -> None:
        expect(self.page.locator("main")).to_contain_text("Everything is allowed again")
        self.then_it_is_accessible(self.page)

    # The clinic

    def then_the_desk_has_to_call_back(self) -> None:
        page = self.at_the_desk_of("reception")
        page.goto(f"{self.house.address}/tasks/")
        row = page.locator("main li", has_text="warning sign").first
        expect(row).to_contain_text(PATIENT)
        row.get_by_role("link").first.click()
        expect(page).to_have_url(re.compile("/tasks/[0-9a-f-]+/"))
        self.then_it_is_accessible(page)
        page.locator("[name=outcome]").fill("Called: fading by now, nothing else.")
        page.locator("form[action$='/finish/'] button[type=submit]").click()
        expect(page).to_have_url(re.compile("/tasks/$"))
        expect(page.locator("main")).not_to_contain_text("warning sign")

    def then_the_doctor_sees_the_emergency(self) -> None:
        page = self.at_the_desk_of("doctor")
        page.goto(f"{self.house.address}/tasks/")
        row = page.locator("main li", has_text="warning sign").first
        row.get_by_role("link").first.click()
        expect(page).to_have_url(re.compile("/tasks/[0-9a-f-]+/"))
        page.goto(self.of_the_aftercare())
        expect(page.locator("main")).to_contain_text("Reactions")
        expect(page.locator("main .time-line").first).to_contain_text("Urgent")
        self.then_it_is_accessible(page)

    def then_the_course_is_held_until_the_doctor_releases_it(self) -> None:
        page = self.at_the_desk_of("doctor")
        hold = self.aftercare.session.course.holds.get(released_at=None)
        page.goto(self.chart)
        expect(page.locator("main")).to_contain_text("held")
        page.goto(f"{self.house.address}/treatment/holds/{hold.uuid}/release/")
        page.locator("[name=reason]").fill("Seen and examined: no allergy, the course goes on.")
        page.locator("main form button[type=submit].btn-primary").click()
        expect(page.locator("#messages")).to_contain_text("may go on")
        hold.refresh_from_db()
        assert hold.released_at is not None

    def of_the_aftercare(self) -> str:
        return f"{self.house.address}/aftercare/{self.aftercare.uuid}/"


def test_a_patient_is_followed_from_the_session_to_day_fourteen(
    house: House, browser: Browser, redis_url: str
) -> None:
    clinic = Afterwards(house, browser, redis_url)
    clinic.given_a_clinic_with_staff_and_one_product()
    clinic.given_a_session_that_has_just_ended()
    clinic.then_the_patient_finds_the_aftercare_in_the_mail()

    clinic.when_it_is_day(1)
    clinic.then_a_mail_says("How are you today?")
    clinic.when_the_page_is_opened_again()
    clinic.when_the_patient_answers("fading")
    clinic.then_the_page_answers("That is as it should be")

    clinic.when_it_is_day(3)
    clinic.then_a_mail_says("How are you today?", times=2)
    clinic.when_the_page_is_opened_again()
    clinic.then_the_page_speaks_all_three_languages()
    clinic.when_the_patient_answers("still", REDNESS)
    clinic.then_the_page_answers("Please call us today")
    clinic.then_the_desk_has_to_call_back()

    clinic.when_it_is_day(7)
    clinic.when_the_page_is_opened_again()
    clinic.when_the_patient_answers("worse", EMERGENCY)
    clinic.then_the_page_answers("Call 112")
    clinic.then_a_mail_says("An urgent task waits", to="doctor@clinic.example")
    clinic.then_the_doctor_sees_the_emergency()
    clinic.then_the_course_is_held_until_the_doctor_releases_it()

    clinic.when_it_is_day(14)
    clinic.when_the_page_is_opened_again()
    clinic.then_everything_is_allowed_again()
    clinic.when_the_patient_answers("none")
    clinic.then_the_page_answers("That is as it should be")
    clinic.then_the_mails_speak_of_no_treatment()
