"""Signing on the tablet of the clinic and on the phone of the patient, with finger and mouse."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.messaging import links
from clinic.messaging.models import Purpose
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent import reading
from consent.comprehension import questions_of
from consent.models import ConsentDocument, ConsentState, SignatureEventKind
from consent.text import text_of
from tests.e2e.steps import DESKTOP, PHONE
from tests.factories.consent import make_content, make_offered
from tests.factories.patients import make_patient
from tests.factories.staff import make_pin, make_staff

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
S = ConsentState


class Signing:
    """One document, the desk that offers it, and the device on which it is read."""

    def __init__(self, server: LiveServer, browser: Browser) -> None:
        self.server, self.browser = server, browser
        self.contexts: list[BrowserContext] = []

    # Given

    def given_a_document(self, **asking: object) -> None:
        patient = make_patient()
        content = make_content(patient)
        self.document = make_offered(
            patient,
            content=content,
            asking=asking,
            at=timezone.now() - timedelta(minutes=5),
            by=make_staff(Role.COSMETOLOGIST),
        )
        self.desk: User = make_pin(self.document.created_by)

    # When

    def when_the_desk_hands_over_the_tablet(self) -> Page:
        page = self.device(touch=False)
        client = Client()
        client.force_login(self.desk)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.server.url}])
        page.goto(f"{self.server.url}/consents/{self.document.uuid}/")
        page.get_by_role("button", name=re.compile("Open on this tablet|next person")).click()
        expect(page).to_have_url(re.compile("/p/consent/"))
        return page

    def when_the_link_is_opened_on_a_phone(self) -> Page:
        at = timezone.now()
        link = links.make(
            self.document.patient.recipient,
            Purpose.CONSENT,
            self.document.cause,
            expires_at=at + timedelta(days=1),
            at=at,
        )
        page = self.device(touch=True)
        page.goto(f"{self.server.url}/p/{links.token(link)}/")
        born = self.document.patient.birth_date
        page.locator("[name=birth_date]").fill(f"{born:%d.%m.%Y}")
        page.locator("main button[type=submit]").click()
        expect(page.locator("[name=birth_date]")).to_have_count(0)
        return page

    def when_it_is_read_to_the_end(self, page: Page) -> None:
        for section in page.locator(".c-section").all():
            section.evaluate("one => one.scrollIntoView()")
            page.evaluate("new Promise(done => setTimeout(done, 60))")  # nobody reads faster
        page.locator("#signing button[type=submit]").scroll_into_view_if_needed()
        sections = len(text_of(self.document).sections)
        expect(page.locator("#progress")).to_have_js_property("value", sections)

    def when_the_questions_are_answered_one_of_them_wrong(self, page: Page) -> None:
        first, *others = questions_of(text_of(self.document))
        wrong = (first.right + 1) % len(first.options)
        for key, answer in [(first.key, wrong), *((one.key, one.right) for one in others)]:
            page.locator(f"#check [name={key}][value='{answer}']").check()
        page.locator("#check button[type=submit]").click()
        expect(page.locator("#check .p-warning")).to_contain_text(first.answer)
        expect(page.locator("#check .p-good")).to_have_count(len(others))

    def when_a_question_is_asked(self, page: Page) -> None:
        page.get_by_text("Write a question").click()
        page.locator("[name=question]").fill("May I swim on Sunday?")
        page.get_by_role("button", name="Send the question").click()
        expect(page.locator("#questions")).to_contain_text("We will answer before we sign")

    def when_the_form_is_filled(self, page: Page, name: str = "Testova Fictiona") -> None:
        for choice in page.locator("#signing input[type=radio][value=no]").all():
            choice.check()
        page.locator("[name=signer_name]").fill(name)

    def when_it_is_drawn_with_the_mouse(self, page: Page) -> None:
        points = self.points_on(page)
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()

    def when_it_is_drawn_with_a_finger(self, page: Page) -> None:
        finger = page.context.new_cdp_session(page)
        points = self.points_on(page)
        for kind, (x, y) in zip(
            ["touchStart", *["touchMove"] * (len(points) - 1)], points, strict=True
        ):
            touch = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
            finger.send("Input.dispatchTouchEvent", touch)
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def when_it_is_signed(self, page: Page) -> None:
        page.locator("#signing button[type=submit]").click()
        expect(page.locator("h1")).to_have_text("Thank you")

    # Then

    def then_it_is(self, state: ConsentState) -> None:
        self.document.refresh_from_db()
        assert self.document.state == state

    def then_the_tablet_has_forgotten_the_patient(self, page: Page) -> None:
        page.wait_for_load_state("networkidle")
        kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert not [key for key in kept if key.startswith("consent-draft:")]
        page.goto(f"{self.server.url}/p/consent/")
        expect(page.locator("main")).not_to_contain_text("Hyalofict")
        page.goto(f"{self.server.url}/consents/")
        expect(page).to_have_url(re.compile("/clinic/tablet/"))

    def then_it_is_accessible(self, page: Page) -> None:
        page.emulate_media(reduced_motion="reduce")
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        assert not found, [(each["id"], each["nodes"][0]["html"]) for each in found]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # Everybody

    def device(self, *, touch: bool) -> Page:
        size = PHONE if touch else DESKTOP
        context = self.browser.new_context(viewport=size, has_touch=touch, is_mobile=touch)
        self.contexts.append(context)
        return context.new_page()

    def points_on(self, page: Page) -> list[tuple[float, float]]:
        page.locator("#pad").scroll_into_view_if_needed()
        box = page.locator("#pad").bounding_box()
        assert box is not None
        step = (box["width"] - 60) / 24
        middle = box["y"] + box["height"] / 2
        return [(box["x"] + 30 + step * n, middle + (30 if n % 2 else -25)) for n in range(25)]


@pytest.fixture
def clinic(live_server: LiveServer, browser: Browser) -> Iterator[Signing]:
    signing = Signing(live_server, browser)
    yield signing
    for context in signing.contexts:
        context.close()


def test_a_patient_reads_understands_asks_and_signs_on_the_clinics_tablet(clinic: Signing) -> None:
    clinic.given_a_document()
    page = clinic.when_the_desk_hands_over_the_tablet()
    clinic.then_it_is_accessible(page)
    clinic.when_it_is_read_to_the_end(page)
    clinic.when_the_questions_are_answered_one_of_them_wrong(page)
    clinic.when_a_question_is_asked(page)
    clinic.when_the_form_is_filled(page)
    clinic.when_it_is_drawn_with_the_mouse(page)
    clinic.then_it_is_accessible(page)
    clinic.when_it_is_signed(page)
    clinic.then_it_is(S.SIGNED)
    assert (clinic.document.signature or {})["kind"] == "drawn"
    kinds = set(clinic.document.events.values_list("kind", flat=True))
    assert {"section-reached", "check-answered", "question-asked", "signed"} <= kinds
    assert len(reading.last_answers(clinic.document)) == len(questions_of(text_of(clinic.document)))
    clinic.then_it_is_accessible(page)
    clinic.then_the_tablet_has_forgotten_the_patient(page)


def test_a_patient_signs_with_a_finger_on_the_phone_through_a_lost_connection(
    clinic: Signing,
) -> None:
    clinic.given_a_document()
    page = clinic.when_the_link_is_opened_on_a_phone()
    clinic.then_it_is_accessible(page)
    clinic.when_the_form_is_filled(page)
    clinic.when_it_is_drawn_with_a_finger(page)
    page.context.set_offline(True)
    page.locator("#signing button[type=submit]").click()
    expect(page.locator("#offline")).to_be_visible()
    clinic.then_it_is(S.OFFERED)
    clinic.then_it_is_accessible(page)
    page.context.set_offline(False)
    page.reload()  # the tab was lost as well: everything is there again
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("[name=signer_name]")).to_have_value("Testova Fictiona")
    assert page.locator("[name=photo_record]:checked").get_attribute("value") == "no"
    clinic.when_it_is_signed(page)
    clinic.then_it_is(S.SIGNED)
    clinic.then_it_is_accessible(page)
    again = clinic.when_the_link_is_opened_on_a_phone()
    expect(again.locator("h1")).to_have_text("Already signed")
    assert clinic.document.events.filter(kind=SignatureEventKind.SIGNED).count() == 1


def test_an_interpreter_signs_after_the_patient_on_the_same_tablet(clinic: Signing) -> None:
    patient = make_patient()
    clinic.given_a_document(signers=("interpreter",), beside=make_content(patient, language="uk"))
    page = clinic.when_the_desk_hands_over_the_tablet()
    clinic.then_it_is_accessible(page)
    clinic.when_the_form_is_filled(page)
    clinic.when_it_is_drawn_with_the_mouse(page)
    page.locator("#signing button[type=submit]").click()
    expect(page.locator("h1")).to_have_text("One more signature")
    clinic.then_it_is_accessible(page)
    page.locator("[name=relation]").fill("speaks Polish")
    page.locator("[name=signer_name]").fill("Helper Fictiona")
    page.locator("[name=typed]").check()
    clinic.when_it_is_signed(page)
    document = ConsentDocument.objects.get()
    assert document.further_signatures.get().name == "Helper Fictiona"
    clinic.then_the_tablet_has_forgotten_the_patient(page)
