"""A walk through every address: what axe finds there, and what nobody has looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, expect

from tests.clinic.demo.pages import Call, Page
from tests.e2e.steps import DESKTOP, PHONE

POSTS_ONLY = 405
# The sheet is left out: the list below it says the same to a screen reader.
# The day is looked at from its morning, so that no free hour hides half under the names.
# Nothing is fetched twice: the style sheets are read where they already are.
LOOK = """async () => {
    document.querySelectorAll(".day-wrap").forEach(day => day.scrollTo(0, 0));
    const found = await axe.run({exclude: [[".ec"]]}, {
        resultTypes: ["violations"],
        rules: {"target-size": {enabled: true}},
        preload: false,
    });
    const words = fault => `${fault.id} ${fault.nodes.map(node => node.html).join(" ")}`;
    return found.violations.map(fault => words(fault).slice(0, 300));
}"""
UNDER_WAY = "[hx-trigger=load], .htmx-request"  # a part of the page that is still on its way


class Eyes:
    """One tab of a browser, which looks at a page as at a desk and as on a phone."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")
        self.page = self.context.new_page()

    def become(self, client: Client) -> None:
        """Whoever signed in there, or opened a link, is who looks."""
        self.context.clear_cookies()
        for name, crumb in client.cookies.items():
            if crumb.value:
                self.context.add_cookies(
                    [{"name": name, "value": crumb.value, "url": self.address}]
                )

    def faults_of(self, url: str) -> list[str]:
        """What axe finds at either width, and whether a phone has to scroll sideways."""
        self.page.set_viewport_size(DESKTOP)
        self.page.goto(self.address + url)
        expect(self.page.locator(UNDER_WAY)).to_have_count(0)
        self.page.evaluate(AXE_SCRIPT)
        found = [f"{url} at a desk: {fault}" for fault in self.page.evaluate(LOOK)]
        self.page.set_viewport_size(PHONE)
        found += [f"{url} on a phone: {fault}" for fault in self.page.evaluate(LOOK)]
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        return found if wide <= PHONE["width"] else [*found, f"{url}: {wide} px wide"]


@dataclass
class Walk:
    """Where somebody went, what was wrong there, and which addresses are accounted for."""

    eyes: Eyes
    faults: list[str] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)
    no_pages: set[str] = field(default_factory=set)

    @property
    def known(self) -> set[str]:
        return self.looked | self.no_pages

    def go(self, client: Client, calls: Iterable[Call], *, states: int = 1) -> None:
        """Look at the first of these addresses that show a page, as many as asked for."""
        self.eyes.become(client)
        for call in calls:
            answer = ask(client, call.url)
            if answer.status_code == POSTS_ONLY or is_file(answer):
                self.no_pages.add(call.page.name)
                return
            if answer.status_code == 200:
                self.look(call)
                states -= 1
            if not states:
                return

    def look(self, call: Call) -> None:
        self.looked.add(call.page.name)
        self.faults += [f"{call.page.name} {fault}" for fault in self.eyes.faults_of(call.url)]

    def missed(self, pages: Iterable[Page]) -> set[str]:
        """Addresses that showed no page to anybody."""
        return {page.name for page in pages} - self.known


def ask(client: Client, url: str) -> Any:
    cache.clear()  # nobody asked too often yet
    return client.get(url)


def is_file(answer: Any) -> bool:
    """A picture, a download or an answer for a program: nothing that a browser shows as a page."""
    html = str(answer.get("Content-Type", "")).startswith("text/html")
    attached = str(answer.get("Content-Disposition", "")).startswith("attachment")
    return answer.status_code == 200 and (attached or not html)
