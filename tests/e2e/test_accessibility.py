"""Every address of the clinic, empty and full, at a desk and on a phone: axe finds nothing."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from aftercare.models import AftercarePlan
from clinic.demo import cast, seeding
from clinic.demo.cast import Character
from clinic.messaging import links, stopping
from clinic.messaging.access import FIRST_PAGE
from clinic.messaging.models import PatientLink, Purpose
from clinic.staff.models import User
from clinic.staff.roles import Permission, Role
from consent import rendering
from consent.models import ConsentDocument
from patients.intake import subject_of
from patients.models import Intake, Moment, Patient
from procedures.models import Appointment, WaitlistOffer
from tests.clinic.demo import furniture
from tests.clinic.demo.conftest import short_paper
from tests.clinic.demo.furniture import colleague
from tests.clinic.demo.pages import TOKENS, Call, Page, calls, pages
from tests.e2e.walk import Eyes, Walk, ask
from tests.factories.patients import make_handed_in, make_patient
from tests.factories.staff import PASSWORD, make_location, make_pin, make_staff

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NO_PAGES = {  # answers of which a browser shows none as a page
    "patients:patient-search": "a list that drops down under the search box",
    "health:readyz": "an answer for machines, which is no page",
    "procedures:walk-in": "leads to the page that books, with the next free time filled in",
    "portable:consent-fetch": "a ZIP, which its own tests read",
    "aftercare:check-in-photo": "a picture, which few answers have",
    "aftercare:check-in-detail": "leads to its place on the page of the aftercare",
    "aftercare:question-detail": "leads to its place on the page of the aftercare",
    "aftercare:reaction-detail": "leads to its place on the page of the aftercare",
    "aftercare:patient-ask": "leads back to the page on which it was pressed",
    "aftercare:patient-call": "leads back to the page on which it was pressed",
    "aftercare:patient-check-in": "leads back to the page on which it was pressed",
    "aftercare:patient-visits-enter": "leads back to the page on which it was pressed",
    "consent:patient-ask": "leads back to the page on which it was pressed",
    "consent:patient-further": "leads back to the page on which it was pressed",
    "account_set_password": "leads to the page that changes it: everybody has one",
    "account_confirm_login_code": "codes by mail are switched off",
    "mfa_login_webauthn": "what the sign-in page asks for by itself",
    "mfa_edit_webauthn": "belongs to a key that no test has",
    "mfa_remove_webauthn": "belongs to a key that no test has",
    "mfa_reauthenticate_webauthn": "asks a key that no test has; it looks like mfa_reauthenticate",
    "set_language": "a switch, which leads back",
}
EVERYTHING = [page for page in pages() if page.name not in NO_PAGES]
STAFF = [page for page in EVERYTHING if isinstance(page.permission, Permission)]
SIGN_IN = [page for page in EVERYTHING if page.theirs]
OF_PATIENTS = [page for page in EVERYTHING if isinstance(page.permission, Purpose)]
JOURNEYS = {"registered", "unfinished", "consultation", "offered", "signed", "withdrawn", "revised"}
TABLET, REVIEW = "staff:tablet", "patients:intake-review"
FIRST_PAGES = {
    "patients:patient-intake",
    "consent:patient-consent",
    "aftercare:patient-aftercare",
    "procedures:patient-visits",
    "procedures:patient-offer",
}
FEELING, STATUS = "worse", "arrived"  # of whoever was treated, and of whoever comes today


@pytest.fixture
def walk(live_server: LiveServer, browser: Browser, tmp_path: Path) -> Iterator[Walk]:
    with override_settings(MEDIA_ROOT=tmp_path / "media", SEAL_FILE=tmp_path / "seal" / "seal.p12"):
        yield Walk(Eyes(browser, live_server.url))


@pytest.fixture
def full(walk: Walk, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Some patients of the demonstration, one of each kind."""
    chosen = [who for who in cast.characters() if is_chosen(who)]
    monkeypatch.setattr(cast, "characters", lambda: chosen)
    monkeypatch.setattr(rendering, "page", short_paper(rendering.page, whole=0))
    with override_settings(REDIS_URL=redis_url):
        assert seeding.seed(timezone.now(), say=print)
        make_handed_in(make_patient(at=timezone.now()), at=timezone.now())
        furniture.furnish(at=timezone.now())
    return walk


def is_chosen(who: Character) -> bool:
    return who.journey in JOURNEYS or who.feeling == FEELING or who.status == STATUS


@pytest.mark.parametrize("half", [0, 1])
def test_every_page_of_a_full_clinic_is_for_everybody(full: Walk, half: int) -> None:
    lead = colleague(Role.CLINICAL_LEAD)
    client, pages_of_half = signed_in(all_roles(lead)), STAFF[half::2]
    for page in pages_of_half:
        full.go(client, reviews(page) if page.name == REVIEW else calls(page, most=6))
    tablet = [Call(page, {}) for page in pages_of_half if page.name == TABLET]
    full.go(handed_over(lead), tablet)
    assert full.faults == []
    assert full.missed(pages_of_half) == set()


def reviews(page: Page) -> Iterator[Call]:
    """What a patient has handed in, and nobody has accepted yet."""
    for filled in Intake.objects.filter(handed_in_at__isnull=False, completed_at=None):
        yield Call(page, {"patient": filled.patient.uuid, "intake": filled.uuid})


