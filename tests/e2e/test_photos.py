"""Photos taken with a camera over the ghost of the first, compared, and drawn upon."""

import re
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from patients.models import Alignment, Markup, Photo
from tests.e2e.conftest import House
from tests.e2e.steps import PHONE, Steps
from tests.factories.patients import make_patient, make_photo

pytestmark = pytest.mark.e2e


class Studio(Steps):
    """A cosmetologist with a camera."""

    def given_a_patient_with_a_photo_of_last_month(self) -> None:
        self.given_a_clinic_with_staff_and_one_product()
        self.patient = make_patient()
        with override_settings(MEDIA_ROOT=self.house.folder / "media"):
            self.first = make_photo(self.patient, at=timezone.now() - timedelta(days=30))
        self.photos = f"{self.house.address}/patients/{self.patient.uuid}/photos/"

    def when_every_view_is_taken_with_the_camera(self) -> Page:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(f"{self.photos}add/?area=face")
        page.get_by_role("button", name="Take Front").click()
        expect(page.locator("#ghost")).to_have_attribute("src", re.compile(str(self.first.uuid)))
        page.locator("#ghost-opacity").fill("60")
        assert page.locator("#ghost").evaluate("ghost => ghost.style.opacity") == "0.6"
        expect(page.locator("#camera video")).to_have_js_property("readyState", 4)
        self.then_it_is_accessible(page)
        for title in ("Front", "Left, 45°", "Right, 45°", "Left, 90°", "Right, 90°"):
            expect(page.locator("#camera-title")).to_have_text(title)
            page.get_by_role("button", name="Take the photo").click()
        expect(page.locator("#camera")).not_to_be_visible()
        page.get_by_role("button", name="Keep the photos").click()
        expect(page.locator("#messages")).to_contain_text("5 photos kept")
        return page

    def then_the_worker_makes_the_small_copies(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        taken = Photo.objects.exclude(pk=self.first.pk)
        for _turn in range(100):
            if not taken.without_thumbnail().exists():
                break
            page.wait_for_timeout(100)
        assert taken.filter(thumbnail_at__isnull=False).count() == 5

    def when_the_two_front_photos_are_compared(self) -> Page:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(f"{self.photos}compare/")
        after = page.locator(".compare figure").nth(1).locator(".compare-window")
        self.then_it_is_accessible(page)
        page.get_by_role("button", name="Slider").click()
        page.locator("#divider").fill("25")
        expect(after).to_have_css("clip-path", "inset(0px 0px 0px 25%)")
        page.get_by_role("button", name="Overlay").click()
        expect(after).to_have_css("opacity", "0.25")
        page.locator("#zoom").fill("200")
        assert "scale(2)" in after.locator("img").evaluate("image => image.style.transform")
        page.set_viewport_size(PHONE)
        self.then_it_is_accessible(page)
        page.set_viewport_size({"width": 1280, "height": 900})
        return page

    def when_they_are_aligned_with_the_keyboard(self, page: Page) -> None:
        page.get_by_role("button", name="Align by two points").click()
        for keys in ("", "", "ArrowRight", "ArrowRight"):
            for _step in range(10 if keys else 0):
                page.keyboard.press(keys)
            page.keyboard.press("Enter")
        expect(page.locator("#messages")).to_contain_text("Aligned")
        shown = page.locator(".compare img").nth(1)
        assert "matrix(1, 0, 0, 1" in shown.evaluate("image => image.style.transform")
        points = Alignment.objects.get().points
        assert points == [[5000, 5000], [6000, 5000], [5000, 5000], [6000, 5000]]

    def when_a_stroke_and_a_point_are_drawn(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(f"{self.photos}{self.first.uuid}/mark/")
        stage = page.locator("#stage")
        box = stage.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 120, steps=5)
        page.mouse.up()
        stage.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.get_by_label("Note of mark 2").fill("a mole")
        self.then_it_is_accessible(page)
        page.get_by_role("button", name="Keep the drawing").click()
        expect(page.locator("#messages")).to_contain_text("Drawing kept")
        expect(page.locator(".marks polyline")).to_have_count(2)
        expect(page.locator("main")).to_contain_text("a mole")
        self.then_it_is_accessible(page)
        stroke, point = Markup.objects.get().marks
        assert len(stroke["places"]) > 2
        assert point["places"] == [[5000, 5100]]


def test_photos_are_taken_compared_and_drawn_upon(house: House, browser: Browser) -> None:
    studio = Studio(house, browser)
    studio.given_a_patient_with_a_photo_of_last_month()
    studio.when_every_view_is_taken_with_the_camera()
    studio.then_the_worker_makes_the_small_copies()
    page = studio.when_the_two_front_photos_are_compared()
    studio.when_they_are_aligned_with_the_keyboard(page)
    studio.when_a_stroke_and_a_point_are_drawn()
