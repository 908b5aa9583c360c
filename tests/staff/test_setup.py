"""The first day: an empty database, and nobody who could sign in."""

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from clinic.record.models import AuditEntry
from clinic.staff.models import Location, User
from clinic.staff.roles import Role
from tests.factories.staff import make_staff

ANSWERS = {
    "email": "first@clinic.example",
    "full_name": "First Administrator",
    "legal_name": "Fictional Clinic Ltd",
    "licence": "No. 1",
    "address": "1 Imaginary Street",
    "phone": "+380440000001",
    "urgent_phone": "+380440000002",
}
pytestmark = pytest.mark.django_db


def test_a_script_sets_the_clinic_up(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("setup_clinic", guided=False, **ANSWERS, time_zone="Asia/Almaty")
    user, place = User.objects.get(), Location.objects.get()
    assert (user.email, user.is_a(Role.ADMINISTRATOR), user.location) == (
        "first@clinic.example",
        True,
        place,
    )
    assert (place.time_zone, place.emergency_number) == ("Asia/Almaty", "112")
    path = capsys.readouterr().out.split("localhost:8000")[1].strip()
    assert "password1" in Client().get(path, follow=True).content.decode()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"user.invited", "location.opened", "clinic.set-up"}


def test_the_guide_asks_again_until_it_understands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed: Iterator[str] = iter(["nonsense", "first@clinic.example", "First Administrator"])
    asked: list[str] = []

    def keyboard(prompt: str) -> str:
        asked.append(prompt)
        return next(typed, "x" if "[" not in prompt else "")

    monkeypatch.setattr("builtins.input", keyboard)
    call_command("setup_clinic")
    assert asked[:2] == ["E-mail of the first administrator: "] * 2
    assert "Time zone [" in "".join(asked)
    assert "E-mail" in capsys.readouterr().err
    assert User.objects.get().email == "first@clinic.example"


def test_a_missing_answer_is_named_by_its_option() -> None:
    with pytest.raises(CommandError, match="--urgent-phone"):
        call_command("setup_clinic", guided=False, **{**ANSWERS, "urgent_phone": ""})
    assert not User.objects.exists()
    assert not Location.objects.exists()


def test_a_clinic_is_set_up_once() -> None:
    make_staff()
    with pytest.raises(CommandError, match="already set up"):
        call_command("setup_clinic", guided=False, **ANSWERS)
    assert User.objects.count() == 1


def test_the_sign_in_page_says_what_to_do_where_nobody_works_yet(client: Client) -> None:
    assert "setup_clinic" in client.get("/account/login/").content.decode()
    make_staff()
    assert "setup_clinic" not in client.get("/account/login/").content.decode()