def test_every_page_of_patients_is_for_everybody(full: Walk) -> None:
    for link in links_of_patients():
        phone = opened(full, link)
        for page in OF_PATIENTS:
            if page.permission == link.purpose and page.name not in BY_KEY:
                follow(full, phone, page, link.recipient.patient)
    for page in OF_PATIENTS:
        if page.name in BY_KEY:
            full.look(Call(page, {"token": BY_KEY[page.name]()}))
    assert full.faults == []
    assert full.missed(OF_PATIENTS) == set()


def opened(full: Walk, link: PatientLink) -> Client:
    """A phone with this link; where it is asked for the date of birth, that is looked at too."""
    phone, first = Client(), FIRST_PAGE[Purpose(link.purpose)]
    ask(phone, f"/p/{links.token(link)}/")
    if b'name="birth_date"' in ask(phone, first).content:
        if not full.looked:  # the same page for every link
            full.eyes.become(phone)
            full.faults += full.eyes.faults_of(first)
        born = link.recipient.patient.birth_date
        phone.post(first, {"birth_date": f"{born:%d.%m.%Y}"})
    return phone


def follow(full: Walk, phone: Client, page: Page, patient: Patient) -> None:
    """The first page with every state of what the link is about, the others once."""
    if page.name not in full.known or page.name in FIRST_PAGES:
        full.go(phone, own_calls(page, patient))


def own_calls(page: Page, patient: Patient) -> Iterator[Call]:
    """The page, about a coming visit of this patient where it is about a visit."""
    if page.parameters != ("visit",):
        yield from calls(page, most=1)
        return
    for visit in patient.appointments.filter(slot__startswith__gt=timezone.now()).order_by("slot"):
        yield Call(page, {"visit": visit.uuid})


def key_of_a_mail() -> str:
    recipient = Patient.objects.order_by("pk")[0].recipient
    return urlsplit(stopping.url(recipient)).path.split("/")[-2]


BY_KEY: dict[str, Callable[[], str]] = {
    "messaging:mail-stop": key_of_a_mail,
    "messaging:link-open": lambda: TOKENS["messaging:link-open"],
}


def links_of_patients() -> Iterator[PatientLink]:
    """As patients find them in their mails, whatever became of the matter meanwhile."""
    waiting = Intake.objects.filter(handed_in_at__isnull=False, completed_at=None)
    for asked in (
        Patient.objects.filter(intakes=None),
        Patient.objects.filter(intakes__in=waiting),
    ):
        patient = asked.order_by("pk")[0]
        yield link_of(patient, Purpose.INTAKE, subject_of(patient, Moment.INTAKE))
    coming = Appointment.objects.filter(status="booked", slot__startswith__gt=timezone.now())
    patient = coming.order_by("pk")[0].patient
    yield link_of(patient, Purpose.VISITS, f"visits:{patient.uuid}")
    offer = WaitlistOffer.objects.select_related("entry__patient").get()
    yield link_of(offer.entry.patient, Purpose.OFFER, f"offer:{offer.uuid}")
    for document in ConsentDocument.objects.select_related("patient").order_by("pk"):
        yield link_of(document.patient, Purpose.CONSENT, document.cause)
    for plan in AftercarePlan.objects.select_related("session", "patient").order_by("pk"):
        yield link_of(plan.patient, Purpose.AFTERCARE, f"session:{plan.session.uuid}")


def link_of(patient: Patient, purpose: Purpose, subject: str) -> PatientLink:
    now = timezone.now()
    until = now + timedelta(days=1)
    return links.make(patient.recipient, purpose, subject, expires_at=until, at=now)


def test_every_page_of_the_sign_in_is_for_everybody(walk: Walk) -> None:
    user = make_staff(Role.ADMINISTRATOR, location=make_location())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    for client in rounds_of(user):
        for page in SIGN_IN:
            if page.name not in walk.known:
                walk.go(client, calls(page, most=1))
    assert walk.faults == []
    assert walk.missed(SIGN_IN) == set()


def rounds_of(user: User) -> Iterator[Client]:
    """Nobody; somebody; the same with a second factor; and on the way in, before that is shown."""

    yield Client()
    client = signed_in(user)
    yield client
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    yield client
    yield signed_in(user)


def test_every_page_of_an_empty_clinic_is_for_everybody(walk: Walk) -> None:
    """One login and nothing else; then one patient about whom nothing is known yet."""
    client = signed_in(make_staff(*Role, location=make_location()))
    plain = [page for page in STAFF if not page.parameters and page.name != TABLET]
    for page in plain:
        walk.go(client, calls(page, most=1))
    assert walk.missed(plain) == set()
    make_patient(at=timezone.now())
    about = [page for page in STAFF if page.parameters == ("patient",)]
    for page in about:
        walk.go(client, calls(page, most=1))
    assert walk.faults == []
    assert walk.missed(about) == set()


def handed_over(user: User) -> Client:
    """A tablet with a consent on it: whoever takes it back says a PIN."""
    desk, offered = signed_in(make_pin(user)), ConsentDocument.objects.filter(state="offered")
    desk.post(reverse("consent:document-tablet", args=[offered.order_by("pk")[0].uuid]))
    return desk


def all_roles(user: User) -> User:
    """Whoever may do everything sees every button."""
    User.objects.filter(pk=user.pk).update(roles=[role.value for role in Role])
    return user


def signed_in(user: User) -> Client:
    """Through the sign-in page, so that the pages which want the password again open."""
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client
