"""The look keeps its promises: landmarks, one heading, words beside colours, nothing inline."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.messages import ERROR, SUCCESS, WARNING
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.forms import CharField, Form
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from aftercare.models import Triage
from clinic.messaging.models import MessageState
from clinic.staff import context
from clinic.staff.models import Location, User
from clinic.staff.roles import GRANTS, Permission, Role
from clinic.staff.templatetags import look
from consent.models import ConsentState
from procedures.domain.outcomes import Decision, Outcome
from procedures.models import AppointmentStatus, TestResult
from tests.factories.staff import make_staff

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [
    path
    for path in TEMPLATES
    if '{% extends "base.html" %}' in path.read_text() and "allauth" not in path.parts
]
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
DRAWN = {line for line in (ROOT / "static" / "icons.txt").read_text().splitlines() if line}
CSS = ROOT / "static" / "css"


class Contact(Form):
    phone = CharField(label="Phone")


def short(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


def a_user(*roles: Role) -> User:
    return User(email="front@demo.example", full_name="Vira Front Demo", roles=list(roles))


def a_request(user: User | None = None) -> HttpRequest:
    request = RequestFactory().get("/patients/", {"q": "<b>"})
    if user:
        request.user = user
    return request


def a_page(user: User | None) -> str:
    return render_to_string("base.html", {}, a_request(user))


def source_of(template: Path) -> str:
    """Without comments, which no browser sees."""
    text = re.sub(r"{% comment.*?endcomment %}", "", template.read_text(), flags=re.S)
    return re.sub(r"{#.*?#}", "", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=short)
def test_nothing_is_styled_or_scripted_inline(template: Path) -> None:
    text = source_of(template)
    scripts = re.findall(r"<script\b[^>]*>", text)
    assert [tag for tag in scripts if "src=" not in tag and "application/json" not in tag] == []
    assert re.findall(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=|javascript:|\bhx-on", text) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=short)
def test_every_icon_named_is_drawn(template: Path) -> None:
    text = source_of(template)
    named = re.findall(r'{% icon "([^"]+)"|\bicon="([^"]+)"', text)
    assert {name for pair in named for name in pair if name} <= DRAWN


def test_every_icon_named_in_code_is_drawn() -> None:
    apps = ["clinic", "patients", "consent", "procedures", "aftercare"]
    modules = [module for app in apps for module in (ROOT / app).rglob("*.py")]
    named = {
        n for m in modules for n in re.findall(r'\bicon(?:: str)? ?= ?"([^"]+)"', m.read_text())
    }
    assert len(named) > len(context.ENTRIES)
    assert named <= DRAWN


def test_every_icon_of_a_state_or_of_the_navigation_is_drawn() -> None:
    states = {name for _tone, name in [*look.STATES.values(), look.UNKNOWN]}
    assert states | {entry.icon for entry in context.ENTRIES} <= DRAWN


@pytest.mark.parametrize(
    "states",
    [AppointmentStatus, ConsentState, MessageState, TestResult, Triage, Decision, Outcome],
    ids=lambda states: states.__name__,
)
def test_every_state_somebody_can_meet_has_its_colour_and_icon(states: type[StrEnum]) -> None:
    assert {str(value).replace("-", "_") for value in states} <= look.STATES.keys()


def test_icons_are_listed_once_and_in_order() -> None:
    names = (ROOT / "static" / "icons.txt").read_text().split()
    assert names == sorted(set(names))


@pytest.mark.parametrize("template", PAGES, ids=short)
def test_a_page_has_one_heading(template: Path) -> None:
    text = source_of(template)
    writes_its_own = "{% block top %}" in text
    assert ("<h1" in text) is writes_its_own, "base.html writes the h1; fill the block heading"
    assert writes_its_own or "{% block heading %}" in text
    assert "{% block title %}" in text


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda path: path.stem)
def test_a_component_says_what_it_takes_and_renders(component: Path) -> None:
    assert component.read_text().startswith("{# ")
    page = Paginator(range(30), 10).page(2)
    words = {name: f"the {name}" for name in ("title", "text", "label", "value", "name", "action")}
    words |= {"tone": "done", "icon": "check", "id": "asks", "url": "/there/", "when": "today"}
    facts = {"dots": ["done", "free"], "done": 1, "booked": 0, "free": 1, "facts": "1 May 1990"}
    searched = {"search_url": "/patients/", "live_search_url": "/patients/search/"}
    said = [Message(level, "Saved.") for level in (SUCCESS, WARNING, ERROR)]
    everything = {**words, **facts, **searched, "messages": said, "page": page}
    everything |= {"form": Contact({}), "version": 3}
    html = render_to_string(
        f"components/{component.name}", everything, a_request(a_user(Role.RECEPTION))
    )
    assert html.strip()
    assert "<h1" not in html


def test_a_page_of_the_staff_has_landmarks_one_heading_and_a_way_past_them() -> None:
    html = a_page(a_user(Role.CLINICAL_LEAD))
    assert html.count("<h1") == html.count("<main") == html.count("<header") == 1
    assert html.index('href="#main"') < html.index("<header") < html.index('id="main"')
    assert '<html lang="en"' in html
    assert 'aria-live="polite"' in html


def test_what_was_searched_stays_in_the_box_and_is_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(context, "url_of", lambda page: f"/{page}/")
    html = a_page(a_user(Role.RECEPTION))
    assert 'value="&lt;b&gt;"' in html
    assert 'hx-get="/patients:patient-search/"' in html
    assert "<b>" not in html


def test_who_may_not_see_patients_gets_no_search_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "url_of", lambda page: f"/{page}/")
    monkeypatch.setitem(GRANTS, Role.AUDITOR, frozenset({Permission.SIGN_IN}))
    assert 'id="search-box"' not in a_page(a_user(Role.AUDITOR))


def test_a_page_without_a_user_leads_nowhere() -> None:
    html = a_page(None)
    assert '<nav id="navigation"' not in html
    assert 'id="search-box"' not in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize("role", Role)
def test_the_navigation_shows_what_the_role_may_open(
    role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "url_of", lambda page: f"/{page}/")
    user = a_user(role)
    shown = {str(link.label) for link in context.links(user, current="board:home")}
    assert shown == {str(e.label) for e in context.ENTRIES if user.may(e.permission)}


def test_a_place_that_does_not_exist_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = context.ENTRIES[0].page
    monkeypatch.setattr(context, "url_of", lambda page: "" if page == nowhere else "/x/")
    labels = [str(link.label) for link in context.links(a_user(Role.RECEPTION), current="")]
    assert str(context.ENTRIES[0].label) not in labels
    assert labels


def test_the_address_of_a_page_that_does_not_exist_is_empty() -> None:
    assert context.url_of("nobody:knows") == ""
    assert context.url_of("account_login") == "/account/login/"


def test_the_navigation_marks_where_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "url_of", lambda page: f"/{page}/")
    links = context.links(a_user(Role.RECEPTION), current="procedures:appointment-book")
    assert [str(link.label) for link in links if link.is_current] == ["Calendar"]


def test_a_state_is_shown_in_colour_icon_and_words() -> None:
    html = Template('{% state "no-show" "Did not come" %}').render(Context())
    assert "tone-off" in html
    assert "#tabler-user-off" in html
    assert "Did not come" in html


def test_an_unknown_state_still_shows_its_words() -> None:
    html = Template('{% state "brand-new" words %}').render(Context({"words": "Brand <new>"}))
    assert "tone-quiet" in html
    assert "Brand &lt;new&gt;" in html


def test_a_course_has_a_dot_per_session_and_says_so_in_words() -> None:
    html = Template("{% course_dots done=2 booked=1 total=6 %}").render(Context())
    drawn = [html.count(f"course-dot-{kind}") for kind in ("done", "booked", "free")]
    assert drawn == [2, 1, 3]
    assert 'aria-label="Sessions: 2 done, 1 booked, 3 to book"' in html


def test_an_hour_is_shown_on_the_wall_clock_of_the_place() -> None:
    place = Location(name="North", time_zone="Europe/Kyiv")
    before, after = (datetime(2027, 3, day, 8, 30, tzinfo=UTC) for day in (27, 28))
    assert place.zone == ZoneInfo("Europe/Kyiv")
    assert look.clinic_hour(before, place) == "10:30"
    assert look.clinic_hour(after, place) == "11:30"
    assert look.clinic_time(before, place) == "Sat 27 March 2027, 10:30"
    assert look.clinic_day(datetime(2027, 3, 27, 23, 30, tzinfo=UTC), place) == "Sun 28 March 2027"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Олена Демо Тестова", "ОТ"), ("vira front", "VF"), ("Single", "S"), ("", "")],
)
def test_initials_in_any_script(name: str, letters: str) -> None:
    assert look.initials(name) == letters


@pytest.mark.django_db
def test_on_an_empty_database_the_entrance_says_how_to_begin(client: Client) -> None:
    assert "setup_clinic" in client.get("/account/login/").content.decode()
    make_staff(Role.ADMINISTRATOR)
    assert "setup_clinic" not in client.get("/account/login/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["account_change_password", "account_logout", "account_reset_password", "mfa_index"]
)
def test_the_pages_of_an_account_are_framed_like_the_others(client: Client, name: str) -> None:
    client.force_login(make_staff())
    html = client.get(reverse(name)).content.decode()
    assert html.count("<h1") == html.count("<main") == 1
    assert "css/app.css" in html


@pytest.mark.django_db
def test_who_has_not_signed_in_yet_may_choose_a_language(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "uk", "next": "/account/login/"})
    assert '<html lang="uk"' in client.get("/account/login/").content.decode()


@pytest.mark.django_db
def test_a_wrong_address_leads_back_to_the_day(client: Client) -> None:
    client.force_login(make_staff())
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()


@pytest.mark.django_db
def test_a_patient_with_a_mistyped_link_is_told_to_use_the_message_again(client: Client) -> None:
    html = client.get("/nowhere/").content.decode()
    assert "Open the link in it again" in html
    assert "search box" not in html


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", css))


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    pairs = [c * 2 for c in digits] if len(digits) == 3 else re.findall("..", digits)
    parts = [int(pair, 16) / 255 for pair in pairs]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("sheet", ["app.css", "patient.css"])
def test_words_stand_out_from_their_ground(sheet: str) -> None:
    palette = colours((CSS / sheet).read_text())
    on_pale = [(tone, f"{tone}-pale") for tone in palette if f"{tone}-pale" in palette]
    on_paper = [(ink, "paper") for ink in ("ink", "ink-soft", "petrol", "danger")]
    pairs = [*on_pale, *on_paper, ("petrol", "petrol-mist"), ("ink-soft", "petrol-mist")]
    assert len(on_pale) >= 3
    weak = [pair for pair in pairs if contrast(palette[pair[0]], palette[pair[1]]) < 4.5]
    assert weak == []
    assert contrast(palette["petrol"], "#fff") >= 4.5


def test_a_patient_s_page_is_light_and_says_whom_to_call() -> None:
    place = Location(name="North", urgent_phone="+380 44 000 00 00", emergency_number="112")
    html = render_to_string("patient_base.html", {"location": place}, a_request())
    assert 'href="tel:+380440000000"' in html
    assert "112" in html
    assert "<nav" not in html
    own = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js|svg))"', html)
    assert own == ["img/mark.svg", "css/patient.css", "js/patient.js"]
    assert sum((ROOT / "static" / name).stat().st_size for name in own) + len(html) < 100_000


def test_a_phone_is_dialled_without_its_blanks_and_brackets() -> None:
    place = Location(name="North", urgent_phone="+380 (44) 000-00-00")
    html = render_to_string("patient_base.html", {"location": place}, a_request())
    assert 'href="tel:+380440000000"' in html


def test_the_page_of_a_crash_needs_nothing_but_itself() -> None:
    html = render_to_string("500.html")
    assert html.count("<h1") == 1
    assert 'href="/static/css/patient.css"' in html
    assert (CSS / "patient.css").exists()
