"""What the sources leave open: the clinical lead's to-do list, and what was set and why."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.knowledge.loader import load
from clinic.staff.roles import Role
from procedures import settings
from procedures.models import ClinicSetting
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db
LIST = reverse("procedures:setting-list")
PRESSURE = "blood_pressure_limit_systolic"
EDIT = reverse("procedures:setting-edit", args=[PRESSURE])


@pytest.fixture
def lead() -> Client:
    client = Client()
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    return client


def set_pressure(value: str | None) -> None:
    by = make_staff(Role.CLINICAL_LEAD)
    settings.set_value(PRESSURE, value, "National guideline", at=timezone.now(), by=by)


def test_what_is_unset_comes_first_and_what_holds_sessions_before_all(lead: Client) -> None:
    page = lead.get(LIST)
    waiting = [one["known"] for one in page.context["waiting"]]
    assert {one.id for one in waiting} == set(load().settings)
    holds = [one.holds for one in waiting]
    assert holds == sorted(holds, reverse=True)
    text = page.content.decode()
    assert load().settings[PRESSURE].gap in text
    assert page.context["set"] == []


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_it_is_read_in_the_language_of_the_reader(lead: Client, language: str) -> None:
    known = load().settings[PRESSURE]
    gap, unit = load().gaps[known.gap], known.unit
    assert unit is not None
    lead.cookies["django_language"] = language
    waits, edits = lead.get(LIST).content.decode(), lead.get(EDIT).content.decode()
    for words in (known.label, known.used_when, gap.missing):
        assert words.in_(language) in waits
    for words in (known.used_when, gap.missing, gap.proposal, unit):
        assert words.in_(language) in edits
        assert words.en not in edits
    set_pressure("140")
    assert f"140 {unit.in_(language)}" in lead.get(LIST).content.decode()


def test_a_value_is_set_with_its_reason(lead: Client) -> None:
    response = lead.post(EDIT, {"value": "140", "reason": "National guideline"})
    assert response.status_code == 302
    assert settings.current()[PRESSURE] == "140"
    page = lead.get(LIST)
    assert [(one["known"].id, one["value"]) for one in page.context["set"]] == [(PRESSURE, "140")]
    assert PRESSURE not in {one["known"].id for one in page.context["waiting"]}


def test_earlier_values_stay_to_be_read_newest_first(lead: Client) -> None:
    set_pressure("140")
    set_pressure(None)
    set_pressure("135")
    page = lead.get(EDIT)
    assert [line["value"] for line in page.context["history"]] == ["135", None, "140"]
    assert page.context["form"]["value"].value() == "135"


def test_emptied_it_is_unset_again(lead: Client) -> None:
    set_pressure("140")
    lead.post(EDIT, {"value": " ", "reason": "Under review"})
    assert PRESSURE not in settings.current()


@pytest.mark.parametrize(
    ("value", "reason", "field"),
    [
        ("140", "", "reason"),
        ("140", "   ", "reason"),
        ("", "National guideline", "value"),
        ("high", "National guideline", "value"),
        ("-1", "National guideline", "value"),
    ],
)
def test_a_mistake_is_shown_beside_its_field_and_kept(
    lead: Client, value: str, reason: str, field: str
) -> None:
    page = lead.post(EDIT, {"value": value, "reason": reason})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert page.context["form"]["value"].value() == value
    assert not ClinicSetting.objects.exists()


def test_a_list_is_typed_one_entry_a_line(lead: Client) -> None:
    key = next(key for key, one in load().settings.items() if one.kind.value == "list")
    url = reverse("procedures:setting-edit", args=[key])
    lead.post(url, {"value": "One\n\n Two ", "reason": "Agreed"})
    assert settings.current()[key] == ["One", "Two"]
    assert lead.get(url).context["form"]["value"].value() == "One\nTwo"


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.COSMETOLOGIST, Role.ADMINISTRATOR])
@pytest.mark.parametrize("url", [LIST, EDIT])
def test_only_a_clinical_lead_decides(role: Role, url: str) -> None:
    client = Client()
    client.force_login(make_staff(role))
    assert client.get(url).status_code == 403


def test_an_unknown_setting_is_not_found(lead: Client) -> None:
    assert lead.get(reverse("procedures:setting-edit", args=["nothing"])).status_code == 404
