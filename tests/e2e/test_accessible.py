"""The main pages of every role, at a desk and on a phone: for everybody, and never sideways."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from aftercare.models import AftercarePlan
from clinic.demo import cast, seeding
from clinic.messaging import links
from clinic.messaging.models import PatientLink, Purpose
from clinic.record.models import Task
from clinic.staff.models import Location, User
from consent.models import ConsentDocument, ConsentState
from patients.models import Patient
from procedures.models import Appointment, AppointmentStatus, Product, Session
from tests.e2e.conftest import House
from tests.e2e.steps import DESKTOP, PHONE, Steps
from tests.factories.staff import PASSWORD

pytestmark = pytest.mark.e2e
CAST = ("arrived", "booked", "worse", "offered")  # one of each is enough to fill the pages
SERIOUS = {"serious", "critical"}


@pytest.fixture
def clinic(house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """A few patients of the demonstration, in the files of the running house."""
    kinds = {who.feeling or who.status: who for who in cast.characters() if who.journey == "today"}
    kinds |= {who.feeling: who for who in cast.characters() if who.feeling}
    kinds |= {who.journey: who for who in cast.characters() if who.journey == "offered"}
    monkeypatch.setattr(cast, "characters", lambda: [kinds[kind] for kind in CAST])
    with override_settings(**files_of(house)):
        assert seeding.seed(timezone.now(), say=print)
        User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt"))
        yield Steps(house, browser)


def files_of(house: House) -> dict[str, Path]:
    """Where the running house keeps what the tests put there."""
    return {
        "MEDIA_ROOT": house.folder / "media",
        "SEAL_FILE": house.folder / "seal" / "seal.p12",
    }


def test_the_main_pages_of_every_role_are_for_everybody(clinic: Steps) -> None:
    faults: list[str] = []
    for name, addresses in by_role().items():
        page = clinic.at_the_desk_of(name)
        for address in addresses:
            page.goto(clinic.house.address + address)
            faults += faults_of(page, name)
    for link in of_patients():
        page = clinic.browser.new_context(viewport=PHONE).new_page()
        page.goto(f"{clinic.house.address}/p/{links.token(link)}/")
        faults += faults_of(page, "patient")
        born = Patient.objects.get(recipient=link.recipient).birth_date
        clinic.say_the_birth_date(page, f"{born:%d.%m.%Y}")
        faults += faults_of(page, "patient")
    assert faults == []


def by_role() -> dict[str, list[str]]:
    """Where each of them spends the day."""
    visit = Appointment.objects.get(status=AppointmentStatus.ARRIVED)
    patient, plan = visit.patient, visit.patient.plans.get()
    session = Session.objects.get(appointment=visit)
    consent = ConsentDocument.objects.get(state=ConsentState.OFFERED)
    home, chart = reverse("board:home"), reverse("chart:patient-chart", args=[patient.uuid])
    day, seen = reverse("procedures:calendar"), AftercarePlan.objects.get()
    return {
        "reception": [
            home,
            day,
            chart,
            reverse("patients:patient-list"),
            reverse("patients:patient-add"),
            reverse("procedures:appointment-detail", args=[visit.uuid]),
            reverse("procedures:patient-book", args=[patient.uuid]),
            reverse("consent:document-list"),
            reverse("consent:document-detail", args=[consent.uuid]),
            reverse("inbox:task-list"),
            reverse("messaging:message-list"),
        ],
        "cosmetologist": [
            chart,
            reverse("patients:history-add", args=[patient.uuid]),
            reverse("patients:intake-again", args=[patient.uuid]),
            reverse("patients:photo-add", args=[patient.uuid]),
            reverse("procedures:plan-add", args=[patient.uuid]),
            reverse("procedures:plan-detail", args=[plan.uuid]),
            reverse("procedures:session-detail", args=[session.uuid]),
            reverse("aftercare:plan-detail", args=[seen.uuid]),
        ],
        "lead": [
            home,
            reverse("procedures:plan-sign-off", args=[plan.uuid]),
            reverse("procedures:setting-list"),
            reverse("procedures:product-list"),
            reverse("procedures:product-edit", args=[Product.objects.all()[0].uuid]),
            reverse("inbox:task-detail", args=[Task.objects.filter(role="clinical-lead")[0].uuid]),
        ],
        "admin": [
            home,
            reverse("staff:user-list"),
            reverse("staff:user-invite"),
            reverse("staff:location-edit", args=[Location.objects.all()[0].uuid]),
            reverse("consent:document-export"),
        ],
        "auditor": [home, reverse("staff:audit-list")],
    }


def of_patients() -> list[PatientLink]:
    """Links as patients find them in their mail."""
    offered = ConsentDocument.objects.get(state=ConsentState.OFFERED)
    treated = AftercarePlan.objects.select_related("session").get()
    return [
        link_of(offered.patient, Purpose.CONSENT, f"consent:{offered.uuid}"),
        link_of(treated.patient, Purpose.AFTERCARE, f"session:{treated.session.uuid}"),
    ]


def link_of(patient: Patient, purpose: Purpose, subject: str) -> PatientLink:
    now = timezone.now()
    until = now + timedelta(days=1)
    return links.make(patient.recipient, purpose, subject, expires_at=until, at=now)


def faults_of(page: Page, who: str) -> list[str]:
    """What axe finds at either width, and whether a phone has to scroll sideways.

    The sheet is left out: the list below it says the same to a screen reader.
    """
    found = []
    if page.locator("[hx-trigger*=load]").count():
        page.wait_for_load_state("networkidle")
    page.emulate_media(reduced_motion="reduce")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        where = f"{who} {page.title()} {size['width']}"
        for fault in Axe().run(page, context={"exclude": [[".ec"]]}).response["violations"]:
            if fault["impact"] in SERIOUS:
                found.append(f"{where}: {fault['id']} {fault['nodes'][0]['html'][:120]}")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > PHONE["width"]:
        found.append(f"{where}: {wide} px wide")
    return found
