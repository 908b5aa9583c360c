"""A cosmetologist charts a session on a tablet; what was drawn survives a reload."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from procedures import treatment
from procedures.models import AppointmentStatus, Session
from tests.factories.consent import ensure_wording
from tests.factories.procedures import make_ready_session
from tests.factories.staff import NOW

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
TABLET = ViewportSize(width=820, height=1180)


class Room:
    """One running session, and the tablet beside the chair."""

    def __init__(self, server: LiveServer, browser: Browser) -> None:
        self.server, self.browser = server, browser

    def given_a_session_that_was_started(self) -> None:
        ensure_wording()
        ready = make_ready_session()
        self.nurse = ready.course.plan.practitioner
        self.session = treatment.start(ready, at=NOW, by=self.nurse)

    def when_the_tablet_shows_it(self) -> None:
        desk = Client()
        desk.force_login(self.nurse)
        context = self.browser.new_context(viewport=TABLET, has_touch=True)
        cookie = desk.cookies[settings.SESSION_COOKIE_NAME].value
        name, url = settings.SESSION_COOKIE_NAME, self.server.url
        context.add_cookies([{"name": name, "value": cookie, "url": url}])
        self.page: Page = context.new_page()
        address = reverse("procedures:session-detail", args=[self.session.uuid])
        self.page.goto(f"{url}{address}")
        expect(self.page.locator(".room-chart.is-live")).to_be_visible()

    def when_points_are_tapped(self, *places: tuple[float, float]) -> None:
        layer = self.page.locator(".room-chart .room-canvas svg")
        layer.scroll_into_view_if_needed()
        box = layer.bounding_box()
        assert box is not None
        for x, y in places:
            self.page.touchscreen.tap(box["x"] + box["width"] * x, box["y"] + box["height"] * y)

    def when_a_point_is_set_by_keyboard(self) -> None:
        self.page.locator(".room-chart [data-canvas]").focus()
        for key in ("ArrowUp", "ArrowUp", "Enter"):
            self.page.keyboard.press(key)

    def when_the_page_is_loaded_anew(self) -> None:
        expect(self.page.locator("[data-state]")).to_have_text("Kept.")
        self.page.evaluate("localStorage.clear()")
        self.page.reload()

    def then_so_many_points_are_drawn(self, count: int) -> None:
        drawn = self.page.locator(".room-chart .mark:not(.is-recorded):not(.is-ghost)")
        expect(drawn).to_have_count(count)

    def when_it_is_recorded_and_completed(self) -> None:
        self.page.get_by_role("button", name="Record what is drawn").click()
        expect(self.page.locator("#messages")).to_contain_text("Recorded.")
        self.page.get_by_label("Antiseptic on area and around").check()
        self.page.get_by_role("button", name="Complete the session").click()
        expect(self.page.locator("#messages")).to_contain_text("Aftercare has begun")

    def then_it_is_accessible(self) -> None:
        self.page.emulate_media(reduced_motion="reduce")
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()

    def then_the_chart_is_closed_with(self, points: int) -> None:
        session = Session.objects.get(pk=self.session.pk)
        assert session.appointment.status == AppointmentStatus.COMPLETED
        assert session.injections.get().points == points
        assert [step["id"] for step in session.steps] == ["PR-14"]


def test_a_session_is_charted_on_a_tablet(live_server: LiveServer, browser: Browser) -> None:
    room = Room(live_server, browser)
    room.given_a_session_that_was_started()
    room.when_the_tablet_shows_it()
    room.when_points_are_tapped((0.3, 0.58), (0.32, 0.6), (0.7, 0.58))
    room.when_a_point_is_set_by_keyboard()
    room.then_so_many_points_are_drawn(4)
    room.page.get_by_role("button", name="Undo").first.click()
    room.when_the_page_is_loaded_anew()
    room.then_so_many_points_are_drawn(3)
    room.then_it_is_accessible()
    room.when_it_is_recorded_and_completed()
    room.then_the_chart_is_closed_with(points=3)
    room.then_it_is_accessible()
