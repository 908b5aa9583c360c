"""What people do on the pages, told in their words. Each person has a browser of their own."""

import re
import subprocess
from datetime import date, datetime, time
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from clinic.staff.models import StaffPin, User
from clinic.staff.pins import peppered
from clinic.staff.roles import Role
from tests.e2e.conftest import House
from tests.factories.catalogue import make_lot, make_product
from tests.factories.consent import ensure_wording
from tests.factories.patients import make_picture
from tests.factories.staff import (
    PASSWORD,
    PIN,
    make_location,
    make_room,
    make_staff,
    make_working_hours,
)

PATIENT = "Testova-Browser"
MAIL = "testova@patients.example"
DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
LINK = r"http://localhost:\d+/p/\S+"
MAIL_WAIT = 90.0  # seconds: a doorbell lost, and the next round of beat


class Steps:
    """One clinic, its people, and what each of them sees."""

    def __init__(self, house: House, browser: Browser) -> None:
        self.house, self.browser = house, browser
        self.desks: dict[str, Page] = {}
        self.phone: Page | None = None
        self.chart = ""
        self.plan = ""
        self.consent = ""
        self.pdf = Path()

    # Given

    def given_a_clinic_with_staff_and_one_product(self) -> None:
        location = make_location(name="Testplace", quiet=False, time_zone=where_it_is_noon())
        make_room(location, name="Room One")
        people = {
            "reception": [Role.RECEPTION],
            "cosmetologist": [Role.COSMETOLOGIST],
            "doctor": [Role.CLINICAL_LEAD],
            "administrator": [Role.ADMINISTRATOR],
        }
        for name, roles in people.items():
            user = make_staff(*roles, email=f"{name}@clinic.example", location=location)
            if name == "cosmetologist":
                make_working_hours(user, location, starts=time(0, 0), ends=time(23, 59))
        for user in User.objects.all():
            StaffPin.objects.create(user=user, digest=digest_of(PIN), set_at=timezone.now())
        User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt"))
        make_lot(make_product(name="Fictivit Browser"), number="LOT-E2E", expires_on=far_away())
        ensure_wording()
        self.today = timezone.localdate(timezone.now(), location.zone)

    # Reception

    def when_reception_registers_the_patient(self) -> None:
        page = self.at_the_desk_of("reception")
        page.goto(f"{self.house.address}/patients/add/")
        page.get_by_label("Family name").fill(PATIENT)
        page.get_by_label("Given name").fill("Fictiona")
        page.get_by_label("Date of birth").fill("1985-02-03")
        page.get_by_label("Sex").select_option("F")
        page.locator("[name=phone]").fill("+380440000077")
        page.locator("[name=email]").fill(MAIL)
        page.locator("[name=email_allowed]").check()
        page.get_by_role("button", name="Register").click()
        expect(page.locator("h1")).to_contain_text(PATIENT)
        self.chart = page.url
        self.then_it_is_accessible(page)

    def when_reception_hands_over_the_tablet(self) -> None:
        """The desk's own browser becomes the tablet: whoever worked there is signed out of it."""
        page = self.desks.pop("reception")
        page.goto(f"{self.house.address}/consents/")
        page.get_by_role("link", name=re.compile(PATIENT)).first.click()
        self.consent = page.url
        page.get_by_role("button", name="Open on this tablet").click()
        expect(page).to_have_url(re.compile("/p/consent/"))
        page.set_viewport_size(PHONE)
        self.phone = page

    def when_reception_books_the_course(self) -> None:
        page = self.at_the_desk_of("reception")
        page.goto(self.chart)
        page.get_by_role("link", name="Book a visit").first.click()
        page.get_by_role("link", name=re.compile("Book all")).click()
        page.get_by_label("First session from").fill(self.today.isoformat())
        page.get_by_label("Hour").first.fill("10:00")
        choose(page, "[name=room]", "Room One")
        page.get_by_role("button", name="Propose dates").click()
        page.get_by_role("button", name="Book all").click()
        expect(page.locator("#messages")).to_contain_text("All sessions are booked")

    def when_the_patient_arrives(self) -> None:
        page = self.at_the_desk_of("reception")
        page.goto(f"{self.house.address}/treatment/calendar/")
        page.locator("#sheet .ec-event", has_text=PATIENT).click()
        page.get_by_role("button", name="Check in").click()
        expect(page.locator("#messages")).to_contain_text("Checked in")

    # Cosmetologist and doctor

    def when_the_cosmetologist_takes_the_history(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        for _kind in ("conditions", "allergies", "medicines"):
            page.goto(self.chart_panel("history"))
            page.get_by_role("button", name="Asked: none known").first.click()
            page.wait_for_load_state("networkidle")
        page.goto(self.chart_page("intake"))
        self.answer_no_to_everything(page)
        page.get_by_role("button", name="Complete").click()
        expect(page.locator("#messages")).to_contain_text(re.compile("uestionnaire"))

    def when_the_cosmetologist_plans_a_treatment(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(self.chart)
        page.get_by_role("link", name="Plan a treatment").first.click()
        page.locator("[name=indication]").select_option("ID-COMPLEXION")
        page.get_by_role("button", name="Fill in the usual course").click()
        page.locator("[name=area]").select_option("face")
        page.locator("[name=technique]").select_option("TE-NAPPAGE")
        choose(page, "[name=lines-0-product]", "Fictivit Browser")
        page.locator("[name=lines-0-volume_ml]").fill("2")
        page.locator("[name=goal]").fill("brighter skin")
        choose(page, "[name=practitioner]", full_name("cosmetologist"))
        choose(page, "[name=location]", "Testplace")
        page.get_by_role("button", name="Save the plan").click()
        expect(page).to_have_url(re.compile("/treatment/plans/"))
        self.plan = page.url.split("#")[0]
        self.then_it_is_accessible(page)

    def when_the_cosmetologist_takes_the_photos(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(self.chart_page("photos/add") + "?area=face")
        for number, view in enumerate(["front", "left-45", "right-45", "left-90", "right-90"]):
            picture = make_picture(colour=(200 - number, 170, 150))
            file = {"name": f"{view}.jpg", "mimeType": "image/jpeg", "buffer": picture}
            page.locator(f"input[type=file][name='{view}']").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="Keep the photos").click()
        expect(page.locator("#messages")).to_contain_text(re.compile("hoto"))

    def when_the_doctor_signs_off_the_plan(self) -> None:
        page = self.at_the_desk_of("doctor")
        page.goto(f"{self.plan}sign-off/")
        page.locator("[name=examination]").fill("Healthy skin, nothing against it.")
        page.locator("main form button[type=submit].btn-primary").click()
        expect(page).to_have_url(re.compile("/treatment/plans/[0-9a-f-]+/(#.*)?$"))

    def when_the_cosmetologist_offers_the_consent(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(self.plan)
        page.get_by_role("button", name="English").click()
        expect(page).to_have_url(re.compile("/consents/"))

    def when_the_cosmetologist_countersigns(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(self.consent)
        page.get_by_role("link", name="Countersign").click()
        self.prove_who_it_is(page)
        page.get_by_role("button", name="Countersign and seal").click()

    def then_the_consent_is_sealed_by_the_worker(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        expect(page.locator("#standing header")).to_contain_text("Sealed", timeout=60_000)
        self.then_it_is_accessible(page)

    def when_the_cosmetologist_asks_again_and_screens(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(self.chart_page("intake/again"))
        self.answer_no_to_everything(page)
        page.get_by_role("button", name="Complete").click()
        page.wait_for_load_state("networkidle")
        page.goto(self.plan)
        page.get_by_role("button", name=re.compile("Screen")).first.click()
        page.wait_for_load_state("networkidle")

    def when_the_cosmetologist_treats(self) -> None:
        page = self.at_the_desk_of("cosmetologist")
        page.goto(f"{self.house.address}/treatment/calendar/")
        page.locator("#sheet .ec-event", has_text=PATIENT).click()
        page.get_by_role("link", name="Treatment room").click()
        page.get_by_role("button", name="Start the session").click()
        expect(page.locator("main")).to_contain_text("no lot laid out")
        choose(page, "form[action$='/prepare/'] [name=lot]", "LOT-E2E")
        page.get_by_role("button", name="Lay out").click()
        page.get_by_role("button", name="Start the session").click()
        expect(page.locator("#messages")).to_contain_text("Session started")
        page.get_by_text("Record without the drawing").click()
        choose(page, "form[action$='/inject/'] [name=lot]", "LOT-E2E")
        page.locator("[name=zone]").fill("cheeks")
        page.locator("[name=volume_ml]").fill("1.5")
        page.get_by_role("button", name="Record", exact=True).click()
        page.locator("[name=note]").fill("well tolerated")
        page.get_by_role("button", name="Complete the session").click()
        expect(page.locator("#messages")).to_contain_text("Aftercare has begun")
        self.then_it_is_accessible(page)

    # Patient

    def when_the_patient_reads_and_signs(self) -> None:
        page = self.phone
        assert page is not None
        expect(page.locator(".p-document")).to_contain_text("Fictivit Browser")
        self.then_it_is_accessible(page)
        for choice in page.locator("#signing input[type=radio][value=yes]").all():
            choice.check()
        page.locator("[name=signer_name]").fill(f"Fictiona {PATIENT}")
        self.draw_a_signature(page)
        page.locator("#signing button[type=submit]").click()
        expect(page.locator("#signing")).to_have_count(0)
        expect(page.locator("h1")).to_be_visible()

    def draw_a_signature(self, page: Page) -> None:
        pad = page.locator("#pad")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 30, box["y"] + 60)
        page.mouse.down()
        for n in range(1, 26):
            page.mouse.move(box["x"] + 30 + 9 * n, box["y"] + 60 + (28 if n % 2 else -22))
        page.mouse.up()

    def then_the_patient_finds_the_aftercare_in_the_mail(self) -> None:
        """The links in the mails open, without any account, until one opens the aftercare."""
        page = self.browser.new_context(viewport=PHONE).new_page()
        tried: set[str] = set()
        deadline = monotonic() + MAIL_WAIT
        while "/p/aftercare/" not in urlsplit(page.url).path:
            assert monotonic() < deadline, self.bodies_of_mails()
            for link in set(re.findall(LINK, "\n".join(self.bodies_of_mails()))) - tried:
                tried.add(link)
                page.goto(link)
                if "/p/aftercare/" in urlsplit(page.url).path:
                    break
            page.wait_for_timeout(300)
        expect(page.locator("main")).not_to_contain_text("sauna", ignore_case=True)
        self.say_the_birth_date(page)
        expect(page.locator("main")).to_contain_text("sauna", ignore_case=True)
        self.then_it_is_accessible(page)
        self.phone = page

    def then_the_mails_speak_of_no_treatment(self) -> None:
        text = "\n".join(self.bodies_of_mails()).lower()
        for word in ("fictivit", "complexion", "needle", "injection", "mesotherapy"):
            assert word not in text

    def bodies_of_mails(self) -> list[str]:
        letters = [each for each in self.house.mailbox.letters if MAIL in str(each["To"])]
        bodies = [letter.get_body(("plain",)) for letter in letters]
        return [str(body.get_content()) for body in bodies if body is not None]

    def say_the_birth_date(self, page: Page, born: str = "03.02.1985") -> None:
        """As every patient of these tests was born, unless told otherwise."""
        page.locator("[name=birth_date]").fill(born)
        page.locator("main button[type=submit]").click()
        expect(page.locator("[name=birth_date]")).to_have_count(0)

    def when_the_patient_says_it_gets_worse(self) -> None:
        page = self.phone
        assert page is not None
        page.locator("#check-in input[name=feeling][value=worse]").check()
        page.locator("#check-in button[type=submit]").click()
        page.wait_for_load_state("networkidle")

    def then_the_clinic_has_a_task_about_it(self) -> None:
        page = self.at_the_desk_of("reception")
        page.goto(f"{self.house.address}/tasks/")
        expect(page.locator("main")).to_contain_text("warning sign")
        self.then_it_is_accessible(page)

    # Administrator

    def when_the_administrator_downloads_the_consent(self) -> None:
        page = self.at_the_desk_of("administrator")
        page.goto(f"{self.house.address}/consents/")
        page.get_by_role("link", name=re.compile(PATIENT)).first.click()
        with page.expect_download() as waiting:
            page.get_by_role("link", name=re.compile("PDF")).first.click()
        self.pdf = self.house.folder / "downloaded.pdf"
        waiting.value.save_as(self.pdf)

    def then_pdfsig_calls_it_valid_and_whole(self) -> None:
        said = subprocess.run(
            ["pdfsig", str(self.pdf)], capture_output=True, text=True, check=False
        )
        assert "Signature is Valid" in said.stdout, said.stdout
        assert "Total document signed" in said.stdout, said.stdout

    def then_the_audit_chain_holds(self) -> None:
        page = self.at_the_desk_of("administrator")
        page.goto(f"{self.house.address}/clinic/audit/")
        expect(page.locator("main")).to_contain_text("consent.sealed")

    # Everybody

    def at_the_desk_of(self, name: str) -> Page:
        """The page of somebody who has signed in through the sign-in page."""
        if name not in self.desks:
            context: BrowserContext = self.browser.new_context(
                viewport=DESKTOP, accept_downloads=True
            )
            page = context.new_page()
            page.goto(f"{self.house.address}/account/login/")
            page.locator("[name=login]").fill(f"{name}@clinic.example")
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("main form button[type=submit].btn-primary").click()
            expect(page.locator("h1")).to_have_text("Today")
            self.desks[name] = page
        return self.desks[name]

    def prove_who_it_is(self, page: Page) -> None:
        """The password once more, where the page asks for it."""
        if page.locator("main input[type=password]").count():
            page.locator("main input[type=password]").fill(PASSWORD)
            page.locator("main form button[type=submit].btn-primary").click()

    def answer_no_to_everything(self, page: Page) -> None:
        """What the patient is asked; what the staff answers beside, the plan asks again."""
        for choice in page.locator(".intake-group:not(.intake-staff) input[value=no]").all():
            if choice.locator("xpath=ancestor::fieldset[1]").is_visible():
                choice.check(force=True)

    def chart_page(self, part: str) -> str:
        patient = self.chart.rstrip("/").rsplit("/", 1)[-1]
        return f"{self.house.address}/patients/{patient}/{part}/"

    def chart_panel(self, part: str) -> str:
        return self.chart_page(part)

    def then_it_is_accessible(self, page: Page) -> None:
        page.emulate_media(reduced_motion="reduce")  # colours half way between two are nobody's
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        serious = [each for each in found if each["impact"] in {"serious", "critical"}]
        assert not serious, [(each["id"], each["nodes"][0]["html"]) for each in serious]


def digest_of(pin: str) -> str:
    """As the running house hashes it; the tests themselves hash faster."""
    return PBKDF2PasswordHasher().encode(peppered(pin), "salt")


def choose(page: Page, field: str, words: str) -> None:
    """The option that contains these words."""
    chosen = page.locator(f"{field} option", has_text=words).first.get_attribute("value")
    page.locator(field).first.select_option(value=chosen)


def full_name(name: str) -> str:
    return str(User.objects.get(email=f"{name}@clinic.example").full_name)


def where_it_is_noon() -> str:
    """A zone in which a session booked for today still fits into today, whenever this runs."""
    west = timezone.now().hour - 12
    return f"Etc/GMT{west:+d}"  # the names of these zones count hours to the west


def far_away() -> date:
    return datetime.now(tz=timezone.get_current_timezone()).date().replace(year=2099)
