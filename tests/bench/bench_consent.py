"""What a sealed consent costs: our whole service against bare WeasyPrint and a warm Chromium."""

import gc
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import sync_playwright
from pytest_django import DjangoDbBlocker

from consent import evidence, inspection, pades, rendering, sealing
from consent.models import ConsentDocument
from consent.text import text_of
from tests.bench import presses
from tests.factories.consent import make_countersigned, make_drug
from tests.factories.staff import NOW

ROUNDS, WARM = 20, 3
FEW, MANY = 30, 300
AT_ONCE = 20
NUMBERS = count(1)


@pytest.fixture
def paper(db: None) -> Callable[[], ConsentDocument]:
    """A countersigned consent to six products, with ink and a QR code on each page."""

    def make() -> ConsentDocument:
        drugs = tuple(make_drug(n, name=f"Hyalofict {n}") for n in range(1, 7))
        return make_countersigned(drugs=drugs, goal=f"Goal {next(NUMBERS)}")

    return make


def spent(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of this process's processor time."""
    clock, cpu = time.perf_counter(), time.process_time()
    act()
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - cpu)


def test_the_service_costs_little_more_than_the_printing(
    paper: Callable[[], ConsentDocument], figures: dict[str, Any]
) -> None:
    documents = [paper() for _ in range(ROUNDS + WARM)]
    first = documents[0]
    html = rendering.page(first, text_of(first), evidence.before_seal(first))
    plain = rendering.print_pdf(html, [])
    times: dict[str, list[tuple[float, float]]] = {}
    with ThreadPoolExecutor(max_workers=1) as apart:  # its event loop must not be in our thread
        browser = Browser()
        apart.submit(browser.open).result()
        for document in documents:
            acts: dict[str, Callable[[], object]] = {
                "service": partial(sealing.seal, document, at=NOW),
                "bare": partial(rendering.print_pdf, html, []),
                "seal": partial(pades.certify, plain, at=NOW),
                "chromium": lambda: apart.submit(browser.printed, html).result(),
            }
            for name, act in acts.items():
                times.setdefault(name, []).append(spent(act))
        apart.submit(browser.close).result()
    wall, cpu = (
        {name: statistics.median(t[which] for t in rows[WARM:]) for name, rows in times.items()}
        for which in (0, 1)
    )
    figures["pages"] = inspection.page_count(plain)
    figures["service_ms"] = round(wall["service"], 1)
    figures["service_cpu_ms"] = round(cpu["service"], 1)
    figures["sealed_ratio_to_bare_weasyprint"] = round(cpu["service"] / cpu["bare"], 2)
    figures["chromium_ms"] = round(wall["chromium"], 1)
    figures["ratio_to_warm_chromium"] = round(wall["service"] / wall["chromium"], 2)
    figures["seal_share"] = round(cpu["seal"] / cpu["bare"], 3)
    figures["docs_per_min_per_core"] = round(60_000 / cpu["service"])


class Browser:
    """A warm Chromium."""

    def open(self) -> None:
        self.driver = sync_playwright().start()
        self.chromium = self.driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        self.page = self.chromium.new_page()

    def printed(self, html: str) -> bytes:
        css = (rendering.FOLDER / "consent.css").read_text()
        self.page.set_content(html.replace("</head>", f"<style>{css}</style></head>"))
        return self.page.pdf(prefer_css_page_size=True, tagged=True)

    def close(self) -> None:
        self.chromium.close()
        self.driver.stop()


def test_a_worker_does_not_grow(
    paper: Callable[[], ConsentDocument], figures: dict[str, Any]
) -> None:
    document = paper()
    html = rendering.page(document, text_of(document), evidence.before_seal(document))
    used = {}
    for number in range(1, MANY + 1):
        pades.certify(rendering.print_pdf(html, []), at=NOW)
        if number in (FEW, MANY):
            gc.collect()
            used[number] = resident_mb()
    figures["growth_mb"] = round(used[MANY] - used[FEW], 1)


def resident_mb() -> float:
    with open("/proc/self/statm") as file:  # noqa: PTH123  no file of anybody
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_two_processes_do_nearly_twice_as_much(
    paper: Callable[[], ConsentDocument], figures: dict[str, Any]
) -> None:
    document = paper()
    html = rendering.page(document, text_of(document), evidence.before_seal(document))
    one, two = (together(html, workers) for workers in (1, 2))
    figures["two_processes_to_one"] = round(two / one, 2)


def together(html: str, workers: int) -> float:
    """Documents a second."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=presses.ready) as pool:
        pool.map(presses.printed, [html] * workers * WARM, chunksize=1)
        begun = time.perf_counter()
        pool.map(presses.printed, [html] * ROUNDS, chunksize=1)
        return ROUNDS / (time.perf_counter() - begun)


@pytest.fixture
def countersigned(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, transactional_db: None
) -> list[int]:
    drugs = tuple(make_drug(n, name=f"Hyalofict {n}") for n in range(1, 7))
    return [make_countersigned(drugs=drugs, goal=f"G{n}").pk for n in range(AT_ONCE)]


def test_twenty_who_sign_at_once_soon_hold_their_paper(
    countersigned: list[int], figures: dict[str, Any]
) -> None:
    """Twenty countersignatures in one moment, two workers: when is each file there?"""
    name = str(connections["default"].settings_dict["NAME"])
    context = multiprocessing.get_context("spawn")
    with context.Pool(2, initializer=presses.ready, initargs=(name,)) as pool:
        warm = pool.map(presses.printed, ["<html lang=en><title>t</title>"] * 2, chunksize=1)
        begun = time.time()
        ended = pool.map(presses.sealed, [(pk, NOW) for pk in countersigned], chunksize=1)
    waits = sorted(end - begun for end in ended)
    figures["sealed_p95_s"] = round(statistics.quantiles(waits, n=20)[-1], 2)
    assert len(warm) == 2
    assert ConsentDocument.objects.filter(state="sealed").count() == AT_ONCE
