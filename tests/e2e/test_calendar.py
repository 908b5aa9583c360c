"""The desk at the calendar: a whole course by keyboard alone, and one session dragged."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clinic.staff.models import Location, Room, User
from procedures.models import Appointment, Plan
from tests.e2e.conftest import House
from tests.e2e.steps import Steps
from tests.factories.procedures import Place, book_course, make_bookable_plan

pytestmark = pytest.mark.e2e
HALF_AN_HOUR = 48  # pixels of the sheet, two rows of a quarter


def place_of_the_clinic() -> Place:
    location = Location.objects.get(name="Testplace")
    return Place(
        location=location,
        room=Room.objects.get(location=location),
        practitioner=User.objects.get(email="cosmetologist@clinic.example"),
        desk=User.objects.get(email="reception@clinic.example"),
    )


def plan_of(place: Place, sessions: int) -> Plan:
    made = timezone.now() - timedelta(days=3)
    return make_bookable_plan(place, at=made, sessions=sessions)


def tab_to(page: Page, selector: str) -> None:
    """Only the keyboard: from field to field until the wanted one has the focus."""
    for _press in range(250):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(selector)


def starts() -> list[str]:
    zone = Location.objects.get(name="Testplace").zone
    rows = Appointment.objects.order_by("slot")
    return [f"{row.slot.lower.astimezone(zone):%j %H:%M}" for row in rows]


def test_reception_books_seven_sessions_without_a_mouse(house: House, browser: Browser) -> None:
    clinic = Steps(house, browser)
    clinic.given_a_clinic_with_staff_and_one_product()
    plan = plan_of(place_of_the_clinic(), sessions=7)
    page = clinic.at_the_desk_of("reception")
    page.goto(f"{house.address}/treatment/plans/{plan.uuid}/book/")
    tab_to(page, "[name=first]")
    tab_to(page, "main button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("main form[method=post]")).to_be_visible()
    tab_to(page, "main form[method=post] button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("All sessions are booked")
    assert len(starts()) == 7


def test_a_dragged_session_takes_the_others_along(house: House, browser: Browser) -> None:
    clinic = Steps(house, browser)
    clinic.given_a_clinic_with_staff_and_one_product()
    place = place_of_the_clinic()
    ten = timezone.now().astimezone(place.location.zone).replace(
        hour=10, minute=0, second=0, microsecond=0
    ) + timedelta(days=2)
    book_course(plan_of(place, sessions=2), place, at=timezone.now(), first=ten)
    page = clinic.at_the_desk_of("reception")
    page.goto(f"{house.address}/treatment/calendar/?on={ten:%Y-%m-%d}")
    expect(page.locator("#sheet[data-marked]")).to_be_visible()
    then_all_but_the_widget_is_accessible(page)
    drag(page, HALF_AN_HOUR)
    page.locator("#drop [name=following]").check()
    page.locator("#drop").get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("2 visits moved.")
    week = timedelta(days=7)
    assert starts() == [f"{ten:%j} 10:30", f"{ten + week:%j} 10:30"]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#messages")).to_contain_text("Nobody was told.")
    assert starts() == [f"{ten:%j} 10:00", f"{ten + week:%j} 10:00"]


def then_all_but_the_widget_is_accessible(page: Page) -> None:
    """The widget's table is for mouse and finger; the list below it says and does the same."""
    page.wait_for_load_state("networkidle")
    found = Axe().run(page, context={"exclude": [["#sheet"]]}).response["violations"]
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert not serious, [(each["id"], each["nodes"][0]["html"]) for each in serious]
    assert page.locator(".day-list a").count() > 0


def drag(page: Page, pixels: int) -> None:
    """From the middle of the sheet: near its edges it scrolls under the pointer."""
    event = page.locator("#sheet .ec-event.ec-draggable").first
    event.evaluate("event => event.scrollIntoView({block: 'center', behavior: 'instant'})")
    event.hover()  # which waits until nothing moves any more
    box = event.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + pixels / 2, steps=4)
    page.mouse.move(x, y + pixels, steps=4)
    page.mouse.up()
